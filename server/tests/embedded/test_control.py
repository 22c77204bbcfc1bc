import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from promptops_server.core.sidecars import SidecarAddress, SidecarUnavailable
from promptops_server.embedded.children import Launch
from promptops_server.embedded.control import SupervisorSidecars
from promptops_server.embedded.control_server import ControlServer
from promptops_server.embedded.keeper import KeptChild
from promptops_server.embedded.processes import ChildrenRecord
from promptops_server.embedded.temporary import folder_for_a_test


@contextlib.asynccontextmanager
async def serving(*argv: str) -> AsyncGenerator[Path]:
    """The socket of a control server whose helper `adaptor` is this program."""

    async def answers() -> bool:
        return True

    with folder_for_a_test() as folder:
        child = KeptChild(
            Launch(name="adaptor", argv=argv, environment={}, log=folder / "adaptor.log"),
            label="Model adaptor",
            answers=answers,
            report=print,
            record=ChildrenRecord(folder / "children.json"),
        )
        server = ControlServer({"adaptor": (child, folder / "adaptor.sock")})
        async with server.listening(folder / "supervisor.sock"):
            yield folder / "supervisor.sock"
        await child.stop(asyncio.Event())


async def test_helper_is_started_once_for_all_who_ask() -> None:
    async with serving("/bin/sleep", "60") as socket:
        assert socket.stat().st_mode & 0o777 == 0o600
        clients = [SupervisorSidecars(socket) for _ in range(3)]
        addresses = await asyncio.gather(*(c.ensure("adaptor") for c in clients for _ in range(2)))
        assert set(addresses) == {SidecarAddress(f"unix:{socket.parent}/adaptor.sock")}
        assert len(json.loads((socket.parent / "children.json").read_text())) == 1


async def test_helper_that_does_not_start_is_unavailable_with_the_sentence() -> None:
    async with serving("/no/such/program") as socket:
        with pytest.raises(SidecarUnavailable, match="Model adaptor does not start"):
            await SupervisorSidecars(socket).ensure("adaptor")


async def test_supervisor_away_is_unavailable_and_asked_again_next_time() -> None:
    async with serving("/bin/sleep", "60") as socket:
        sidecars = SupervisorSidecars(socket.with_name("elsewhere.sock"))
        with pytest.raises(SidecarUnavailable, match="did not start the adaptor"):
            await sidecars.ensure("adaptor")
        socket.rename(socket.with_name("elsewhere.sock"))
        assert (await sidecars.ensure("adaptor")).url.endswith("/adaptor.sock")
        socket.with_name("elsewhere.sock").unlink()


async def test_known_address_is_kept_until_it_is_forgotten() -> None:
    async with serving("/bin/sleep", "60") as socket:
        sidecars = SupervisorSidecars(socket)
        address = await sidecars.ensure("adaptor")
        socket.unlink()
        assert await sidecars.ensure("adaptor") is address
        sidecars.forget("adaptor")
        with pytest.raises(SidecarUnavailable):
            await sidecars.ensure("adaptor")


async def test_unknown_requests_get_a_sentence_and_the_conversation_goes_on() -> None:
    async with serving("/bin/sleep", "60") as socket:
        reader, writer = await asyncio.open_unix_connection(socket)
        for line in (b"{", b"[]", b'{"ensure": "anything"}', b'{"ensure": ["adaptor"]}'):
            writer.write(line + b"\n")
            assert "error" in json.loads(await reader.readline())
        writer.write(b'{"ensure": "adaptor"}\n')
        assert "url" in json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
