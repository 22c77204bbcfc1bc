"""People: passwords, invitations, and what they are told at sign-in."""

from pathlib import Path

from promptops_server.core.migrate import run_scripts

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent / "0006_people"


def upgrade() -> None:
    """Makes what this revision brings."""
    run_scripts(_SQL, "upgrade.sql")


def downgrade() -> None:
    """Drops what upgrade made."""
    run_scripts(_SQL, "downgrade.sql")
