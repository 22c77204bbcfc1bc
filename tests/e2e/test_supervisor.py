"""The supervisor as a person meets it: a process with a terminal, a port and a data directory.

PostgreSQL and Valkey are the real ones; our own children are stand-ins (stand_ins.py), so that
what is tested here is the supervising alone.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import cast

import asyncpg
import pytest

from promptops_server.embedded.control import SupervisorSidecars
from promptops_server.embedded.processes import read_stat
from promptops_server.embedded.temporary import folder_for_a_test

STAND_INS = Path(__file__).with_name("stand_ins.py")
SERVER = Path(__file__).parents[2] / "server"
READY = "PromptOps runs at"
# Addresses where nothing listens: with them no part is embedded, and a start takes half a second.
REAL_SERVERS = {
    "PROMPTOPS_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "PROMPTOPS_REDIS_URL": "redis://127.0.0.1:9/0",
    "PROMPTOPS_LOCAL_MODEL_URL": "http://127.0.0.1:9/v1",
}


class Up:
    """One run of `up`, and what it has said so far."""

    def __init__(self, data_dir: Path, port: int, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = port
        self.lines: list[str] = []
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PROMPTOPS_")}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(STAND_INS),
            "up",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={
                **clean,
                "PYTHONPATH": str(SERVER),
                "PROMPTOPS_DATA_DIR": str(self.data_dir),
                "PROMPTOPS_PORT": str(self.port),
                **self._environment,
            },
        )

    async def said(self, *texts: str) -> None:
        """Returns when there has been a line with each of the texts."""
        assert self.process.stdout is not None
        missing = {text for text in texts if not any(text in line for line in self.lines)}
        async with asyncio.timeout(30):
            while missing:
                line = (await self.process.stdout.readline()).decode()
                assert line, f"it ended without {missing}: {self.lines}"
                self.lines.append(line.rstrip())
                missing = {text for text in missing if text not in line}

    async def ended(self) -> int:
        """The exit code, after it has said everything."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            self.lines += (await self.process.stdout.read()).decode().splitlines()
            return await self.process.wait()

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return await self.ended()

    def children(self) -> dict[str, int]:
        """The children that run, by name."""
        entries = json.loads((self.data_dir / "run" / "children.json").read_text())
        return {entry["name"]: entry["pid"] for entry in entries}

    async def ask_api(self, path: str = "/") -> dict[str, object]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return cast("dict[str, object]", json.loads(answer.partition(b"\r\n\r\n")[2]))

    async def api_environment(self) -> dict[str, str]:
        return cast("dict[str, str]", (await self.ask_api())["environment"])


def read_environment(pid: int) -> bytes:
    """The environment that a process was started with."""
    return Path(f"/proc/{pid}/environ").read_bytes()


def processes_of(data_dir: Path) -> list[int]:
    """The live processes that work in the data directory, or were started for it."""
    wanted = os.fsencode(data_dir)
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            stat = read_stat(int(entry.name))
            works_there = os.fsencode((entry / "cwd").readlink()).startswith(wanted)
            is_ours = works_there or wanted in read_environment(int(entry.name))
            if stat and not stat.is_dead and is_ours:
                found.append(int(entry.name))
    return found


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with folder_for_a_test() as folder:
        yield folder / "with spaces and 中文"


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def running(data_dir: Path, port: int, **environment: str) -> AsyncGenerator[Up]:
    """A run of `up` that has been started; whatever the test leaves is killed."""
    up = Up(data_dir, port, **environment)
    await up.start()
    try:
        yield up
    finally:
        if up.process.returncode is None:
            up.process.kill()
            await up.ended()


async def test_ctrl_c_stops_everything_and_leaves_no_process(data_dir: Path, port: int) -> None:
    async with running(data_dir, port) as up:
        await up.said(READY, "sk-po_made_up", "Ctrl-C")
        assert set(up.children()) == {"postgres", "valkey", "local-model", "api"}
        assert len(processes_of(data_dir)) > 4
        assert await up.stop() == 0
    assert processes_of(data_dir) == []
    assert up.lines[-1] == "Stopped"
    assert "database system is shut down" in (data_dir / "logs" / "postgres.log").read_text()
    assert "sk-po_made_up" not in "".join(p.read_text() for p in (data_dir / "logs").iterdir())


async def test_children_killed_come_back_and_nothing_committed_is_lost(
    data_dir: Path, port: int
) -> None:
    async with running(data_dir, port) as up:
        await up.said(READY)
        sidecars = SupervisorSidecars(data_dir / "run" / "supervisor.sock")
        addresses = await asyncio.gather(*(sidecars.ensure("adaptor") for _ in range(5)))
        assert {address.url for address in addresses} == {f"unix:{data_dir}/run/adaptor.sock"}
        url = (await up.api_environment())["PROMPTOPS_DATABASE_URL"]
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
        # A busy backend outlives its postmaster and would block the next one.
        busy = asyncio.create_task(
            connection.execute("SELECT count(*) FROM generate_series(1, 9e9)")
        )
        killed = up.children()
        assert len(killed) == 5
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)

        # The listening socket is the supervisor's: a connection waits for the new API process.
        assert (await up.ask_api())["pid"] not in killed.values()

        labels = ("PostgreSQL", "Valkey", "Local model", "API", "Model adaptor")
        await up.said(*(f"{label} is back" for label in labels))
        with pytest.raises((OSError, asyncpg.PostgresError)):
            await busy
        assert not set(up.children().values()) & set(killed.values())
        sidecars.forget("adaptor")
        assert (await sidecars.ensure("adaptor")).url.startswith("unix:")
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT value FROM kept") == 1
        await connection.close()
        assert await up.stop() == 0
    assert processes_of(data_dir) == []


