"""What callers and tools rely on, and how far a change of it reaches: the suggested bump.

The contract of a prompt is its variables, its tools and the form of its output. A change that may
break whoever relies on it is major, one that only adds is minor, everything else is a patch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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


def suggest_bump(before: Contract, after: Contract) -> tuple[Bump, list[str]]:
    """The smallest bump that warns those who rely on the contract, and why, a sentence each."""
    found = [*_variables(before, after), *_tools(before, after)]
    if _shape(before.response_format) != _shape(after.response_format):
        found.append(("major", "The form of the output changed."))
    if not found:
        return "patch", ["Variables, tools and the form of the output are as before."]
    found.sort(key=lambda reason: -_ORDER[reason[0]])
    return found[0][0], [sentence for _, sentence in found]


_Reasons = list[tuple[Bump, str]]


def _variables(before: Contract, after: Contract) -> _Reasons:
    reasons: _Reasons = []
    for name in sorted(after.required - before.required):
        was = "required now" if name in before.names else "new and required"
        reasons.append(("major", f"The variable {name} is {was}."))
    for name in sorted(before.names - after.names):
        reasons.append(("major", f"The variable {name} is gone."))
    for name in sorted(after.names - after.required - before.names):
        reasons.append(("minor", f"The variable {name} is new and optional."))
    for name in sorted((before.required - after.required) & after.names):
        reasons.append(("minor", f"The variable {name} is optional now."))
    return reasons


def _tools(before: Contract, after: Contract) -> _Reasons:
    reasons: _Reasons = []
    for name in sorted(before.tools.keys() - after.tools.keys()):
        reasons.append(("major", f"The tool {name} is gone."))
    for name in sorted(after.tools.keys() - before.tools.keys()):
        reasons.append(("minor", f"The tool {name} is new."))
    for name in sorted(before.tools.keys() & after.tools.keys()):
        old, new = _shape(before.tools[name]), _shape(after.tools[name])
        if old == new:
            continue
        if _only_adds(old, new):
            reasons.append(("minor", f"The tool {name} has more parameters."))
        else:
            reasons.append(("major", f"The parameters of the tool {name} changed."))
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
