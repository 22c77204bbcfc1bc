"""What runs used: for a table by group, and for a chart by time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.service import key_names
from promptops_server.access.types import Caller
from promptops_server.kit.clock import utc_now
from promptops_server.prompts.service import prompt_names
from promptops_server.runs.listing import filter_of
from promptops_server.runs.request import refuse
from promptops_server.runs.types import Labels
from promptops_server.runs.usage_schemas import (
    UsageFilters,
    UsagePoints,
    UsageQuery,
    UsageSeries,
    UsageSeriesLine,
    UsageSeriesQuery,
    total_of,
)
from promptops_server.usage import service as usage
from promptops_server.usage.hours.figures import merged
from promptops_server.usage.types import UsageFigures, UsageLine, UsageScope

_DEFAULT_SPAN = timedelta(days=30)
_LONGEST_SPAN = timedelta(days=366)
_LONGEST_SPAN_BY_HOUR = timedelta(days=31)
_HOUR = timedelta(hours=1)
_NONE = UsageFigures()


@dataclass(frozen=True, slots=True)
class Span:
    """A time in whole hours, and the zone in which its days are counted."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    def hours(self) -> list[datetime]:
        """When each hour begins."""
        count = int((self.until - self.since) / _HOUR)
        return [self.since + number * _HOUR for number in range(count)]

    def days(self) -> list[date]:
        """Every day of which the time has an hour."""
        first = self.since.astimezone(self.zone).date()
        last = (self.until - _HOUR).astimezone(self.zone).date()
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]

    def beginning_of(self, day: date) -> datetime:
        """When the day begins in the zone."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


async def sum_usage(
    session: AsyncSession, caller: Caller, wanted: UsageQuery
) -> tuple[Span, list[UsageLine], Labels]:
    """The time that was summed, its groups, and the names in them.

    Raises PromptNotFound, and InvalidRequest for a time zone or span that is none.
    """
    groups = list(dict.fromkeys(wanted.group_by))
    span = span_of(wanted, _LONGEST_SPAN_BY_HOUR if "hour" in groups else _LONGEST_SPAN)
    scope = await _scope_of(session, caller, wanted, span)
    found = await usage.sum_usage(session, scope, groups, wanted.limit)
    labels = await _labels_of(session, caller.project_id, [line.group for line in found])
    return span, found, labels


async def sum_series(
    session: AsyncSession, caller: Caller, wanted: UsageSeriesQuery
) -> UsageSeries:
    """Usage for a chart, a value for every bucket of the time.

    Raises PromptNotFound, and InvalidRequest for a time zone or span that is none.
    """
    is_hourly = wanted.bucket == "hour"
    span = span_of(wanted, _LONGEST_SPAN_BY_HOUR if is_hourly else _LONGEST_SPAN)
    found = await usage.sum_series(
        session,
        await _scope_of(session, caller, wanted, span),
        wanted.bucket,
        wanted.by,
        top=wanted.top,
        by_cost=wanted.order == "cost",
    )
    buckets: Sequence[date | datetime] = span.hours() if is_hourly else span.days()
    lines = _lines(found)
    labels = await _labels_of(session, caller.project_id, [group or {} for group, _ in lines])
    everything = [
        merged([points[bucket] for _, points in lines if bucket in points]) for bucket in buckets
    ]
    return UsageSeries(
        since=span.since,
        until=span.until,
        timezone=wanted.timezone,
        bucket=wanted.bucket,
        by=wanted.by,
        buckets=span.hours() if is_hourly else [span.beginning_of(day) for day in span.days()],
        total=total_of(everything),
        points=UsagePoints.of(everything),
        series=[]
        if wanted.by is None
        else [
            UsageSeriesLine.of(group, [points.get(bucket, _NONE) for bucket in buckets], labels)
            for group, points in lines
        ],
    )


async def _scope_of(
    session: AsyncSession, caller: Caller, wanted: UsageFilters, span: Span
) -> UsageScope:
    chosen = await filter_of(session, caller, wanted.as_run_filters())
    return UsageScope(caller.project_id, span.since, span.until, wanted.timezone, chosen)


_Points = dict[date | datetime, UsageFigures]


def _lines(
    found: Iterable[tuple[dict[str, Any] | None, date | datetime, UsageFigures]],
) -> list[tuple[dict[str, Any] | None, _Points]]:
    """The points of each group, in the order in which the groups come."""
    lines: list[tuple[dict[str, Any] | None, _Points]] = []
    for group, bucket, figures in found:
        if not lines or lines[-1][0] != group:
            lines.append((group, {}))
        lines[-1][1][bucket] = figures
    return lines


async def _labels_of(
    session: AsyncSession, project_id: UUID, groups: Sequence[Mapping[str, Any]]
) -> Labels:
    prompts = {group["prompt_id"] for group in groups if group.get("prompt_id")}
    keys = {group["api_key_id"] for group in groups if group.get("api_key_id")}
    return Labels(
        prompts=await prompt_names(session, project_id, list(prompts)),
        keys=await key_names(session, project_id, list(keys)),
    )


def span_of(wanted: UsageFilters, longest: timedelta) -> Span:
    """The time that is asked for, the last 30 days where none is. Raises InvalidRequest."""
    until = _whole_hour(wanted.until, utc_now() + _HOUR)
    since = _whole_hour(wanted.since, until - _DEFAULT_SPAN)
    if not timedelta(0) < until - since <= longest:
        message = f"since lies before until, by at most {longest.days} days."
        raise refuse("#/query/since", message)
    return Span(since, until, zone_of(wanted.timezone))


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name. Raises InvalidRequest."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse("#/query/timezone", "There is no such time zone.") from None


def _whole_hour(moment: datetime | None, default: datetime) -> datetime:
    chosen = moment or default
    aware = chosen if chosen.tzinfo else chosen.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    except (OverflowError, ValueError):
        raise refuse("#/query/since", "This time is out of range.") from None
