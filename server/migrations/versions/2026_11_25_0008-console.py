"""What the Console asks: indexes of runs, histograms of usage, archived projects."""

from pathlib import Path

from promptops_server.core.migrate import run_scripts

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent / "0008_console"


def upgrade() -> None:
    """Makes what this revision brings."""
    run_scripts(_SQL, "upgrade.sql")


def downgrade() -> None:
    """Drops what upgrade made."""
    run_scripts(_SQL, "downgrade.sql")
