"""Logs: one JSON object a line on stderr. What a caller sent never goes into one.

A record's `fields` (passed with `extra`) become members of the object. Exceptions are written as
type and place; their messages stay out, since they may quote input.
"""

import atexit
import contextlib
import json
import logging
import sys
import threading
import time
import traceback
from datetime import UTC, datetime
from typing import TextIO

import orjson

_WRITE_AFTER_S = 0.02


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
        try:
            return orjson.dumps(entry, default=str).decode()
        except TypeError:
            # Half of a surrogate pair, or a number beyond 64 bits.
            return json.dumps(entry, ensure_ascii=False, default=str)


class LineWriter(logging.Handler):
    """Writes lines to a stream, many at a time: at most some milliseconds after they were logged.

    A warning or worse is written at once, with what came before it, and everything at exit. What
    a kill takes is the access log of that moment.
    """

    def __init__(self, stream: TextIO) -> None:
        """Takes the stream; a thread that writes starts with the first line."""
        super().__init__()
        self._stream = stream
        self._lines: list[str] = []
        self._has_lines = threading.Event()
        self._writer: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one line to be written soon."""
        self._lines.append(self.format(record))
        if record.levelno >= logging.WARNING:
            self.flush()
        elif not self._has_lines.is_set():
            self._has_lines.set()
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_forever, daemon=True)
                self._writer.start()

    def flush(self) -> None:
        """Writes what is kept."""
        with self.lock or contextlib.nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self._stream.write("\n".join([*lines, ""]))
                self._stream.flush()

    def _write_forever(self) -> None:
        while True:
            self._has_lines.wait()
            time.sleep(_WRITE_AFTER_S)
            self._has_lines.clear()
            self.flush()


def configure_logs(level: str) -> None:
    """Sends every log of this process to stderr as JSON, from the level on."""
    # What no line of ours shows is not looked up for each record (Python's logging how-to).
    logging._srcfile = None  # noqa: SLF001 # pyright: ignore[reportAttributeAccessIssue] # the how-to's own words
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = LineWriter(sys.stderr)
    atexit.register(handler.flush)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # These two repeat what our own access log says, with the path in clear.
    for name in ("uvicorn.access", "aiohttp.access"):
        logging.getLogger(name).disabled = True
