"""Every SQL statement of audit."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.audit.models import AuditEntry
from promptops_server.core.db import PooledConnection


def add(session: AsyncSession, entry: AuditEntry) -> None:
    session.add(entry)


async def insert_for_projects(
    connection: PooledConnection, rows: Sequence[tuple[object, ...]]
) -> None:
    """Inserts entries whose target is their project."""
    await connection.executemany(
        "INSERT INTO audit_entries (id, project_id, created_at, action, actor_kind, target_kind, "
        "target_id, facts) VALUES ($1, $2, $3, $4, $5, 'project', $2, $6::text::jsonb)",
        rows,
    )
