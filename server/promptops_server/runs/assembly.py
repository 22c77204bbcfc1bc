"""The run path, put together: what one process needs to run prompts, started and closed as one."""

from dataclasses import dataclass
from typing import Self

from redis.asyncio import Redis

from promptops_server.access.service import Authenticator
from promptops_server.core.db import Database, Pool
from promptops_server.core.draining import Draining
from promptops_server.core.events import EventLogs
from promptops_server.core.freshness import Freshness
from promptops_server.core.valkey import open_valkey
from promptops_server.deployments.service import ActiveVersions
from promptops_server.prompts.runnable import RunnablePrompts
from promptops_server.providers.client import ModelClient
from promptops_server.providers.service import ModelTargets
from promptops_server.providers.types import ModelTarget
from promptops_server.ratelimit.admission import Admission, Grant
from promptops_server.runs.cancelling import Cancellations
from promptops_server.runs.durable import DurableRuns
from promptops_server.runs.endpoint import RunEndpoint
from promptops_server.runs.execution import RunExecution, RunTools
from promptops_server.runs.live import LiveRuns
from promptops_server.runs.reading import RunReader
from promptops_server.runs.service import RunPreparer
from promptops_server.runs.types import PreparedRun, RunPlan
from promptops_server.usage.ledger import Ledger
from promptops_server.usage.service import StoreSettings


@dataclass(frozen=True, slots=True)
class RunPathParts:
    """What the run path leans on; it is opened and closed by whoever made it."""

    database: Database
    system_pool: Pool
    ledger_pool: Pool
    redis: Redis
    redis_url: str
    freshness: Freshness
    authenticator: Authenticator
    targets: ModelTargets
    client: ModelClient
    ledger: Ledger
    draining: Draining
    deadline_s: float
    background_runs: int


@dataclass(slots=True)
class RunPath:
    """The run path of one process; start() makes it claim work, close() gives back what is left."""

    endpoint: RunEndpoint
    reader: RunReader
    durable: DurableRuns
    cancellations: Cancellations
    admission: Admission
    logs: EventLogs
    live: LiveRuns
    # Of their own, since a reader waits in them: the limits never queue behind one.
    waiting_redis: Redis

    @classmethod
    def of(cls, parts: RunPathParts) -> Self:
        """The run path over these parts; nothing runs yet."""
        admission = Admission(parts.redis)
        waiting_redis = open_valkey(parts.redis_url)
        logs = EventLogs(waiting_redis)
        cancellations = Cancellations(waiting_redis)
        live = LiveRuns(waiting_redis, parts.database, parts.draining)
        tools = RunTools(parts.client, parts.targets, parts.ledger, live)

        def make_execution(run: PreparedRun, stream: bool) -> RunExecution:
            return RunExecution(
                run.plan,
                run.target,
                tools,
                stream=stream,
                settle=_Settle(admission, run.grant),
                headers=run.headers,
            )

        def make_durable_execution(
            plan: RunPlan, target: ModelTarget | None, grant: Grant | None, fence: int, first: int
        ) -> RunExecution:
            return RunExecution(
                plan,
                target,
                tools,
                stream=True,
                settle=_Settle(admission, grant),
                fence=fence,
                first_event=first,
            )

        durable = DurableRuns(
            ledger_pool=parts.ledger_pool,
            system_pool=parts.system_pool,
            logs=logs,
            cancellations=cancellations,
            make_execution=make_durable_execution,
            at_once=parts.background_runs,
        )
        reader = RunReader(parts.database, durable, cancellations, parts.redis)
        preparer = RunPreparer(
            prompts=RunnablePrompts(parts.system_pool, parts.freshness),
            active=ActiveVersions(parts.system_pool, parts.freshness),
            targets=parts.targets,
            settings=StoreSettings(parts.system_pool, parts.freshness),
            admission=admission,
            deadline_s=parts.deadline_s,
        )
        endpoint = RunEndpoint(
            parts.authenticator,
            preparer,
            make_execution,
            durable=durable,
            reader=reader,
            cancellations=cancellations,
        )
        return cls(endpoint, reader, durable, cancellations, admission, logs, live, waiting_redis)

    def start(self) -> None:
        """Begins to claim work and to listen for cancels."""
        self.live.start()
        self.cancellations.start()
        self.durable.start()

    async def close(self) -> None:
        """Stops, and gives unfinished work back to be begun again by another process."""
        await self.durable.close()
        await self.cancellations.close()
        await self.live.close()
        await self.admission.close()
        await self.logs.close()
        await self.waiting_redis.aclose()


class _Settle:
    """Settles what a run took from its caller's limits."""

    __slots__ = ("_admission", "_grant")

    def __init__(self, admission: Admission, grant: Grant | None) -> None:
        self._admission = admission
        self._grant = grant

    def __call__(self, tokens: int | None) -> None:
        if self._grant is not None:
            self._admission.settle(self._grant, tokens)
