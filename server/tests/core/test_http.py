import aiohttp
import aiohttp.web
import pytest

from fixtures.scripted_provider import ScriptedProvider
from promptops_server.core.addresses import AddressPolicy, AddressRefused
from promptops_server.core.http import OutboundClient

_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "2130706433",
    "0x7f000001",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "0.0.0.0",
    "0",
]


@pytest.mark.parametrize("host", _SPELLINGS)
async def test_no_spelling_of_loopback_is_connected_to(host: str) -> None:
    with ScriptedProvider() as provider:
        port = provider.url.rpartition(":")[2]
        client = OutboundClient(AddressPolicy())
        try:
            with pytest.raises((AddressRefused, aiohttp.ClientError)):
                await client.send("POST", f"http://{host}:{port}/v1", headers={}, body=b"{}")
        finally:
            await client.close()
        assert provider.calls == []


async def test_a_redirect_is_not_followed() -> None:
    visited: list[str] = []

    async def redirect(request: aiohttp.web.Request) -> aiohttp.web.Response:
        visited.append(request.path)
        return aiohttp.web.Response(status=302, headers={"Location": "/elsewhere"})

    app = aiohttp.web.Application()
    app.router.add_route("*", "/{tail:.*}", redirect)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    client = OutboundClient(AddressPolicy(private_hosts=frozenset({("127.0.0.1", port)})))
    try:
        response = await client.send("POST", f"http://127.0.0.1:{port}/a", headers={}, body=b"")
        assert response.status == 302
        response.close()
    finally:
        await client.close()
        await runner.cleanup()
    assert visited == ["/a"]
