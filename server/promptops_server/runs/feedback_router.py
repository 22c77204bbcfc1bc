"""What is said about runs, over HTTP."""

from fastapi import APIRouter, Response

from promptops_server.access.deps import Db, Identified
from promptops_server.core.problems import errors
from promptops_server.runs import judging
from promptops_server.runs.deps import Live, Runs
from promptops_server.runs.errors import FeedbackNotFound, RunNotFound
from promptops_server.runs.feedback_schemas import (
    FeedbackCreate,
    FeedbackList,
    FeedbackRead,
    FeedbackUpdate,
)

router = APIRouter(prefix="/api/v1/runs/{run_id}/feedback", tags=["Runs"])


@router.post("", status_code=201, responses=errors(RunNotFound, body=True))
async def give_feedback(
    run_id: str, wanted: FeedbackCreate, caller: Identified, db: Db, runs: Runs, live: Live
) -> FeedbackRead:
    """Says what somebody thinks of a run: a thumb, a score, a comment."""
    await runs.get(caller, run_id)
    async with db.transaction(caller.project_id) as session:
        given = await judging.give_feedback(session, caller, run_id, wanted)
        (told,) = await judging.told(session, caller, [given])
    live.changed(caller.project_id, given.run_id)
    return told


@router.get("", responses=errors(RunNotFound))
async def list_feedback(run_id: str, caller: Identified, db: Db, runs: Runs) -> FeedbackList:
    """What was said about a run, oldest first."""
    await runs.get(caller, run_id)
    async with db.transaction(caller.project_id) as session:
        return FeedbackList(data=await judging.list_feedback(session, caller, run_id))


@router.patch("/{feedback}", responses=errors(RunNotFound, FeedbackNotFound, body=True))
async def change_feedback(
    run_id: str,
    feedback: str,
    wanted: FeedbackUpdate,
    caller: Identified,
    db: Db,
    runs: Runs,
    live: Live,
) -> FeedbackRead:
    """Changes what one has said oneself; a field that is null is taken away."""
    await runs.get(caller, run_id)
    async with db.transaction(caller.project_id) as session:
        changed = await judging.change_feedback(session, caller, run_id, feedback, wanted)
        (told,) = await judging.told(session, caller, [changed])
    live.changed(caller.project_id, changed.run_id)
    return told


@router.delete("/{feedback}", status_code=204, responses=errors(RunNotFound, FeedbackNotFound))
async def withdraw_feedback(
    run_id: str, feedback: str, caller: Identified, db: Db, runs: Runs, live: Live
) -> Response:
    """Takes back what one has said oneself."""
    await runs.get(caller, run_id)
    async with db.transaction(caller.project_id) as session:
        withdrawn = await judging.withdraw_feedback(session, caller, run_id, feedback)
    live.changed(caller.project_id, withdrawn)
    return Response(status_code=204)
