"""What runs used, over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from promptops_server.core.fields import EnvironmentName, Text
from promptops_server.kit.ids import to_public
from promptops_server.runs.events import money
from promptops_server.runs.query import MAX_PROMPTS, RunFilters
from promptops_server.runs.types import Labels
from promptops_server.usage.hours.figures import merged
from promptops_server.usage.hours.histogram import percentile_ms
from promptops_server.usage.types import (
    Source,
    UsageBucket,
    UsageDimension,
    UsageFigures,
    UsageGroup,
    UsageLine,
    UsageOrder,
)

_Refs = Annotated[list[Annotated[Text, StringConstraints(max_length=600)]], Field(max_length=20)]


class UsageFilters(BaseModel):
    """Which runs are summed: one of the values of each filter that is given.

    Times without a zone are UTC, rounded to whole hours.
    """

    model_config = ConfigDict(extra="forbid")

    since: Annotated[datetime | None, Field(description="Ended at or after.")] = None
    until: Annotated[datetime | None, Field(description="Ended before.")] = None
    timezone: Annotated[
        str, StringConstraints(max_length=64), Field(description="Where a day begins.")
    ] = "UTC"
    prompt: Annotated[
        list[Text], Field(max_length=MAX_PROMPTS, description="Aliases or ids of prompts.")
    ] = []
    version: Annotated[_Refs, Field(description="Ids of versions.")] = []
    model: Annotated[_Refs, Field(description="As `provider/model`, or `provider` for all.")] = []
    key: Annotated[_Refs, Field(description="Ids of API keys.")] = []
    source: Annotated[list[Source], Field(max_length=20)] = []
    environment: Annotated[list[EnvironmentName], Field(max_length=20)] = []

    def as_run_filters(self) -> RunFilters:
        """The filters that runs have in the same form."""
        names = ("prompt", "version", "model", "key", "source", "environment")
        return RunFilters.model_validate({name: getattr(self, name) for name in names})


class UsageQuery(UsageFilters):
    """Which usage is summed, and by what."""

    group_by: Annotated[list[UsageGroup], Field(min_length=1, max_length=8)] = ["day"]
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class UsageSeriesQuery(UsageFilters):
    """Which usage is summed for a chart: by time, and by the first groups of one dimension."""

    bucket: Annotated[UsageBucket, Field(description="`hour` for a time of up to 31 days.")] = "day"
    by: Annotated[UsageDimension | None, Field(description="What the lines are.")] = None
    top: Annotated[int, Field(ge=1, le=20, description="How many lines; the rest is one.")] = 8
    order: Annotated[
        UsageOrder, Field(description="Which lines come first: those of most runs, or the dearest.")
    ] = "runs"


class UsageTold(BaseModel):
    """What some runs used. `cost_usd` leaves out the `unpriced_runs`, whose cost is not known.

    Percentiles are told to within a tenth, from 10 ms to eight minutes; null where no run was
    counted, as in hours that were summed before they were kept.
    """

    runs: int
    failed: int
    cancelled: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_usd: str
    unpriced_runs: int
    average_latency_ms: float
    p50_latency_ms: float | None
    p95_latency_ms: float | None
    p50_first_token_ms: float | None
    p95_first_token_ms: float | None


def _told(figures: UsageFigures) -> dict[str, Any]:
    return {
        "runs": figures.runs,
        "failed": figures.failed,
        "cancelled": figures.cancelled,
        "input_tokens": figures.input_tokens,
        "cached_input_tokens": figures.cached_input_tokens,
        "output_tokens": figures.output_tokens,
        "reasoning_tokens": figures.reasoning_tokens,
        "cost_usd": money(figures.cost_usd) or "0",
        "unpriced_runs": figures.unpriced,
        "average_latency_ms": round(figures.latency_ms / max(figures.runs, 1), 1),
        "p50_latency_ms": percentile_ms(figures.latency_histogram, 0.5),
        "p95_latency_ms": percentile_ms(figures.latency_histogram, 0.95),
        "p50_first_token_ms": percentile_ms(figures.first_token_histogram, 0.5),
        "p95_first_token_ms": percentile_ms(figures.first_token_histogram, 0.95),
    }


class UsageGroupRead(BaseModel):
    """What a group is of: the fields of what it is grouped by are set."""

    prompt_id: str | None
    prompt: str | None
    prompt_name: str | None
    version_id: str | None
    version: str | None
    model: str | None
    api_key_id: str | None
    api_key_name: str | None
    source: str | None
    environment: str | None


def _group(group: Mapping[str, Any], labels: Labels) -> dict[str, Any]:
    provider = group.get("provider")
    return {
        **{
            name: None if group.get(name) is None else to_public(prefix, group[name])
            for name, prefix in (("prompt_id", "prm"), ("version_id", "ver"), ("api_key_id", "key"))
        },
        "prompt": group.get("prompt_alias"),
        "prompt_name": labels.prompts.get(group.get("prompt_id", "")),
        "version": group.get("version_num"),
        "model": None if provider is None else f"{provider}/{group.get('model')}",
        "api_key_name": labels.keys.get(group.get("api_key_id", "")),
        "source": group.get("source"),
        "environment": group.get("environment"),
    }


class UsageLineRead(UsageTold, UsageGroupRead):
    """One group; of what it is grouped by, the fields are set.

    `last_run_at` is when its last run ended, null where it was summed before this was kept.
    """

    day: date | None
    hour: datetime | None
    last_run_at: datetime | None

    @classmethod
    def of(cls, line: UsageLine, labels: Labels) -> Self:
        """The public form of a line."""
        return cls(
            **_told(line.figures),
            **_group(line.group, labels),
            day=line.group.get("day"),
            hour=line.group.get("hour"),
            last_run_at=line.figures.last_run_at,
        )


class UsageList(BaseModel):
    """Usage by group: the newest time first, else the dearest."""

    since: datetime
    until: datetime
    data: list[UsageLineRead]


class UsagePoints(BaseModel):
    """A line of a chart: each list has a value for every bucket, in their order."""

    runs: list[int]
    failed: list[int]
    cancelled: list[int]
    input_tokens: list[int]
    cached_input_tokens: list[int]
    output_tokens: list[int]
    reasoning_tokens: list[int]
    cost_usd: list[str]
    unpriced_runs: list[int]
    average_latency_ms: list[float]
    p50_latency_ms: list[float | None]
    p95_latency_ms: list[float | None]
    p50_first_token_ms: list[float | None]
    p95_first_token_ms: list[float | None]

    @classmethod
    def of(cls, figures: Sequence[UsageFigures]) -> Self:
        """The lists of these figures, one for each bucket."""
        told = [_told(one) for one in figures]
        return cls.model_validate({name: [one[name] for one in told] for name in cls.model_fields})


class UsageSeriesLine(UsageGroupRead):
    """One group of a chart, or with `is_rest` all that are beyond the first."""

    is_rest: bool
    total: UsageTold
    points: UsagePoints

    @classmethod
    def of(
        cls, group: Mapping[str, Any] | None, points: Sequence[UsageFigures], labels: Labels
    ) -> Self:
        """The public form of a group; None is the rest."""
        return cls(
            **_group(group or {}, labels),
            is_rest=group is None,
            total=total_of(points),
            points=UsagePoints.of(points),
        )


class UsageSeries(BaseModel):
    """Usage for a chart. `buckets` says when each begins; an empty one is zero, not left out."""

    since: datetime
    until: datetime
    timezone: str
    bucket: UsageBucket
    by: UsageDimension | None
    buckets: list[datetime]
    total: UsageTold
    points: UsagePoints
    series: list[UsageSeriesLine]


def total_of(figures: Sequence[UsageFigures]) -> UsageTold:
    """The sum of these figures."""
    return UsageTold(**_told(merged(figures)))
