"""`promptops-server up`: one process that starts every part, keeps it running, and stops it.

The order: hold the data directory, end what a killed supervisor left, take the port, start
PostgreSQL, Valkey and the local model together, prepare the database, start the API. Stopping goes
the other way round. Everything happens in the main thread, see processes.py.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Generator

from promptops_server import __version__
from promptops_server.core.settings import Settings
from promptops_server.embedded.children import rotate_log
from promptops_server.embedded.console import Console, describe_ready
from promptops_server.embedded.control_server import ControlServer
from promptops_server.embedded.data_dir import DataDir, held, open_data_dir, remove_short_folders
from promptops_server.embedded.errors import PartFailed, StartRefused
from promptops_server.embedded.keeper import KeptChild
from promptops_server.embedded.listener import listen
from promptops_server.embedded.parts import Commands, Parts, build_parts
from promptops_server.embedded.postgres import create_cluster
from promptops_server.embedded.prepare import Prepared, run_prepare
from promptops_server.embedded.processes import ChildrenRecord

_READY_TIMEOUT_S = 120.0
_LOG_CHECK_S = 60.0


def run_up(settings: Settings, commands: Commands | None = None) -> int:
    """The exit code after the platform has run until a signal: 0 when it was stopped in order.

    2 means that something outside is in the way (a busy port, a data directory that cannot be
    used, a refusal of `prepare`), 1 that a part did not start; a sentence on stderr says which.
    `commands` replaces what starts our own children, for tests. Call it in the main thread.
    """
    console = Console()
    try:
        data = open_data_dir(settings.data_dir)
        with held(data):
            console.say(f"PromptOps {__version__} starts, with its data in {data.root}")
            return _run_held(settings, commands or Commands(), data, console)
    except StartRefused as refusal:
        _complain(refusal)
        return refusal.exit_code
    except OSError as error:
        _complain(PartFailed(f"PromptOps cannot go on: {error}."))
        return PartFailed.exit_code
    except KeyboardInterrupt:
        # Only before the event loop takes the signals over, when nothing is started yet.
        return 0


def _run_held(settings: Settings, commands: Commands, data: DataDir, console: Console) -> int:
    record = ChildrenRecord(data.run / "children.json")
    for name in record.end_leftovers():
        console.say(f"  {name}: ended, it was left by a supervisor that was killed")
    with listen(settings.host, settings.port) as listener:
        parts = build_parts(settings, data, commands, record, console.report, listener.fileno())
        supervisor = _Supervisor(settings, data, parts, record, console, listener)
        try:
            return asyncio.run(supervisor.run())
        finally:
            remove_short_folders(data)


def _complain(refusal: StartRefused) -> None:
    Console(sys.stderr).say(refusal.sentence)


class _Supervisor:
    """One run: set up, wait for a signal, stop."""

    def __init__(
        self,
        settings: Settings,
        data: DataDir,
        parts: Parts,
        record: ChildrenRecord,
        console: Console,
        listener: socket.socket,
    ) -> None:
        self._settings = settings
        self._data = data
        self._parts = parts
        self._record = record
        self._console = console
        self._listener = listener
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self) -> int:
        """The exit code, after everything has been stopped."""
        self._take_signals()
        helpers = {"adaptor": (self._parts.adaptor, self._data.adaptor_socket)}
        async with ControlServer(helpers).listening(self._data.supervisor_socket):
            logs = asyncio.create_task(self._bound_logs())
            try:
                return await self._set_up_and_wait()
            finally:
                logs.cancel()
                await self._stop_all()

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup the end of the terminal is to be ignored.
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._console.say("Stopping at once")
            self._hurry.set()
            return
        self._console.say("Stopping (once more to hurry)")
        self._stop.set()

    async def _set_up_and_wait(self) -> int:
        set_up = asyncio.create_task(self._set_up())
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({set_up, stop}, return_when=asyncio.FIRST_COMPLETED)
            if set_up.done():
                self._say_ready(await set_up)
                await stop
        except StartRefused as refusal:
            _complain(refusal)
            return refusal.exit_code
        finally:
            set_up.cancel()
            stop.cancel()
            await asyncio.gather(set_up, stop, return_exceptions=True)
        return 0

    async def _set_up(self) -> Prepared:
        """Starts every part, each when those that it needs answer; what `prepare` said."""
        parts = self._parts
        with _first_failure():
            async with asyncio.TaskGroup() as group:
                # The model may load meanwhile: making the database ready does not need it.
                if parts.local_model:
                    group.create_task(self._bring_up(parts.local_model))
                preparing = group.create_task(self._prepare())
        await self._bring_up(parts.api)
        return preparing.result()

    async def _prepare(self) -> Prepared:
        parts = self._parts
        with _first_failure():
            async with asyncio.TaskGroup() as group:
                if parts.valkey:
                    group.create_task(self._bring_up(parts.valkey))
                if parts.postgres:
                    group.create_task(self._bring_up_postgres(parts.postgres))
        async with self._console.step("Database and demo project"):
            return await run_prepare(parts.prepare, self._record)

    async def _bring_up_postgres(self, postgres: KeptChild) -> None:
        cluster = self._parts.cluster
        if cluster is not None and not (cluster.data.cluster / "PG_VERSION").exists():
            async with self._console.step("PostgreSQL's data", "first start only"):
                await create_cluster(cluster)
        await self._bring_up(postgres)

    async def _bring_up(self, part: KeptChild) -> None:
        async with self._console.step(part.label):
            part.start()
            await part.wait_ready(_READY_TIMEOUT_S)

    def _say_ready(self, prepared: Prepared) -> None:
        for line in describe_ready(
            url=self._settings.web_address(),
            sign_in=prepared.sign_in,
            api_key=prepared.api_key,
            demo_prompt=prepared.demo_prompt,
            variables=prepared.variables,
            data=str(self._data.root),
            logs=str(self._data.logs),
        ):
            self._console.say(line)

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(_LOG_CHECK_S)
            for part in self._parts.in_starting_order():
                rotate_log(part.launch.log)

    async def _stop_all(self) -> None:
        # New connections are refused from here on, in place of waiting for an answer in vain.
        self._listener.close()
        for part in reversed(self._parts.in_starting_order()):
            await part.stop(self._hurry)
        self._console.say("Stopped")


@contextlib.contextmanager
def _first_failure() -> Generator[None]:
    """Raises the first failure of a task group by itself: it has cancelled the other tasks."""
    try:
        yield
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
