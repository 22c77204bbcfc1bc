"""Where the calls of a kind with fields of its own go: to the host that follows from them."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from fixtures.adaptor_process import AdaptorProcess, JsonObject
from fixtures.google_keys import key_file, private_key
from fixtures.scripted_provider import ScriptedProvider
from fixtures.scripted_wires import HELLO
from promptops_server.adaptor import LITELLM_ENVIRONMENT
from promptops_server.core.addresses import AddressPolicy
from promptops_server.core.http import OutboundClient
from promptops_server.providers.service_account import read_service_account
from promptops_server.providers.translation.envelope import Envelope, read_envelope
from promptops_server.providers.translation.failures import CallFailed
from promptops_server.providers.translation.lane import WireLane
from promptops_server.providers.translation.vertex import VertexLane, VertexWire

AZURE: JsonObject = {
    "provider": "azure",
    "base_url": "https://mine.openai.azure.com",
    "credentials": {"api_key": "azure-key-0123456789", "api_version": "2024-10-21"},
}
BEDROCK: JsonObject = {
    "provider": "bedrock",
    "base_url": None,
    "credentials": {
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_region_name": "eu-central-1",
    },
}
VERTEX: JsonObject = {
    "provider": "vertex_ai",
    "base_url": None,
    "credentials": {
        "vertex_project": "my-project",
        "vertex_location": "europe-west4",
        "vertex_credentials": key_file(),
    },
}
MESSAGES = [{"role": "user", "content": "Hello"}]


def asking(head: JsonObject, model: str, **fields: object) -> JsonObject:
    return {**head, "request": {"model": model, "messages": MESSAGES, **fields}}


@asynccontextmanager
async def proxy() -> AsyncGenerator[tuple[str, list[str]]]:
    """An HTTP proxy that notes where it is asked to connect to, and connects nowhere."""
    asked: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().split(" HTTP/")[0].strip())
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def test_litellm_calls_the_host_that_the_fields_imply_and_no_other(tmp_path: Path) -> None:
    async with proxy() as (url, asked):
        environment = {"HTTPS_PROXY": url, "HTTP_PROXY": url, "NO_PROXY": ""}
        arguments = ("--socket", str(tmp_path / "a.sock"))
        with AdaptorProcess(*arguments, environment=environment) as process:
            await process.ready()
            asked.clear()
            hostile = {"api_base": "https://evil.test", "aws_region_name": "us-evil-1"}
            for head, model, host in (
                (AZURE, "gpt-4o", "mine.openai.azure.com"),
                (
                    BEDROCK,
                    "anthropic.claude-3-haiku-20240307-v1:0",
                    "bedrock-runtime.eu-central-1.amazonaws.com",
                ),
            ):
                answered = await process.call(asking(head, model, **hostile))
                assert answered.status >= 500
                assert asked == [f"CONNECT {host}:443"]
                asked.clear()
            for model in ("us-east-1/anthropic.claude-v2", "arn:aws:bedrock:us-east-1:1:x/y"):
                answered = await process.call(asking(BEDROCK, model))
                assert (answered.status, asked) == (400, [])
        assert b"AKIAIOSFODNN7EXAMPLE" not in process.output
        assert b"azure-key" not in process.output


@pytest.mark.parametrize(
    ("head", "field", "value"),
    [
        (BEDROCK, "aws_region_name", "x.evil.test/"),
        (BEDROCK, "aws_bedrock_runtime_endpoint", "https://evil.test"),
        (VERTEX, "vertex_location", "evil.test/"),
        (VERTEX, "vertex_credentials", key_file(token_uri="https://evil.test")),
        (AZURE, "azure_ad_token", "x"),
    ],
)
async def test_the_adaptor_checks_the_fields_once_more(
    head: JsonObject, field: str, value: str
) -> None:
    credentials = {**cast("JsonObject", head["credentials"]), field: value}
    body = json.dumps(asking({**head, "credentials": credentials}, "m")).encode()
    with pytest.raises(CallFailed) as refused:
        read_envelope(body)
    assert refused.value.status == 400


def test_a_claim_is_signed_as_google_asks() -> None:
    claim = read_service_account(key_file()).assertion(1_700_000_000)
    head, claims, signature = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in claim.split(".")
    )
    signed = claim.rpartition(".")[0].encode()
    private_key().public_key().verify(signature, signed, PKCS1v15(), SHA256())
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(claims) == {
        "iss": "runner@my-project.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": 1_700_000_000,
        "exp": 1_700_003_600,
    }


def _called(body: bytes) -> str:
    return VertexWire().url("", read_envelope(body))


def test_vertex_is_called_where_the_project_and_the_location_are() -> None:
    assert _called(json.dumps(asking(VERTEX, "gemini-2.5-flash")).encode()) == (
        "https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project"
        "/locations/europe-west4/publishers/google/models/gemini-2.5-flash:generateContent"
    )
    for model in ("a/b", "../x", "x?y"):
        body = json.dumps(asking(VERTEX, model)).encode()
        with pytest.raises(CallFailed):
            _called(body)


@asynccontextmanager
async def sign_in(status: int, body: bytes) -> AsyncGenerator[tuple[int, list[JsonObject]]]:
    """Google's token endpoint: answers every request alike, and keeps what was sent."""
    sent: list[JsonObject] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        [size] = [
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ]
        sent.append(json.loads(await reader.readexactly(size)))
        start = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(start.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], sent


