"""What the Studio keeps of a prompt: samples, and where a draft began."""

from pathlib import Path

from promptops_server.core.migrate import run_scripts

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent / "0007_studio"


def upgrade() -> None:
    """Makes what this revision brings."""
    run_scripts(_SQL, "upgrade.sql")


def downgrade() -> None:
    """Drops what upgrade made."""
    run_scripts(_SQL, "downgrade.sql")
