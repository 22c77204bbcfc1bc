import asyncio
import contextlib
import os
import signal
from urllib.parse import unquote

import pytest

from promptops_server.embedded.processes import list_processes_in
from promptops_server.embedded.temporary import folder_for_a_test
from promptops_server.embedded.valkey import running_valkey, temporary_valkey


async def say(url: str, command: str) -> str:
    """The server's answer to one command, in its own protocol."""
    reader, writer = await asyncio.open_unix_connection(unquote(url.removeprefix("unix://")))
    writer.write(f"{command}\r\n".encode())
    answer = await reader.read(65536)
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_server_has_no_port_and_keeps_what_it_was_given_over_a_kill() -> None:
    with folder_for_a_test() as folder:
        data_dir = folder / "a folder 中文"
        async with running_valkey(data_dir) as url:
            assert "\r\n0\r\n" in await say(url, "CONFIG GET port")
            assert "noeviction" in await say(url, "CONFIG GET maxmemory-policy")
            # Written to the file before the answer; only the sync to the disk comes later.
            assert await say(url, "SET kept 1") == "+OK\r\n"
            (pid,) = list_processes_in(data_dir / "valkey", "valkey-server")
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(10):
                await until_answered(url, "GET kept", "$1\r\n1\r\n")
        assert list_processes_in(data_dir / "valkey", "valkey-server") == []


async def until_answered(url: str, command: str, expected: str) -> None:
    """Returns when the server gives the answer; it may be away, or load its data."""
    while True:
        with contextlib.suppress(OSError):
            if await say(url, command) == expected:
                return
        await asyncio.sleep(0.05)


async def test_temporary_server_is_empty_and_goes_away() -> None:
    async with temporary_valkey() as url:
        assert await say(url, "DBSIZE") == ":0\r\n"
    with pytest.raises(FileNotFoundError):
        await say(url, "DBSIZE")
