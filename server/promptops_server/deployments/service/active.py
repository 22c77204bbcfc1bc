"""What serves, kept in the process's memory."""

from uuid import UUID

from promptops_server.core.db import Pool, retry_once
from promptops_server.core.freshness import FreshCache, Freshness
from promptops_server.deployments import repository
from promptops_server.deployments.types import ActiveVersion, SubjectKind

_ACTIVE_KEPT = 50_000
_Key = tuple[UUID, SubjectKind, UUID, str]


class ActiveVersions:
    """Which version serves an environment, kept while it is true."""

    def __init__(self, pool: Pool, freshness: Freshness) -> None:
        """Takes a pool of the role `system`."""

        async def load(key: _Key) -> ActiveVersion | None:
            return await retry_once(lambda: repository.load_active(pool, *key))

        self._active = FreshCache(freshness, load, capacity=_ACTIVE_KEPT)

    async def find(
        self, project_id: UUID, kind: SubjectKind, subject_id: UUID, environment: str
    ) -> ActiveVersion | None:
        """The version that serves the environment, or None where none does."""
        return await self._active.get((project_id, kind, subject_id, environment))
