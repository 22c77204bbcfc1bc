"""A real Valkey on one unix socket. What it holds may be lost; it keeps it all the same."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import quote

from promptops_server.embedded.binaries import find_valkey
from promptops_server.embedded.children import Launch
from promptops_server.embedded.data_dir import DataDir, open_data_dir, remove_short_folders
from promptops_server.embedded.keeper import KeptChild, Report
from promptops_server.embedded.probes import answers_ping
from promptops_server.embedded.processes import ChildrenRecord
from promptops_server.embedded.temporary import folder_for_a_test


def valkey_url(data: DataDir) -> str:
    """The address of the server, as redis-py reads it."""
    return f"unix://{quote(str(data.valkey_socket))}"


def launch_valkey(data: DataDir) -> Launch:
    """How to start the server: no port, an append-only file written out every second.

    Raises StartRefused where the wheel has no program for this machine.
    """
    return Launch(
        name="valkey",
        # As arguments and not through a file, where a path with a space would need quoting.
        argv=(
            str(find_valkey()),
            *("--port", "0", "--unixsocket", str(data.valkey_socket), "--unixsocketperm", "700"),
            *("--dir", str(data.valkey), "--appendonly", "yes", "--appendfsync", "everysec"),
            *("--save", "", "--maxmemory-policy", "noeviction", "--daemonize", "no"),
        ),
        environment={"PATH": os.defpath, "LC_ALL": "C"},
        log=data.log("valkey"),
        # Either way it writes its file to the end.
        stop_signal=signal.SIGTERM,
        death_signal=signal.SIGTERM,
        stop_timeout_s=15.0,
        hurried_timeout_s=5.0,
        cwd=Path("/"),
    )


def keep_valkey(data: DataDir, record: ChildrenRecord, report: Report) -> KeptChild:
    """The server as a child that is started again when it dies; not started yet."""
    return KeptChild(
        launch_valkey(data),
        label="Valkey",
        answers=lambda: answers_ping(data.valkey_socket),
        report=report,
        record=record,
    )


@contextlib.asynccontextmanager
async def running_valkey(folder: Path) -> AsyncGenerator[str]:
    """The URL of a Valkey whose data are in the folder, stopped at the end of the block.

    Use it in the main thread. Raises StartRefused or PartFailed where it does not start.
    """
    data = open_data_dir(folder)
    server = keep_valkey(data, ChildrenRecord(data.run / "children-valkey.json"), print)
    server.start()
    try:
        await server.wait_ready(30)
        yield valkey_url(data)
    finally:
        await server.stop(asyncio.Event())
        remove_short_folders(data)


@contextlib.asynccontextmanager
async def temporary_valkey() -> AsyncGenerator[str]:
    """The URL of an empty Valkey in a new folder, which is removed at the end. For tests."""
    with folder_for_a_test() as folder:
        async with running_valkey(folder) as url:
            yield url
