"""What people and programs say about runs: said, changed and withdrawn by their author."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.service import person_names
from promptops_server.access.types import Caller
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id
from promptops_server.runs.errors import FeedbackNotFound, RunNotFound
from promptops_server.runs.feedback_schemas import FeedbackCreate, FeedbackRead, FeedbackUpdate
from promptops_server.runs.request import refuse
from promptops_server.usage import service as usage
from promptops_server.usage.types import Feedback


async def give_feedback(
    session: AsyncSession, caller: Caller, public_id: str, wanted: FeedbackCreate
) -> Feedback:
    """What the caller says about a run that they may see, kept beside what was said before."""
    feedback = Feedback(
        id=new_id(),
        run_id=_run_id_of(public_id),
        rating=wanted.rating,
        score=wanted.score,
        comment=wanted.comment,
        author_kind=caller.kind,
        author_id=caller.id,
        created_at=utc_now(),
    )
    usage.add_feedback(session, caller.project_id, feedback)
    return feedback


async def list_feedback(
    session: AsyncSession, caller: Caller, public_id: str
) -> list[FeedbackRead]:
    """What was said about a run that the caller may see, oldest first."""
    found = await usage.list_feedback(session, caller.project_id, _run_id_of(public_id))
    return await told(session, caller, found)


async def told(
    session: AsyncSession, caller: Caller, found: Sequence[Feedback]
) -> list[FeedbackRead]:
    """The public form of these entries, with the names of the people who wrote them."""
    names = await person_names(session, [(one.author_kind, one.author_id) for one in found])
    return [FeedbackRead.of(one, names, caller) for one in found]


async def change_feedback(
    session: AsyncSession, caller: Caller, public_id: str, feedback: str, wanted: FeedbackUpdate
) -> Feedback:
    """The entry after the change, which leaves something said.

    Raises FeedbackNotFound for an entry that is not the caller's own, and InvalidRequest.
    """
    before = await _own(session, caller, public_id, feedback)
    given = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    after = replace(before, **given, updated_at=utc_now())
    if after.rating is None and after.score is None and after.comment is None:
        raise refuse("#/", "Nothing would be left: delete it instead.")
    await usage.put_feedback(session, caller.project_id, after)
    return after


async def withdraw_feedback(
    session: AsyncSession, caller: Caller, public_id: str, feedback: str
) -> UUID:
    """Deletes an entry of the caller's own, and returns its run. Raises FeedbackNotFound."""
    found = await _own(session, caller, public_id, feedback)
    await usage.delete_feedback(session, caller.project_id, found.id)
    return found.run_id


async def _own(session: AsyncSession, caller: Caller, public_id: str, feedback: str) -> Feedback:
    feedback_id = from_public("fbk", feedback)
    found = None
    if feedback_id is not None:
        run_id = _run_id_of(public_id)
        found = await usage.find_feedback(session, caller.project_id, run_id, feedback_id)
    if found is None or (found.author_kind, found.author_id) != (caller.kind, caller.id):
        raise FeedbackNotFound("You have said no such thing about this run.")
    return found


def _run_id_of(public_id: str) -> UUID:
    run_id = from_public("run", public_id)
    if run_id is None:
        raise RunNotFound("There is no such run in this project.")
    return run_id
