"""What instance gives over HTTP."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel

from promptops_server.instance.types import Part, PartName, PartStatus


class PartRead(BaseModel):
    """How a part is; `problem` says in a sentence what is wrong and what to do, null where well.

    `off` is what is not there and not needed. What `facts` holds depends on the part.
    """

    name: PartName
    status: PartStatus
    problem: str | None
    facts: dict[str, str | int | float | None]

    @classmethod
    def of(cls, part: Part) -> Self:
        """The public form of a part."""
        return cls(name=part.name, status=part.status, problem=part.problem, facts=dict(part.facts))


class PartsRead(BaseModel):
    """Every part of the installation; `status` is the worst of them."""

    status: PartStatus
    parts: list[PartRead]

    @classmethod
    def of(cls, status: PartStatus, parts: Sequence[Part]) -> Self:
        """The public form of what was found."""
        return cls(status=status, parts=[PartRead.of(part) for part in parts])
