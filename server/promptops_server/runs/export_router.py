"""Runs and usage as files, over HTTP."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from promptops_server.access.deps import Db, Reader
from promptops_server.core.problems import errors
from promptops_server.prompts.errors import PromptNotFound
from promptops_server.runs import summing
from promptops_server.runs.deps import Runs
from promptops_server.runs.exporting import runs_as_csv, usage_as_csv
from promptops_server.runs.query import RunExportQuery
from promptops_server.runs.usage_schemas import UsageLineRead, UsageQuery

router = APIRouter(prefix="/api/v1")
_TYPE = "text/csv; charset=utf-8"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A file for spreadsheets: UTF-8 with a byte order mark.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    },
    **errors(PromptNotFound),
}


@router.get("/runs/export", tags=["Runs"], response_class=StreamingResponse, responses=_FILE)
async def export_runs(
    wanted: Annotated[RunExportQuery, Query()], caller: Reader, db: Db, runs: Runs
) -> StreamingResponse:
    """Every run that the filters of the list let pass, newest first, as CSV."""
    pages = runs_as_csv(db, runs.unended, caller, wanted)
    # The first page is awaited here, so that a refusal is a problem document.
    first = await anext(pages)

    async def chunks() -> AsyncGenerator[bytes]:
        yield first
        async for page in pages:
            yield page

    return StreamingResponse(chunks(), media_type=_TYPE, headers=_named("runs.csv"))


@router.get("/usage/export", tags=["Usage"], response_class=Response, responses=_FILE)
async def export_usage(wanted: Annotated[UsageQuery, Query()], caller: Reader, db: Db) -> Response:
    """Usage by group as CSV, with the same questions as `GET /api/v1/usage`."""
    async with db.transaction(caller.project_id) as session:
        _, found, labels = await summing.sum_usage(session, caller, wanted)
    content = usage_as_csv([UsageLineRead.of(line, labels) for line in found])
    return Response(content, media_type=_TYPE, headers=_named("usage.csv"))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
