"""The foundation: roles, projects, keys, providers, prompts, deployments, the ledger of runs."""

from pathlib import Path

from promptops_server.core.migrate import run_scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent / "0001_foundation"


def upgrade() -> None:
    """Makes every table, function and grant."""
    run_scripts(_SQL, "tables.sql", "runs.sql", "functions.sql", "grants.sql")


def downgrade() -> None:
    """Drops what upgrade made; the roles stay, since other databases may use them."""
    run_scripts(_SQL, "drop.sql")
