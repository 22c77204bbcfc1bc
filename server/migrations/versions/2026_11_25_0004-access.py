"""Access completed: users and their sessions, limits and allow-lists of keys."""

from pathlib import Path

from promptops_server.core.migrate import run_scripts

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent / "0004_access"


def upgrade() -> None:
    """Makes what this revision brings."""
    run_scripts(_SQL, "upgrade.sql")


def downgrade() -> None:
    """Drops what upgrade made."""
    run_scripts(_SQL, "downgrade.sql")
