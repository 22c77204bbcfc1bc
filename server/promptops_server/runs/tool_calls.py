"""Tool calls as they come in a stream, put together.

In OpenAI's stream a call comes in pieces: the first has its id and name, the others add to its
`arguments`, and `index` says which call a piece belongs to
(https://platform.openai.com/docs/api-reference/chat-streaming).
"""

from collections.abc import Iterable
from typing import cast


def merge_tool_calls(pieces: Iterable[object]) -> list[object]:
    """The whole calls, in the order of their index; without one, a piece is a call by itself."""
    calls: dict[int | str, dict[str, object]] = {}
    for number, piece in enumerate(pieces):
        if not isinstance(piece, dict):
            continue
        fields = cast("dict[str, object]", piece)
        index = fields.get("index")
        call = calls.setdefault(index if isinstance(index, int) else f"whole {number}", {})
        for name in ("id", "type"):
            if fields.get(name) is not None:
                call[name] = fields[name]
        function = fields.get("function")
        if isinstance(function, dict):
            _add_function(call, cast("dict[str, object]", function))
    return [{"type": "function", **call} for call in calls.values()]


def _add_function(call: dict[str, object], piece: dict[str, object]) -> None:
    function = cast("dict[str, object]", call.setdefault("function", {"arguments": ""}))
    if piece.get("name"):
        function["name"] = piece["name"]
    if isinstance(piece.get("arguments"), str):
        function["arguments"] = f"{function['arguments']}{piece['arguments']}"
