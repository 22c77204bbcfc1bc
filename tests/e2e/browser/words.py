"""The words of the web application, by the key that its code uses."""

import functools
import json
import re
from pathlib import Path
from typing import Any, Literal

Locale = Literal["en", "zh-CN"]
LOCALES: tuple[Locale, ...] = ("en", "zh-CN")
_MESSAGES = Path(__file__).parents[3] / "web" / "messages"
# A place for a value, or a text in quotes, which stands as it is.
_PLACE = re.compile(r"\{(\w+)(?:, number)?\}|'(\{.*?\})'")


class Words:
    """What the pages say in one language."""

    def __init__(self, locale: Locale) -> None:
        self.locale: Locale = locale

    def __call__(self, key: str, **values: object) -> str:
        """The message of a key like `editor.save.noDraft`, its places filled in."""
        message: Any = _area(self.locale, key.partition(".")[0])
        for name in key.split(".")[1:]:
            message = message[name]
        assert isinstance(message, str), key
        return _PLACE.sub(
            lambda found: str(values[found[1]]) if found[1] else found[2],
            message,
        )


@functools.cache
def _area(locale: Locale, area: str) -> Any:
    return json.loads((_MESSAGES / locale / f"{area}.json").read_text(encoding="utf-8"))
