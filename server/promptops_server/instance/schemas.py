"""What instance gives over HTTP."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel

from promptops_server.instance.settings_view import SettingInForce
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


class SettingRead(BaseModel):
    """A setting by the name of its environment variable; null is not set. No secret is shown."""

    name: str
    value: str | None
    source: Literal["environment", "default"]
    is_secret: bool

    @classmethod
    def of(cls, setting: SettingInForce) -> Self:
        """The public form of a setting."""
        return cls(
            name=setting.name,
            value=setting.value,
            source=setting.source,
            is_secret=setting.is_secret,
        )


class InstanceSettings(BaseModel):
    """The release that runs, and its settings."""

    version: str
    settings: list[SettingRead]
