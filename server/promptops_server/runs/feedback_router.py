"""What is said about runs, over HTTP."""

from fastapi import APIRouter

from promptops_server.access.deps import Db, Identified
from promptops_server.core.problems import errors
from promptops_server.kit.ids import from_public
from promptops_server.runs import managing
from promptops_server.runs.deps import Live, Runs
from promptops_server.runs.errors import RunNotFound
from promptops_server.runs.feedback_schemas import FeedbackCreate, FeedbackList, FeedbackRead
from promptops_server.usage import service as usage

router = APIRouter(prefix="/api/v1", tags=["Runs"])


@router.post("/runs/{run_id}/feedback", status_code=201, responses=errors(RunNotFound, body=True))
async def give_feedback(
    run_id: str, wanted: FeedbackCreate, caller: Identified, db: Db, runs: Runs, live: Live
) -> FeedbackRead:
    """Says what somebody thinks of a run: a thumb, a score, a comment."""
    await runs.get(caller, run_id)
    async with db.transaction(caller.project_id) as session:
        given = await managing.give_feedback(session, caller, run_id, wanted)
    live.changed(caller.project_id, given.run_id)
    return FeedbackRead.of(given)


@router.get("/runs/{run_id}/feedback", responses=errors(RunNotFound))
async def list_feedback(run_id: str, caller: Identified, db: Db, runs: Runs) -> FeedbackList:
    """What was said about a run, oldest first."""
    await runs.get(caller, run_id)
    identifier = from_public("run", run_id)
    if identifier is None:
        raise RunNotFound("There is no such run in this project.")
    async with db.transaction(caller.project_id) as session:
        found = await usage.list_feedback(session, caller.project_id, identifier)
    return FeedbackList(data=[FeedbackRead.of(feedback) for feedback in found])
