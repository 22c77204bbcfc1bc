"""Commands of many callers over one connection to Valkey: each gets its own answer, or an error."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as NotInTime

from promptops_server.core.valkey import VALKEY_AWAY, CommandBatches, open_valkey
from promptops_server.embedded.valkey import temporary_valkey


@pytest.fixture(scope="module")
async def url() -> AsyncGenerator[str]:
    async with temporary_valkey() as url:
        yield url


@asynccontextmanager
async def _batches(url: str) -> AsyncGenerator[tuple[CommandBatches, Redis]]:
    client = open_valkey(url)
    batches = CommandBatches(client)
    try:
        yield batches, client
    finally:
        await batches.close()
        await client.aclose()


async def test_each_of_many_callers_gets_its_own_answer_or_error(url: str) -> None:
    async with _batches(url) as (batches, _):
        calls = [batches.send("ECHO", str(number)) for number in range(300)]
        calls += [batches.send("NO-SUCH-COMMAND"), batches.send("EVALSHA", "0" * 40, 0)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
    assert answers[:300] == [str(number).encode() for number in range(300)]
    assert type(answers[300]) is ResponseError
    assert type(answers[301]) is NoScriptError


async def test_the_answer_to_a_caller_that_left_is_given_to_nobody(url: str) -> None:
    async with _batches(url) as (batches, _):
        await batches.send("PING")
        leaving = asyncio.create_task(batches.send("ECHO", "first"))
        # One turn to send the command: its answer cannot have been read by then.
        await asyncio.sleep(0)
        leaving.cancel()
        assert await batches.send("ECHO", "second") == b"second"
        with pytest.raises(asyncio.CancelledError):
            await leaving


async def test_what_is_posted_arrives_before_the_end(url: str) -> None:
    async with _batches(url) as (batches, _):
        batches.post_soon("SET", "posted", "soon")
        batches.post("APPEND", "posted", " and now")
    async with _batches(url) as (batches, _):
        assert await batches.send("GET", "posted") == b"soon and now"


async def test_after_the_connection_broke_the_next_command_opens_another(url: str) -> None:
    async with _batches(url) as (batches, client):
        number = await batches.send("CLIENT", "ID")
        # redis-py leaves what a command answers untyped.
        await client.execute_command("CLIENT", "KILL", "ID", number)  # pyright: ignore[reportUnknownMemberType]
        try:
            again = await batches.send("CLIENT", "ID")
        except VALKEY_AWAY:
            # It was sent before the end of the connection was seen.
            again = await batches.send("CLIENT", "ID")
    assert again != number


async def test_a_server_that_falls_silent_is_given_up(url: str) -> None:
    async with _batches(url) as (batches, _):
        waiting = asyncio.create_task(batches.send("BLPOP", "nothing-comes", 0))
        behind = asyncio.create_task(batches.send("ECHO", "behind"))
        with pytest.raises(NotInTime):
            await waiting
        with pytest.raises(NotInTime):
            await behind
        assert await batches.send("ECHO", "new") == b"new"


async def test_where_nobody_listens_every_command_fails() -> None:
    async with _batches("unix:///nonexistent/valkey.sock") as (batches, _):
        calls = (batches.send("PING"), batches.send("PING"))
        answers = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(answer, VALKEY_AWAY) for answer in answers)
