"""Prompts completed: renamed aliases, folders, tags, snippets, snapshots of drafts."""

from pathlib import Path

from promptops_server.core.migrate import run_scripts

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent / "0003_prompts"


def upgrade() -> None:
    """Makes what this revision brings."""
    run_scripts(_SQL, "upgrade.sql")


def downgrade() -> None:
    """Drops what upgrade made."""
    run_scripts(_SQL, "downgrade.sql")
