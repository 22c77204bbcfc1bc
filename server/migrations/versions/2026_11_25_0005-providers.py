"""Providers completed: credentials of every kind, a project's own prices."""

from pathlib import Path

from promptops_server.core.migrate import run_scripts

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent / "0005_providers"


def upgrade() -> None:
    """Makes what this revision brings."""
    run_scripts(_SQL, "upgrade.sql")


def downgrade() -> None:
    """Drops what upgrade made."""
    run_scripts(_SQL, "downgrade.sql")
