"""What may be asked of a list of runs."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from promptops_server.core.fields import EnvironmentName, Limit, Text
from promptops_server.core.pagination import DEFAULT_LIMIT
from promptops_server.runs.types import RunState
from promptops_server.usage.types import RunStatus, Source

# Enough for a page of prompts.
MAX_PROMPTS = 100
_MAX_VALUES = 20

_Refs = Annotated[
    list[Annotated[Text, StringConstraints(max_length=600)]], Field(max_length=_MAX_VALUES)
]
_Score = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]


class RunFilters(BaseModel):
    """Which runs: one of the values of each filter that is given; times without a zone are UTC."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[
        list[Text], Field(max_length=MAX_PROMPTS, description="Aliases or ids of prompts.")
    ] = []
    version: Annotated[_Refs, Field(description="Ids of versions.")] = []
    environment: Annotated[list[EnvironmentName], Field(max_length=_MAX_VALUES)] = []
    status: Annotated[
        list[RunStatus | RunState],
        Field(
            max_length=5,
            description="Without one, runs that have ended; `queued` and `running` by name.",
        ),
    ] = []
    code: Annotated[_Refs, Field(description="Codes of errors, as `provider_timeout`.")] = []
    source: Annotated[list[Source], Field(max_length=_MAX_VALUES)] = []
    model: Annotated[_Refs, Field(description="As `provider/model`, or `provider` for all.")] = []
    key: Annotated[_Refs, Field(description="Ids of API keys.")] = []
    user: Annotated[_Refs, Field(description="The `user` of the run.")] = []
    session: Annotated[_Refs, Field(description="The `session` of the run.")] = []
    metadata: Annotated[
        list[Text], Field(max_length=16, description="As `name=text`; each must be there.")
    ] = []
    rating: Annotated[
        list[Literal["up", "down"]], Field(max_length=2, description="Somebody rated it so.")
    ] = []
    min_score: Annotated[_Score | None, Field(description="Somebody scored it so or higher.")] = (
        None
    )
    max_score: Annotated[_Score | None, Field(description="Somebody scored it so or lower.")] = None
    has_comment: Annotated[bool | None, Field(description="Somebody commented on it.")] = None
    min_latency_ms: Annotated[
        float | None,
        Field(
            ge=0, le=86_400_000, allow_inf_nan=False, description="Lasted so long; with `since`."
        ),
    ] = None
    min_cost_usd: Annotated[
        float | None,
        Field(ge=0, le=1_000_000, allow_inf_nan=False, description="Cost so much; with `since`."),
    ] = None
    since: Annotated[datetime | None, Field(description="Started at or after.")] = None
    until: Annotated[datetime | None, Field(description="Started before.")] = None


class RunQuery(RunFilters):
    """Which runs a page shows."""

    limit: Limit = DEFAULT_LIMIT
    cursor: str | None = None

    def question(self) -> str:
        """What a cursor is bound to: the filters, without the page."""
        return repr(self.model_dump(exclude={"limit", "cursor"}))


class LiveQuery(BaseModel):
    """Which runs are watched, and for how long."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[
        list[Text], Field(max_length=MAX_PROMPTS, description="Aliases or ids of prompts.")
    ] = []
    for_s: Annotated[
        float | None,
        Field(ge=0, le=86_400, allow_inf_nan=False, description="Ends after so many seconds."),
    ] = None


class RunExportQuery(RunFilters):
    """Which runs a file holds, and in which zone its times are."""

    timezone: Annotated[str, StringConstraints(max_length=64)] = "UTC"
