"""Runs and usage as files for spreadsheets: CSV (RFC 4180), in UTF-8 with a byte order mark.

Excel takes a file without the mark for one in the machine's own code page. A text that a
spreadsheet would take for a formula (OWASP, CSV injection) gets an apostrophe in front.
"""

import csv
import io
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from promptops_server.access.types import Caller
from promptops_server.core.db import Database
from promptops_server.runs.listing import filter_of, list_runs
from promptops_server.runs.query import RunExportQuery
from promptops_server.runs.schemas import RunSummary
from promptops_server.runs.summing import zone_of
from promptops_server.runs.unended import UnendedRuns
from promptops_server.runs.usage_schemas import UsageLineRead

_BYTE_ORDER_MARK = "\ufeff"
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
_ROWS_AT_ONCE = 500
_RUN_COLUMNS = (
    *("id", "status", "error_code", "error_detail", "source", "prompt", "prompt_name", "version"),
    *("environment", "model", "api_key_id", "api_key_name", "user", "session", "metadata"),
    *("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens", "cost_usd"),
    *("started_at", "ended_at", "first_token_ms", "latency_ms"),
    *("up", "down", "comments", "average_score"),
)
_USAGE_COLUMNS = tuple(UsageLineRead.model_fields)


async def runs_as_csv(
    db: Database, unended: UnendedRuns, caller: Caller, wanted: RunExportQuery
) -> AsyncGenerator[bytes]:
    """The file, a page of runs after another, newest first; what is asked for is checked first.

    Raises PromptNotFound and InvalidRequest before anything else.
    """
    zone = zone_of(wanted.timezone)
    async with db.transaction(caller.project_id) as session:
        chosen = await filter_of(session, caller, wanted)
    after = None
    head: Iterable[Sequence[object]] = [_RUN_COLUMNS]
    prefix = _BYTE_ORDER_MARK
    while True:
        found, labels = await list_runs(db, unended, caller, chosen, after, _ROWS_AT_ONCE)
        page = found[:_ROWS_AT_ONCE]
        rows = [_run_cells(RunSummary.of(run, labels), zone) for run in page]
        yield (prefix + _text_of([*head, *rows])).encode()
        if len(found) <= _ROWS_AT_ONCE:
            return
        after, head, prefix = page[-1].id, (), ""


def usage_as_csv(lines: Sequence[UsageLineRead]) -> bytes:
    """The lines as a file."""
    rows = [[getattr(line, name) for name in _USAGE_COLUMNS] for line in lines]
    return (_BYTE_ORDER_MARK + _text_of([_USAGE_COLUMNS, *rows])).encode()


def _run_cells(run: RunSummary, zone: ZoneInfo) -> list[object]:
    told: Mapping[str, Any] = {
        **dict(run),
        **dict(run.usage),
        **dict(run.feedback),
        "error_code": None if run.error is None else run.error.code,
        "error_detail": None if run.error is None else run.error.detail,
        "metadata": orjson.dumps(run.metadata).decode() if run.metadata else None,
        "started_at": run.started_at.astimezone(zone),
        "ended_at": None if run.ended_at is None else run.ended_at.astimezone(zone),
    }
    return [told[name] for name in _RUN_COLUMNS]


def _text_of(rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, str) and value.startswith(_FORMULA_BEGINS):
        return f"'{value}"
    return value
