"""Reading the ledger on behalf of a caller."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.core.errors import FieldProblem, InvalidRequest
from promptops_server.kit.ids import from_public
from promptops_server.prompts.service import get_prompt
from promptops_server.runs.errors import RunNotFound
from promptops_server.runs.schemas import RunQuery
from promptops_server.usage import service as usage
from promptops_server.usage.types import RunFilter, RunRecord


def _milliseconds(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    # A time without a zone is taken as UTC.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp() * 1000))


async def _filter_of(session: AsyncSession, caller: Caller, wanted: RunQuery) -> RunFilter:
    key_id = None
    if wanted.key is not None:
        key_id = from_public("key", wanted.key)
        if key_id is None:
            message = "This is not the id of an API key."
            raise InvalidRequest(
                message, errors=[FieldProblem("invalid_request", "#/query/key", message)]
            )
    prompt_id = None
    if wanted.prompt is not None:
        prompt_id = (await get_prompt(session, caller, wanted.prompt)).id
    provider, _, model = (wanted.model or "").partition("/")
    return RunFilter(
        prompt_id=prompt_id,
        environment=wanted.environment,
        status=wanted.status,
        source=wanted.source,
        provider=provider or None,
        model=model or None,
        api_key_id=key_id,
        since_ms=_milliseconds(wanted.since),
        until_ms=_milliseconds(wanted.until),
    )


async def list_runs(
    session: AsyncSession, caller: Caller, wanted: RunQuery, after: UUID | None
) -> Sequence[RunRecord]:
    """One page of the project's runs, newest first, and one more where there is a next page.

    Raises PromptNotFound and InvalidRequest.
    """
    chosen = await _filter_of(session, caller, wanted)
    return await usage.list_runs(session, caller.project_id, chosen, after, wanted.limit)


async def get_run(session: AsyncSession, caller: Caller, public_id: str) -> RunRecord:
    """The run of this public id. Raises RunNotFound."""
    run_id = from_public("run", public_id)
    found = run_id and await usage.find_run(session, caller.project_id, run_id)
    if not found:
        raise RunNotFound("There is no such run in this project.")
    return found
