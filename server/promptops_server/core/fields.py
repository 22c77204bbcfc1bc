"""Field types that many schemas share, each with the limit that the API publishes."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from promptops_server.core.pagination import MAX_LIMIT
from promptops_server.kit.text import storable

MAX_NAME_LENGTH = 255
ALIAS_PATTERN = "^[a-z0-9][a-z0-9_-]{0,99}$"
ENVIRONMENT_PATTERN = "^[a-z0-9][a-z0-9_-]{0,49}$"


def _no_control_characters(text: str) -> str:
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise ValueError("A name may not hold control characters.")
    return text


def _storable(text: str) -> str:
    if storable(text) != text:
        raise ValueError("A text may not hold NUL characters or halves of surrogate pairs.")
    return text


# A name for people: any characters but control characters.
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME_LENGTH),
    AfterValidator(_storable),
    AfterValidator(_no_control_characters),
]
# Text as a person wrote it, line breaks included.
Text = Annotated[str, AfterValidator(_storable)]
# A name for machines, as an alias: it stands in addresses.
Slug = Annotated[str, StringConstraints(pattern=ALIAS_PATTERN)]
EnvironmentName = Annotated[str, StringConstraints(pattern=ENVIRONMENT_PATTERN)]
# How many rows of a page.
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
