"""Version numbers, Semantic Versioning 2.0.0 without pre-release and build parts."""

import re
from collections.abc import Iterable
from typing import Literal

from promptops_server.core.errors import FieldProblem, InvalidRequest

Bump = Literal["major", "minor", "patch"]
FIRST = "1.0.0"
PATTERN = r"^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$"
_NUMBER = re.compile(PATTERN)


def parse(text: str) -> tuple[int, int, int] | None:
    """The three parts of a version number, or None where the text is not one."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    major, minor, patch = (int(part) for part in match.groups())
    return major, minor, patch


def highest(existing: Iterable[str]) -> str | None:
    """The highest of the numbers, or None where there is none."""
    parsed = [parts for text in existing if (parts := parse(text))]
    return ".".join(str(part) for part in max(parsed)) if parsed else None


def next_number(existing: Iterable[str], bump: Bump) -> str:
    """The number that follows the highest existing one; 1.0.0 where there is none."""
    parsed = [parts for text in existing if (parts := parse(text))]
    if not parsed:
        return FIRST
    major, minor, patch = max(parsed)
    following = {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
    }[bump]
    return ".".join(str(part) for part in following)


def choose_number(existing: Iterable[str], wanted: str | None, bump: Bump) -> str:
    """The number of a new version: the wanted one, or the next by the bump.

    Raises InvalidRequest where the wanted one is not a number.
    """
    if wanted is None:
        return next_number(existing, bump)
    if parse(wanted) is None:
        message = "A version is three numbers, as 1.2.0."
        raise InvalidRequest(
            message, errors=[FieldProblem("invalid_request", "#/version", message)]
        )
    return wanted
