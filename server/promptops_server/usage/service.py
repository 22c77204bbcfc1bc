"""Reading the ledger, for the slices above."""

from uuid import UUID

from promptops_server.core.db import Pool, retry_once
from promptops_server.core.freshness import FreshCache, Freshness
from promptops_server.usage.hours.repository import sum_series, sum_usage
from promptops_server.usage.repository import (
    add_feedback,
    delete_feedback,
    delete_run,
    delete_runs_of_user,
    find_feedback,
    find_run,
    find_settings,
    list_feedback,
    list_runs,
    list_runs_by_id,
    load_settings,
    put_feedback,
    put_settings,
    sum_feedback,
)
from promptops_server.usage.types import RunSettings

__all__ = [
    "StoreSettings",
    "add_feedback",
    "delete_feedback",
    "delete_run",
    "delete_runs_of_user",
    "find_feedback",
    "find_run",
    "find_settings",
    "list_feedback",
    "list_runs",
    "list_runs_by_id",
    "put_feedback",
    "put_settings",
    "sum_feedback",
    "sum_series",
    "sum_usage",
]

_PROJECTS_KEPT = 50_000


class StoreSettings:
    """What each project keeps of its runs, as the run path needs it, kept while it is true."""

    def __init__(self, pool: Pool, freshness: Freshness) -> None:
        """Takes a pool of the role `system`."""

        async def load(project_id: UUID) -> RunSettings:
            return await retry_once(lambda: load_settings(pool, project_id))

        self._settings = FreshCache(freshness, load, capacity=_PROJECTS_KEPT)

    async def get(self, project_id: UUID) -> RunSettings:
        """The project's settings, or the default. Raises StorageUnavailable."""
        return await self._settings.get(project_id)