class _AtScripted(VertexWire):
    """Vertex's protocol at the scripted provider: the true host is Google's alone."""

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self, base_url: str, envelope: Envelope) -> str:
        true = super().url(base_url, envelope)
        return true.replace("https://europe-west4-aiplatform.googleapis.com", self._url)


@asynccontextmanager
async def vertex_lane(scripted: ScriptedProvider, token_port: int) -> AsyncGenerator[VertexLane]:
    os.environ.update(LITELLM_ENVIRONMENT)
    from promptops_server.providers.translation.litellm_bridge import VertexTranslator

    hosts = frozenset({("127.0.0.1", scripted.port), ("127.0.0.1", token_port)})
    client = OutboundClient(AddressPolicy(private_hosts=hosts))
    inner = WireLane(client, _AtScripted(scripted.url), VertexTranslator())
    yield VertexLane(client, inner, token_url=f"http://127.0.0.1:{token_port}/token")
    await client.close()


async def test_vertex_signs_in_and_answers_as_gemini_does(scripted: ScriptedProvider) -> None:
    token = json.dumps({"access_token": "ya29.token", "expires_in": 3599}).encode()
    envelope = read_envelope(json.dumps(asking(VERTEX, "ok")).encode())
    scripted.clear()
    async with (
        sign_in(200, token) as (port, sent),
        vertex_lane(scripted, port) as lane,
    ):
        answer = await lane.answer(envelope)
    assert answer.body is not None
    assert json.loads(answer.body)["choices"][0]["message"]["content"] == HELLO
    [call] = scripted.calls
    assert call.headers["authorization"] == "Bearer ya29.token"
    assert "x-goog-api-key" not in call.headers
    assert sent[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":"invalid_grant"}', "auth"),
        (503, b"", "overloaded"),
        (200, b"{}", "server_error"),
        (200, b'{"access_token":"a\\r\\nb"}', "server_error"),
        (200, b"<html>", "server_error"),
    ],
)
async def test_a_failed_sign_in_is_told_and_nothing_is_called(
    scripted: ScriptedProvider, status: int, body: bytes, kind: str
) -> None:
    envelope = read_envelope(json.dumps(asking(VERTEX, "ok")).encode())
    scripted.clear()
    async with sign_in(status, body) as (port, _), vertex_lane(scripted, port) as lane:
        with pytest.raises(CallFailed) as failed:
            await lane.answer(envelope)
    assert failed.value.kind == kind
    assert scripted.calls == []
