"""What callers and tools rely on, and how far a change of it reaches: the suggested bump.

The contract of a prompt is its variables, its tools and the form of its output. A change that may
break whoever relies on it is major, one that only adds is minor, everything else is a patch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from promptops_server.versioned.semver import Bump

_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
# What a schema says to people and models, and not about values.
_ANNOTATIONS = frozenset({"description", "title", "examples", "$comment", "deprecated"})
_ORDER: dict[Bump, int] = {"patch": 0, "minor": 1, "major": 2}


@dataclass(frozen=True, slots=True)
class Contract:
    """What a state of a prompt promises. `tools` holds each tool's parameters by its name."""

    names: frozenset[str]
    required: frozenset[str]
    tools: Mapping[str, Mapping[str, object]]
    response_format: Mapping[str, object] | None


def contract_of(config: Mapping[str, object], variables: Mapping[str, object]) -> Contract:
    """The contract of a stored version: of its configuration and its variables."""
    tools = cast("list[dict[str, dict[str, object]]]", config.get("tools", []))
    return Contract(
        names=frozenset(cast("list[str]", variables["names"])),
        required=frozenset(cast("list[str]", variables["required"])),
        tools={
            str(tool["function"]["name"]): cast(
                "Mapping[str, object]", tool["function"].get("parameters") or {}
            )
            for tool in tools
        },
        response_format=cast("Mapping[str, object] | None", config.get("response_format")),
    )


class ReasonCode(StrEnum):
    """What of the contract changed."""

    VARIABLE_REQUIRED_NEW = "variable_required_new"
    VARIABLE_REQUIRED_NOW = "variable_required_now"
    VARIABLE_GONE = "variable_gone"
    VARIABLE_OPTIONAL_NEW = "variable_optional_new"
    VARIABLE_OPTIONAL_NOW = "variable_optional_now"
    TOOL_GONE = "tool_gone"
    TOOL_NEW = "tool_new"
    TOOL_PARAMETERS_ADDED = "tool_parameters_added"
    TOOL_PARAMETERS_CHANGED = "tool_parameters_changed"
    OUTPUT_CHANGED = "output_changed"
    NOTHING_CHANGED = "nothing_changed"
    FIRST_VERSION = "first_version"
    SAME_CONTENT = "same_content"


_SENTENCES: Mapping[ReasonCode, tuple[Bump, str]] = {
    ReasonCode.VARIABLE_REQUIRED_NEW: ("major", "The variable {name} is new and required."),
    ReasonCode.VARIABLE_REQUIRED_NOW: ("major", "The variable {name} is required now."),
    ReasonCode.VARIABLE_GONE: ("major", "The variable {name} is gone."),
    ReasonCode.VARIABLE_OPTIONAL_NEW: ("minor", "The variable {name} is new and optional."),
    ReasonCode.VARIABLE_OPTIONAL_NOW: ("minor", "The variable {name} is optional now."),
    ReasonCode.TOOL_GONE: ("major", "The tool {name} is gone."),
    ReasonCode.TOOL_NEW: ("minor", "The tool {name} is new."),
    ReasonCode.TOOL_PARAMETERS_ADDED: ("minor", "The tool {name} has more parameters."),
    ReasonCode.TOOL_PARAMETERS_CHANGED: ("major", "The parameters of the tool {name} changed."),
    ReasonCode.OUTPUT_CHANGED: ("major", "The form of the output changed."),
    ReasonCode.NOTHING_CHANGED: (
        "patch",
        "Variables, tools and the form of the output are as before.",
    ),
    ReasonCode.FIRST_VERSION: ("patch", "This is the first version."),
    ReasonCode.SAME_CONTENT: ("patch", "Version {name} has this very content."),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One change of a contract; `name` is that of the variable, tool or version it is about."""

    code: ReasonCode
    name: str | None = None

    @property
    def bump(self) -> Bump:
        """How far it reaches."""
        return _SENTENCES[self.code][0]

    @property
    def sentence(self) -> str:
        """The change as an English sentence."""
        return _SENTENCES[self.code][1].format(name=self.name)


def suggest_bump(before: Contract, after: Contract) -> tuple[Bump, list[Reason]]:
    """The smallest bump that warns those who rely on the contract, and why, the farthest first."""
    found = [*_variables(before, after), *_tools(before, after)]
    if _shape(before.response_format) != _shape(after.response_format):
        found.append(Reason(ReasonCode.OUTPUT_CHANGED))
    if not found:
        found.append(Reason(ReasonCode.NOTHING_CHANGED))
    found.sort(key=lambda reason: -_ORDER[reason.bump])
    return found[0].bump, found


def _variables(before: Contract, after: Contract) -> list[Reason]:
    newly_required = after.required - before.required
    changes = (
        (ReasonCode.VARIABLE_REQUIRED_NEW, newly_required - before.names),
        (ReasonCode.VARIABLE_REQUIRED_NOW, newly_required & before.names),
        (ReasonCode.VARIABLE_GONE, before.names - after.names),
        (ReasonCode.VARIABLE_OPTIONAL_NEW, after.names - after.required - before.names),
        (ReasonCode.VARIABLE_OPTIONAL_NOW, (before.required - after.required) & after.names),
    )
    return [Reason(code, name) for code, names in changes for name in sorted(names)]


def _tools(before: Contract, after: Contract) -> list[Reason]:
    gone = sorted(before.tools.keys() - after.tools.keys())
    new = sorted(after.tools.keys() - before.tools.keys())
    reasons = [Reason(ReasonCode.TOOL_GONE, name) for name in gone]
    reasons += [Reason(ReasonCode.TOOL_NEW, name) for name in new]
    for name in sorted(before.tools.keys() & after.tools.keys()):
        old, now = _shape(before.tools[name]), _shape(after.tools[name])
        if old != now:
            adds = _only_adds(old, now)
            added, changed = ReasonCode.TOOL_PARAMETERS_ADDED, ReasonCode.TOOL_PARAMETERS_CHANGED
            reasons.append(Reason(added if adds else changed, name))
    return reasons


def _only_adds(before: object, after: object) -> bool:
    """Whether who takes arguments of the schema before can take those of the one after.

    That is so where properties were added, and others neither changed nor ceased to be required.
    """
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    old, new = cast("dict[str, object]", before), cast("dict[str, object]", after)
    parts = ("properties", "required")
    if any(old.get(key) != new.get(key) for key in (old.keys() | new.keys()) - set(parts)):
        return False
    old_properties = cast("dict[str, object]", old.get("properties", {}))
    new_properties = cast("dict[str, object]", new.get("properties", {}))
    old_required = set(cast("list[str]", old.get("required", [])))
    new_required = set(cast("list[str]", new.get("required", [])))
    is_kept = all(new_properties.get(name) == part for name, part in old_properties.items())
    return is_kept and old_required <= new_required


def _shape(schema: object) -> object:
    """The schema without what it says to people; its depth is bounded where it is taken."""
    if isinstance(schema, list):
        return [_shape(part) for part in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    pairs = cast("dict[str, object]", schema).items()
    return {key: _shape_of(key, value) for key, value in pairs if key not in _ANNOTATIONS}


def _shape_of(keyword: str, value: object) -> object:
    if keyword in _NAMED and isinstance(value, dict):
        return {name: _shape(part) for name, part in cast("dict[str, object]", value).items()}
    if keyword == "required" and isinstance(value, list):
        return sorted(cast("list[str]", value))
    return _shape(value)
