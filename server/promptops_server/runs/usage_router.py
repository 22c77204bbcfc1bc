"""What runs used, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from promptops_server.access.deps import Db, Reader
from promptops_server.core.problems import errors
from promptops_server.prompts.errors import PromptNotFound
from promptops_server.runs import summing
from promptops_server.runs.usage_schemas import (
    UsageLineRead,
    UsageList,
    UsageQuery,
    UsageSeries,
    UsageSeriesQuery,
)

router = APIRouter(prefix="/api/v1/usage", tags=["Usage"])


@router.get("", responses=errors(PromptNotFound))
async def sum_usage(wanted: Annotated[UsageQuery, Query()], caller: Reader, db: Db) -> UsageList:
    """Runs, tokens, money and times by prompt, version, model, key, source, environment, day, hour.

    The last 30 days where no time is given. A run counts in the hour in which it ended.
    """
    async with db.transaction(caller.project_id) as session:
        span, found, labels = await summing.sum_usage(session, caller, wanted)
    lines = [UsageLineRead.of(line, labels) for line in found]
    return UsageList(since=span.since, until=span.until, data=lines)


@router.get("/series", responses=errors(PromptNotFound))
async def sum_series(
    wanted: Annotated[UsageSeriesQuery, Query()], caller: Reader, db: Db
) -> UsageSeries:
    """The same for a chart: a value for every day or hour, of all and of the first groups.

    The last 30 days where no time is given.
    """
    async with db.transaction(caller.project_id) as session:
        return await summing.sum_series(session, caller, wanted)
