"""Logs: one JSON object a line on stderr. What a caller sent never goes into one.

A record's `fields` (passed with `extra`) become members of the object. Exceptions are written as
type and place; their messages stay out, since they may quote input.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its line break."""
        moment = datetime.fromtimestamp(record.created, UTC)
        entry: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            entry["error"] = type(error).__name__
            entry["place"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)[-8:]
            ]
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure_logs(level: str) -> None:
    """Sends every log of this process to stderr as JSON, from the level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # These two repeat what our own access log says, with the path in clear.
    for name in ("uvicorn.access", "aiohttp.access"):
        logging.getLogger(name).disabled = True
