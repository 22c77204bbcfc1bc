"""What is done about runs that have ended: feedback, deletion, what is kept, what they used."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id
from promptops_server.prompts.service import get_prompt_ids
from promptops_server.runs.errors import RunNotFound
from promptops_server.runs.reading import filter_of
from promptops_server.runs.request import refuse
from promptops_server.runs.schemas import FeedbackCreate, RunSettingsBody, UsageQuery
from promptops_server.usage import service as usage
from promptops_server.usage.types import Feedback, RunSettings, UsageLine

_DEFAULT_SPAN = timedelta(days=30)
_LONGEST_SPAN = timedelta(days=366)
_HOUR = timedelta(hours=1)


async def give_feedback(
    session: AsyncSession, caller: Caller, public_id: str, wanted: FeedbackCreate
) -> Feedback:
    """What the caller says about a run that they may see, kept beside what was said before."""
    run_id = from_public("run", public_id)
    if run_id is None:
        raise RunNotFound("There is no such run in this project.")
    feedback = Feedback(
        id=new_id(),
        run_id=run_id,
        rating=wanted.rating,
        score=wanted.score,
        comment=wanted.comment,
        author_kind=caller.kind,
        author_id=caller.id,
        created_at=utc_now(),
    )
    usage.add_feedback(session, caller.project_id, feedback)
    return feedback


async def delete_run(session: AsyncSession, caller: Caller, public_id: str) -> None:
    """Deletes an ended run and what was said about it. Raises RunNotFound.

    What it used stays in the sums of whole hours.
    """
    run_id = from_public("run", public_id)
    if run_id is None or not await usage.delete_run(session, caller.project_id, run_id):
        raise RunNotFound("There is no such ended run in this project.")


async def put_settings(session: AsyncSession, caller: Caller, wanted: RunSettingsBody) -> None:
    """Says what the project keeps from now on; every process knows within a second."""
    settings = RunSettings(wanted.store, wanted.retention_days)
    await usage.put_settings(session, caller.project_id, settings, utc_now())
    mark_changed(session)


async def sum_usage(
    session: AsyncSession, caller: Caller, wanted: UsageQuery
) -> tuple[datetime, datetime, list[UsageLine]]:
    """The time that was summed, in whole hours, and its groups.

    Raises PromptNotFound, and InvalidRequest for a time zone or span that is none.
    """
    now = utc_now()
    until = _whole_hour(wanted.until, now + _HOUR)
    since = _whole_hour(wanted.since, until - _DEFAULT_SPAN)
    if not timedelta(0) < until - since <= _LONGEST_SPAN:
        raise refuse("#/query/since", "since lies before until, by at most 366 days.")
    try:
        ZoneInfo(wanted.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse("#/query/timezone", "There is no such time zone.") from None
    chosen = await filter_of(session, caller, wanted.as_run_query())
    prompt_ids = await get_prompt_ids(session, caller, wanted.prompt)
    chosen = replace(chosen, prompt_ids=tuple(prompt_ids))
    groups = list(dict.fromkeys(wanted.group_by))
    found = await usage.sum_usage(
        session,
        caller.project_id,
        groups,
        since=since,
        until=until,
        timezone=wanted.timezone,
        wanted=chosen,
        limit=wanted.limit,
    )
    return since, until, found


def _whole_hour(moment: datetime | None, default: datetime) -> datetime:
    chosen = moment or default
    aware = chosen if chosen.tzinfo else chosen.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    except (OverflowError, ValueError):
        raise refuse("#/query/since", "This time is out of range.") from None
