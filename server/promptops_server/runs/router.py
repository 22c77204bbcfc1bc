"""The ledger of runs over HTTP; a run itself is made by endpoint.py."""

from typing import Annotated

from fastapi import APIRouter, Query

from promptops_server.access.deps import Db, PageCursors, Reader
from promptops_server.core.pagination import Page
from promptops_server.core.problems import errors
from promptops_server.prompts.errors import PromptNotFound
from promptops_server.runs import reading
from promptops_server.runs.errors import RunNotFound
from promptops_server.runs.schemas import RunQuery, RunRead, RunSummary

router = APIRouter(prefix="/api/v1/runs", tags=["Runs"])


@router.get("", responses=errors(PromptNotFound))
async def list_runs(
    wanted: Annotated[RunQuery, Query()], caller: Reader, db: Db, cursors: PageCursors
) -> Page[RunSummary]:
    """The ended runs of this project, newest first."""
    question = f"runs|{caller.project_id}|{wanted.question()}"
    after = cursors.after(wanted.cursor, question)
    async with db.transaction(caller.project_id) as session:
        found = await reading.list_runs(session, caller, wanted, after)
    rows = [RunSummary.of(run) for run in found]
    return cursors.page(rows, [run.id for run in found], wanted.limit, question)


@router.get("/{run_id}", responses=errors(RunNotFound))
async def get_run(run_id: str, caller: Reader, db: Db) -> RunRead:
    """One run in full: what went to the model, what came back, each attempt."""
    async with db.transaction(caller.project_id) as session:
        return RunRead.of(await reading.get_run(session, caller, run_id))
