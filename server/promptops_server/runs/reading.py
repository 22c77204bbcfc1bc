"""Reading runs on behalf of a caller: the ledger, and what has not ended yet."""

from collections.abc import AsyncGenerator
from uuid import UUID

import orjson
from redis.asyncio import Redis

from promptops_server.access.types import Caller, Scope
from promptops_server.core.db import Database
from promptops_server.core.errors import Forbidden
from promptops_server.kit.ids import from_public
from promptops_server.runs.answers import events_of
from promptops_server.runs.cancelling import Cancellations
from promptops_server.runs.durable import DurableRuns, NumberedEvent
from promptops_server.runs.errors import RunEnded, RunNotFound
from promptops_server.runs.request import refuse
from promptops_server.runs.types import UnendedRun
from promptops_server.runs.unended import UnendedRuns
from promptops_server.usage import service as usage
from promptops_server.usage.types import RunRecord

_ENDING = frozenset({"done", "error"})


class RunReader:
    """Finds a run wherever it is: in the ledger, as work that survives, or as one of the moment."""

    def __init__(
        self, database: Database, durable: DurableRuns, cancellations: Cancellations, redis: Redis
    ) -> None:
        """Takes where runs are."""
        self._database = database
        self._durable = durable
        self._cancellations = cancellations
        self.unended = UnendedRuns(durable, redis)

    async def find(self, project_id: UUID, run_id: UUID) -> RunRecord | None:
        """The ended run, or None."""
        async with self._database.transaction(project_id) as session:
            return await usage.find_run(session, project_id, run_id)

    async def get(self, caller: Caller, public_id: str) -> RunRecord | UnendedRun:
        """The run of this id: its row, or what is known of one that has not ended.

        Who may not read runs sees those that its own key started. Raises RunNotFound and Forbidden.
        """
        run_id = _id_of(public_id)
        found = await self.find(caller.project_id, run_id)
        if found is None:
            unended = await self.unended.find(caller.project_id, run_id)
            # It may have ended between the two looks.
            found = await self.find(caller.project_id, run_id) if unended is None else None
            if unended is not None:
                _check_own(caller, unended.api_key_id)
                return unended
        if found is None:
            raise _not_found()
        _check_own(caller, found.api_key_id)
        return found

    async def cancel(self, caller: Caller, public_id: str) -> None:
        """Asks for the run to be cancelled; returns once that is on its way.

        Raises RunNotFound, and RunEnded where there is nothing to cancel.
        """
        run = await self.get(caller, public_id)
        if isinstance(run, RunRecord):
            raise RunEnded("This run has ended already.")
        run_id = _id_of(public_id)
        await self._durable.cancel(caller.project_id, run_id)
        if not self._cancellations.cancel_here(run_id):
            await self._cancellations.cancel_elsewhere(run_id)

    async def follow(
        self, project_id: UUID, run_id: UUID, after: int, *, instance: str
    ) -> AsyncGenerator[NumberedEvent | None]:
        """The run's events after this number, until its last; None now and then where it is silent.

        Raises AppError: OutputNotStored where the text is not kept and was missed, RunNotFound
        where the run is gone.
        """
        while True:
            async for event in self._durable.follow(run_id, after):
                after = event[0]
                yield event
                if event[1] in _ENDING:
                    return
            run = await self.find(project_id, run_id)
            if run is not None:
                first, events = events_of(run, instance=instance)
                for number, (name, data) in enumerate(events, first):
                    if number > after:
                        yield number, name, orjson.dumps(data)
                return
            if await self.unended.find(project_id, run_id) is None:
                if await self.find(project_id, run_id) is None:
                    raise _not_found()
                continue
            yield None


def _not_found() -> RunNotFound:
    return RunNotFound("There is no such run in this project.")


def _id_of(public_id: str) -> UUID:
    run_id = from_public("run", public_id)
    if run_id is None:
        raise _not_found()
    return run_id


def _check_own(caller: Caller, api_key_id: UUID | None) -> None:
    if caller.may(Scope.READ):
        return
    if not caller.may(Scope.RUN):
        raise Forbidden("This API key lacks the scope 'read'.")
    if api_key_id != caller.id:
        # As if it were not there: a key that only runs sees its own runs.
        raise _not_found()


def first_wanted(last_event_id: str | None, public_id: str) -> int:
    """The number of the last event that the client has seen; 0 where it has seen none.

    Raises InvalidRequest for an id that is none of this run.
    """
    if not last_event_id:
        return 0
    head, _, number = last_event_id.rpartition(":")
    if head != public_id or not number.isascii() or not number.isdigit() or len(number) > 12:
        raise refuse("#/header/Last-Event-ID", "This is not the id of an event of this run.")
    return int(number)
