"""The foundation: roles, projects, keys, providers, prompts, deployments, the ledger of runs."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQL = Path(__file__).with_suffix("")


def _run(name: str) -> None:
    script = (_SQL.parent / "0001_foundation" / name).read_text(encoding="utf-8")
    # The driver takes one statement at a time; a line of dashes and a percent sign parts them.
    for statement in script.split("\n--%\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)


def upgrade() -> None:
    """Makes every table, function and grant."""
    for name in ("tables.sql", "runs.sql", "functions.sql", "grants.sql"):
        _run(name)


def downgrade() -> None:
    """Drops what upgrade made; the roles stay, since other databases may use them."""
    _run("drop.sql")
