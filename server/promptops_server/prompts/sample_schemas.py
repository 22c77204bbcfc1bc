"""What samples take and give over HTTP."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from promptops_server.core.fields import Name
from promptops_server.kit.ids import to_public
from promptops_server.prompts.models import PromptSample
from promptops_server.prompts.schemas import Variables


class SampleWrite(BaseModel):
    """A sample: `values` are variables as a run takes them, up to 256 KiB as JSON."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    values: Variables


class SampleRead(BaseModel):
    """A sample of a prompt."""

    id: str
    name: str
    values: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, sample: PromptSample) -> Self:
        """The public form of a row."""
        return cls(
            id=to_public("smp", sample.id),
            name=sample.name,
            values=sample.values_json,
            created_at=sample.created_at,
            updated_at=sample.updated_at,
        )


class SampleList(BaseModel):
    """Every sample of a prompt, the oldest first; there are 50 at most."""

    data: list[SampleRead]
