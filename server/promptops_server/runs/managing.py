"""What is done about runs that have ended: deletion, what is kept."""

from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.audit.service import Actor, Target, record
from promptops_server.core.db import mark_changed
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public
from promptops_server.runs.errors import RunNotFound
from promptops_server.runs.schemas import RunSettingsBody
from promptops_server.usage import service as usage
from promptops_server.usage.types import RunSettings


async def delete_run(session: AsyncSession, caller: Caller, public_id: str) -> None:
    """Deletes an ended run and what was said about it. Raises RunNotFound.

    What it used stays in the sums of whole hours.
    """
    run_id = from_public("run", public_id)
    if run_id is None or not await usage.delete_run(session, caller.project_id, run_id):
        raise RunNotFound("There is no such ended run in this project.")


async def put_settings(session: AsyncSession, caller: Caller, wanted: RunSettingsBody) -> None:
    """Says what the project keeps from now on; every process knows within a second."""
    settings = RunSettings(wanted.store, wanted.retention_days)
    before = await usage.find_settings(session, caller.project_id)
    await usage.put_settings(session, caller.project_id, settings, utc_now())
    if settings != before:
        record(
            session,
            "run_settings.changed",
            Actor(caller.kind, caller.id),
            Target("project", caller.project_id),
            project_id=caller.project_id,
            facts=asdict(settings),
        )
    mark_changed(session)
