"""Every SQL statement of retention."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from promptops_server.audit.service import record_for_projects
from promptops_server.core.db import Pool

_EXPIRED = """
WITH expired AS (
  SELECT runs.id FROM run_settings
  JOIN runs ON runs.project_id = run_settings.project_id
    AND runs.id < promptops_first_uuid_at(now() - make_interval(days => retention_days))
  WHERE retention_days IS NOT NULL LIMIT $1
), said AS (
  DELETE FROM run_feedback WHERE run_id IN (SELECT id FROM expired)
)
DELETE FROM runs WHERE id IN (SELECT id FROM expired) RETURNING project_id
"""


async def delete_expired(pool: Pool, limit: int) -> Counter[UUID]:
    """Deletes up to `limit` runs that are older than their project keeps; how many of which."""
    return Counter(row["project_id"] for row in await pool.fetch(_EXPIRED, limit))


async def tell_expired(pool: Pool, deleted: Mapping[UUID, int]) -> None:
    """Tells the audit log how many runs of each project were deleted."""
    async with pool.acquire() as connection, connection.transaction():
        facts = {project_id: {"runs": count} for project_id, count in deleted.items()}
        await record_for_projects(connection, "runs.expired", facts)
