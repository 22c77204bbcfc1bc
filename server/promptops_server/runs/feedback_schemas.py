"""What is said about runs, over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from promptops_server.access.types import Caller
from promptops_server.core.fields import Text
from promptops_server.kit.ids import to_public
from promptops_server.usage.types import Feedback


class FeedbackCreate(BaseModel):
    """What somebody says about a run: a thumb, a score, a comment, at least one of them."""

    model_config = ConfigDict(extra="forbid")

    rating: Literal["up", "down"] | None = None
    score: Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)] | None = None
    comment: Annotated[Text, StringConstraints(min_length=1, max_length=4000)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.rating is None and self.score is None and self.comment is None:
            raise ValueError("Give a rating, a score or a comment.")
        return self


class FeedbackUpdate(BaseModel):
    """What changes of what one has said; a field that is left out stays, null takes it away."""

    model_config = ConfigDict(extra="forbid")

    rating: Literal["up", "down"] | None = None
    score: Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)] | None = None
    comment: Annotated[Text, StringConstraints(min_length=1, max_length=4000)] | None = None


class FeedbackRead(BaseModel):
    """What somebody said about a run.

    `author_name` is null where an API key said it. `is_own` says whether the caller may change it.
    """

    id: str
    run_id: str
    rating: Literal["up", "down"] | None
    score: float | None
    comment: str | None
    author_kind: str
    author_id: str
    author_name: str | None
    is_own: bool
    created_at: datetime
    updated_at: datetime | None

    @classmethod
    def of(cls, feedback: Feedback, names: Mapping[UUID, str], caller: Caller) -> Self:
        """The public form of a row."""
        prefix = "key" if feedback.author_kind == "api_key" else "usr"
        return cls(
            id=to_public("fbk", feedback.id),
            run_id=to_public("run", feedback.run_id),
            rating=feedback.rating,
            score=feedback.score,
            comment=feedback.comment,
            author_kind=feedback.author_kind,
            author_id=to_public(prefix, feedback.author_id),
            author_name=names.get(feedback.author_id),
            is_own=feedback.author_id == caller.id,
            created_at=feedback.created_at,
            updated_at=feedback.updated_at,
        )


class FeedbackList(BaseModel):
    """What was said about a run, oldest first, at most a hundred entries."""

    data: list[FeedbackRead]