async def test_killed_supervisor_leaves_nothing_that_blocks_the_next_start(
    data_dir: Path, port: int
) -> None:
    async with running(data_dir, port) as up:
        await up.said(READY)
        stubborn = up.children()["local-model"]
        os.kill(stubborn, signal.SIGSTOP)
        up.process.kill()
        await up.process.wait()
    async with running(data_dir, port) as up:
        await up.said(READY)
        assert (await up.ask_api())["pid"] == up.children()["api"]
        assert await up.stop() == 0
    assert processes_of(data_dir) == []


async def test_leftovers_that_ignore_the_death_of_their_parent_are_ended(
    data_dir: Path, port: int
) -> None:
    async with running(data_dir, port, STAND_IN_DEAF="1", **REAL_SERVERS) as up:
        await up.said(READY)
        up.process.kill()
        await up.process.wait()
    assert len(processes_of(data_dir)) == 1
    async with running(data_dir, port, **REAL_SERVERS) as up:
        await up.said("api: ended", READY)
        assert await up.stop() == 0
    assert processes_of(data_dir) == []


async def test_busy_port_gets_one_sentence(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        async with running(data_dir, port) as up:
            assert await up.ended() == 2
    assert up.lines[1] == (
        f"Port {port} on 127.0.0.1 is already in use. Stop what uses it, or choose another with"
        " PROMPTOPS_PORT."
    )
    assert len(up.lines) == 2


async def test_data_directory_that_cannot_be_written_gets_one_sentence(
    tmp_path: Path, port: int
) -> None:
    file = tmp_path / "file"
    file.touch()
    async with running(file / "data", port) as up:
        assert await up.ended() == 2
    assert len(up.lines) == 1
    assert "cannot be written (Not a directory)" in up.lines[0]
    assert "PROMPTOPS_DATA_DIR" in up.lines[0]


async def test_second_supervisor_on_the_same_data_is_refused(data_dir: Path, port: int) -> None:
    async with running(data_dir, port, **REAL_SERVERS) as first:
        await first.said(READY)
        async with running(data_dir, port, **REAL_SERVERS) as second:
            assert await second.ended() == 2
        assert len(second.lines) == 1
        assert f"already runs on the data directory {data_dir}" in second.lines[0]
        assert f"(process {first.process.pid})" in second.lines[0]
        assert (await first.ask_api())["pid"] == first.children()["api"]
        assert await first.stop() == 0


async def test_refusal_of_prepare_is_printed_and_everything_stops(
    data_dir: Path, port: int
) -> None:
    refusal = {"STAND_IN_REFUSAL": "The master key is wrong."}
    database = {"PROMPTOPS_DATABASE_URL": REAL_SERVERS["PROMPTOPS_DATABASE_URL"]}
    async with running(data_dir, port, **refusal, **database) as up:
        assert await up.ended() == 2
    assert "The master key is wrong." in up.lines
    assert processes_of(data_dir) == []


async def test_signal_during_the_first_start_stops_and_the_next_start_works(
    data_dir: Path, port: int
) -> None:
    async with running(data_dir, port) as up:
        await up.said("PostgreSQL's data: starting")
        up.process.terminate()
        assert await up.ended() == 0
    assert processes_of(data_dir) == []
    async with running(data_dir, port) as up:
        await up.said(READY)
        assert await up.stop() == 0


async def test_second_ctrl_c_hurries(data_dir: Path, port: int) -> None:
    async with running(data_dir, port, STAND_IN_DEAF="1", **REAL_SERVERS) as up:
        await up.said(READY)
        up.process.send_signal(signal.SIGINT)
        await up.said("Stopping")
        async with asyncio.timeout(5):
            assert await up.stop() == 0
    assert processes_of(data_dir) == []


async def test_real_servers_replace_every_embedded_part(data_dir: Path, port: int) -> None:
    hosts = {"PROMPTOPS_PRIVATE_MODEL_HOSTS": "10.0.0.1:80"}
    async with running(data_dir, port, **REAL_SERVERS, **hosts) as up:
        await up.said(READY)
        assert set(up.children()) == {"api"}
        environment = await up.api_environment()
        assert REAL_SERVERS.items() <= environment.items()
        assert hosts.items() <= environment.items()
        assert await up.stop() == 0


async def test_children_get_the_addresses_and_no_secret_too_many(data_dir: Path, port: int) -> None:
    given = {
        "PROMPTOPS_PRIVATE_MODEL_HOSTS": "10.0.0.1:80",
        "PROMPTOPS_MASTER_KEY": "made-up-master-key",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PROMPTOPS_DATABASE_URL": REAL_SERVERS["PROMPTOPS_DATABASE_URL"],
    }
    async with running(data_dir, port, **given) as up:
        await up.said(READY)
        environment = await up.api_environment()
        model = environment["PROMPTOPS_LOCAL_MODEL_URL"]
        assert model.startswith("http://127.0.0.1:")
        model_port = model.removeprefix("http://127.0.0.1:").removesuffix("/v1")
        hosts = environment["PROMPTOPS_PRIVATE_MODEL_HOSTS"]
        assert hosts == f"10.0.0.1:80,127.0.0.1:{model_port}"
        assert environment["PROMPTOPS_REDIS_URL"].startswith("unix:///")
        assert environment["PROMPTOPS_SUPERVISOR_SOCKET"] == f"{data_dir}/run/supervisor.sock"
        assert environment["PROMPTOPS_DATA_DIR"] == str(data_dir)
        assert "PYTHONDONTWRITEBYTECODE" not in environment
        children = up.children()
        for name in ("valkey", "local-model"):
            assert b"made-up-master-key" not in read_environment(children[name])
        assert await up.stop() == 0
