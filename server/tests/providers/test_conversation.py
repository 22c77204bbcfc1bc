"""Conversations with tools, images and schemas through the port to models, in both lanes."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import cast
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio

from fixtures.adaptor_process import CANARY_KEY, CANARY_PROMPT, AdaptorProcess, JsonObject
from fixtures.scripted_provider import ScriptedProvider
from promptops_server.core.addresses import AddressPolicy
from promptops_server.core.http import OutboundClient
from promptops_server.core.secrets import MasterKey
from promptops_server.core.sidecars import SidecarAddress, SidecarName
from promptops_server.providers.client import ModelClient, Timeouts
from promptops_server.providers.errors import RequestUnsupported
from promptops_server.providers.types import (
    ModelTarget,
    ProviderKind,
    ProviderTarget,
    SealedCredential,
)

STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
WEATHER: JsonObject = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
GRADE: JsonObject = {
    "type": "json_schema",
    "json_schema": {
        "name": "grade",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"score": {"type": "integer"}},
            "required": ["score"],
            "additionalProperties": False,
        },
    },
}


class _RunningAdaptor:
    """The adaptor of the tests, as a process that is there already."""

    def __init__(self, process: AdaptorProcess) -> None:
        self._process = process

    async def ensure(self, name: SidecarName) -> SidecarAddress:
        assert name == "adaptor"
        return SidecarAddress(f"unix:{self._process.arguments[1]}")

    def forget(self, name: SidecarName) -> None:
        raise AssertionError(name)


@dataclass(frozen=True)
class Port:
    """The port to models, and the targets that a test calls."""

    client: ModelClient
    target: Callable[[ProviderKind, str], ModelTarget]

    async def say(self, kind: ProviderKind, model: str, body: JsonObject) -> JsonObject:
        """The assistant's message and the finish reason of one call, its pieces put together."""
        call = await self.client.start_call(self.target(kind, model), body)
        text, reason = "", None
        calls: dict[int, JsonObject] = {}
        try:
            async with aclosing(call.deltas()) as deltas:
                async for delta in deltas:
                    text += delta.text
                    reason = delta.finish_reason or reason
                    for at, piece in enumerate(cast("list[JsonObject]", delta.tool_calls or [])):
                        _join(calls, cast("int", piece.get("index", at)), piece)
        finally:
            await call.close()
        message: JsonObject = {"role": "assistant", "content": text or None}
        if calls:
            message["tool_calls"] = [calls[index] for index in sorted(calls)]
        return {"message": message, "finish_reason": reason}


def _join(calls: dict[int, JsonObject], index: int, piece: JsonObject) -> None:
    function = cast("JsonObject", piece["function"])
    if index not in calls:
        joined = {"name": function["name"], "arguments": function.get("arguments", "")}
        calls[index] = {"id": piece["id"], "type": "function", "function": joined}
    else:
        held = cast("JsonObject", calls[index]["function"])
        held["arguments"] = f"{held['arguments']}{function.get('arguments', '')}"


@pytest_asyncio.fixture
async def port(adaptor: AdaptorProcess, scripted: ScriptedProvider) -> AsyncGenerator[Port]:
    master_key = MasterKey(secrets.token_bytes(32))
    policy = AddressPolicy(private_hosts=frozenset({("127.0.0.1", scripted.port)}))
    client = ModelClient(
        outbound=OutboundClient(policy),
        sidecars=_RunningAdaptor(adaptor),
        master_key=master_key,
        timeouts=Timeouts(connect_s=3, first_token_s=20, idle_s=20, deadline_s=30),
        local_model_url=None,
    )
    sealed = SealedCredential(master_key.seal(orjson.dumps({"api_key": CANARY_KEY}), "it"), "it")

    def target(kind: ProviderKind, model: str) -> ModelTarget:
        base_url = f"{scripted.url}/v1" if kind is ProviderKind.OPENAI_COMPATIBLE else scripted.url
        if kind is ProviderKind.DEEPSEEK:
            base_url = None
        return ModelTarget(ProviderTarget(uuid4(), "them", kind, base_url, sealed), model, None)

    yield Port(client, target)
    await client.close()


def anthropic_frames(events: list[JsonObject]) -> list[bytes]:
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


def anthropic_answer(
    block: JsonObject, deltas: list[JsonObject], stop: str, *, stream: bool
) -> list[bytes]:
    """A message of one content block, as https://docs.anthropic.com/en/api/messages shows it."""
    head: JsonObject = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "stop_sequence": None,
    }
    usage = {"input_tokens": 20, "output_tokens": 9}
    if not stream:
        return [orjson.dumps({**head, "content": [block], "stop_reason": stop, "usage": usage})]
    start: JsonObject = {"text": ""} if block["type"] == "text" else {"input": {}}
    message: JsonObject = {**head, "content": [], "stop_reason": None, "usage": usage}
    events: list[JsonObject] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {**block, **start}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return anthropic_frames(events)


def anthropic_turns(*, stream: bool) -> tuple[list[bytes], list[bytes]]:
    use = {"type": "tool_use", "id": "toolu_7", "name": "get_weather", "input": {"city": "Rome"}}
    halves = ('{"city": "R', 'ome"}')
    pieces: list[JsonObject] = [
        {"type": "input_json_delta", "partial_json": half} for half in halves
    ]
    said = [{"type": "text_delta", "text": "Sunny"}, {"type": "text_delta", "text": " in Rome."}]
    return (
        anthropic_answer(cast("JsonObject", use), pieces, "tool_use", stream=stream),
        anthropic_answer(
            {"type": "text", "text": "Sunny in Rome."},
            cast("list[JsonObject]", said),
            "end_turn",
            stream=stream,
        ),
    )


def gemini_answer(parts: list[JsonObject], *, stream: bool) -> list[bytes]:
    """Candidates as https://ai.google.dev/api/generate-content shows them; a stream is an array."""

    def document(shown: list[JsonObject], reason: str | None) -> JsonObject:
        candidate: JsonObject = {"content": {"parts": shown, "role": "model"}, "index": 0}
        if reason:
            candidate["finishReason"] = reason
        counts = {"promptTokenCount": 20, "candidatesTokenCount": 9, "totalTokenCount": 29}
        return {"candidates": [candidate], "usageMetadata": counts, "modelVersion": "gemini"}

    if not stream:
        return [orjson.dumps(document(parts, "STOP"))]
    documents = [document([part], None) for part in parts] + [document([{"text": ""}], "STOP")]
    frames = [(b"[" if not at else b",\r\n") + orjson.dumps(d) for at, d in enumerate(documents)]
    return [*frames, b"]"]


def gemini_turns(*, stream: bool) -> tuple[list[bytes], list[bytes]]:
    call: JsonObject = {"functionCall": {"name": "get_weather", "args": {"city": "Rome"}}}
    # What the model thought before the call; it wants to see it again with the result.
    call["thoughtSignature"] = "c2lnbmF0dXJl"
    said: list[JsonObject] = [{"text": "Sunny"}, {"text": " in Rome."}]
    return gemini_answer([call], stream=stream), gemini_answer(said, stream=stream)


def anthropic_sent(body: JsonObject) -> object:
    """The last two messages as they reached Anthropic."""
    return cast("list[object]", body["messages"])[-2:]


def gemini_sent(body: JsonObject) -> object:
    """The last two messages as they reached Gemini, LiteLLM's random id of the call replaced."""
    shown = json.dumps(cast("list[object]", body["contents"])[-2:])
    assert len(set(re.findall(r"call_[0-9a-f]{28}", shown))) == 1
    return json.loads(re.sub(r"call_[0-9a-f]{28}", "call_7", shown))


@dataclass(frozen=True)
class Wire:
    kind: ProviderKind
    model: str
    turns: Callable[..., tuple[list[bytes], list[bytes]]]
    sent: Callable[[JsonObject], object]
    expected: list[JsonObject]
    sse: bool


WIRES = [
    Wire(
        ProviderKind.ANTHROPIC,
        "claude-sonnet-4-5-20250929",
        anthropic_turns,
        anthropic_sent,
        [
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "tool_use",
                        "id": "toolu_7",
                        "name": "get_weather",
                        "input": {"city": "Rome"},
                    }
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_7",
                        "content": '{"degrees": 30}',
                    }
                ],
            },
        ],
        sse=True,
    ),
    Wire(
        ProviderKind.GEMINI,
        "gemini-3-pro-preview",
        gemini_turns,
        gemini_sent,
        [
            {
                "role": "model",
                "parts": [
                    {
                        "function_call": {
                            "name": "get_weather",
                            "args": {"city": "Rome"},
                            "id": "call_7",
                        },
                        "thoughtSignature": "c2lnbmF0dXJl",
                    }
                ],
            },
            {
                "role": "user",
                "parts": [
                    {
                        "function_response": {
                            "name": "get_weather",
                            "response": {"degrees": 30},
                            "id": "call_7",
                        }
                    }
                ],
            },
        ],
        sse=False,
    ),
]


@STREAMED
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.kind.value)
async def test_a_tool_is_called_and_its_result_is_told_in_the_providers_own_format(
    port: Port, scripted: ScriptedProvider, wire: Wire, stream: bool
) -> None:
    content_type = "text/event-stream" if stream and wire.sse else "application/json"
    first, second = wire.turns(stream=stream)
    scripted.clear()
    scripted.play(wire.model, first, content_type=content_type)
    messages: list[JsonObject] = [{"role": "user", "content": "How is it in Rome?"}]
    body: JsonObject = {"messages": messages, "tools": [WEATHER], "tool_choice": "auto"}
    asked = await port.say(wire.kind, wire.model, {**body, "stream": stream})
    assert asked["finish_reason"] == "tool_calls"
    message = cast("JsonObject", asked["message"])
    [call] = cast("list[JsonObject]", message["tool_calls"])
    function = cast("JsonObject", call["function"])
    assert function["name"] == "get_weather"
    assert json.loads(str(function["arguments"])) == {"city": "Rome"}

    scripted.play(wire.model, second, content_type=content_type)
    result = {"role": "tool", "tool_call_id": call["id"], "content": '{"degrees": 30}'}
    followed = {**body, "messages": [*messages, message, result], "stream": stream}
    told = await port.say(wire.kind, wire.model, followed)
    assert told == {
        "message": {"role": "assistant", "content": "Sunny in Rome."},
        "finish_reason": "stop",
    }
    assert wire.sent(scripted.calls[-1].body) == wire.expected
    assert len(scripted.calls) == 2


@STREAMED
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.kind.value)
async def test_a_schema_reaches_the_provider_and_its_json_comes_back(
    port: Port, scripted: ScriptedProvider, wire: Wire, stream: bool
) -> None:
    text = '{"score": 5}'
    if wire.kind is ProviderKind.ANTHROPIC:
        block: JsonObject = {"type": "text", "text": text}
        delta: JsonObject = {"type": "text_delta", "text": text}
        frames = anthropic_answer(block, [delta], "end_turn", stream=stream)
    else:
        frames = gemini_answer([{"text": text}], stream=stream)
    content_type = "text/event-stream" if stream and wire.sse else "application/json"
    scripted.play(wire.model, frames, content_type=content_type)
    messages = [{"role": "user", "content": "Grade it."}]
    body = {"messages": messages, "response_format": GRADE, "stream": stream}
    told = await port.say(wire.kind, wire.model, cast("JsonObject", body))
    assert json.loads(str(cast("JsonObject", told["message"])["content"])) == {"score": 5}
    sent = scripted.calls[-1].raw
    assert b'"score"' in sent
    assert (b'"output_format"' in sent or b'"output_config"' in sent) is wire.sse
    assert (b'"response_json_schema"' in sent or b'"responseJsonSchema"' in sent) is not wire.sse


@STREAMED
async def test_the_direct_lane_changes_nothing(
    port: Port, scripted: ScriptedProvider, stream: bool
) -> None:
    images = [{"type": "image_url", "image_url": {"url": url}} for url in (PIXEL, "https://a.test")]
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Look"}, *images]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "30"},
    ]
    choice = {"type": "function", "function": {"name": "get_weather"}}
    body: JsonObject = {
        "messages": messages,
        "tools": [WEATHER],
        "tool_choice": choice,
        "response_format": GRADE,
        "stream": stream,
    }
    told = await port.say(ProviderKind.OPENAI_COMPATIBLE, "tool", body)
    assert scripted.calls[-1].body == {**body, "model": "tool"}
    assert told["finish_reason"] == "tool_calls"


@asynccontextmanager
async def canary() -> AsyncGenerator[tuple[int, list[object]]]:
    """A port where images would be fetched from, and the connections that it has seen."""
    seen: list[object] = []

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername"))
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], seen


def image_message(url: str, **fields: object) -> list[JsonObject]:
    part = {"type": "image_url", "image_url": {"url": url, **fields}}
    return [{"role": "user", "content": [{"type": "text", "text": CANARY_PROMPT}, part]}]


async def test_anthropic_is_told_an_images_address_and_nobody_here_fetches_it(
    port: Port, scripted: ScriptedProvider
) -> None:
    async with canary() as (number, seen):
        url = f"https://127.0.0.1:{number}/cat.png"
        await port.say(ProviderKind.ANTHROPIC, "ok", {"messages": image_message(url)})
    assert seen == []
    [message] = cast("list[JsonObject]", scripted.calls[-1].body["messages"])
    content = cast("list[JsonObject]", message["content"])
    assert content[-1] == {"type": "image", "source": {"type": "url", "url": url}}


@pytest.mark.parametrize(
    "kind", [ProviderKind.ANTHROPIC, ProviderKind.GEMINI], ids=["anthropic", "gemini"]
)
async def test_an_image_as_data_reaches_the_provider(
    port: Port, scripted: ScriptedProvider, kind: ProviderKind
) -> None:
    await port.say(kind, "ok", {"messages": image_message(PIXEL)})
    assert PIXEL.partition(",")[2].encode() in scripted.calls[-1].raw
    assert b"image/png" in scripted.calls[-1].raw


_EVASIONS = [
    "{http}",
    "{http}.png",
    "data:image/png;base64,AAAA {http}",
    "gs://bucket/cat.png {http}",
    "HTTP://127.0.0.1/cat",
    " {http}",
    "base64{http}",
    "a" * 5000 + "{http}",
]


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        (ProviderKind.ANTHROPIC, "http"),
        (ProviderKind.GEMINI, "http"),
        (ProviderKind.GEMINI, "https"),
        (ProviderKind.DEEPSEEK, "https"),
    ],
)
@pytest.mark.parametrize("form", _EVASIONS, ids=range(len(_EVASIONS)))
async def test_an_image_that_would_have_to_be_fetched_is_refused_and_not_fetched(
    port: Port, scripted: ScriptedProvider, kind: ProviderKind, scheme: str, form: str
) -> None:
    scripted.clear()
    async with canary() as (number, seen):
        url = form.replace("{http}", f"{scheme}://127.0.0.1:{number}/cat")
        with pytest.raises(RequestUnsupported) as refused:
            await port.say(kind, "ok", {"messages": image_message(url)})
    assert "data: URL" in refused.value.detail
    assert CANARY_PROMPT not in refused.value.detail
    assert seen == []
    assert scripted.calls == []


async def test_a_file_by_its_address_is_refused_as_well(port: Port) -> None:
    async with canary() as (number, seen):
        file = {"file_data": "b" * 5000 + f"http://127.0.0.1:{number}/a.pdf"}
        message = {"role": "user", "content": [{"type": "file", "file": file}]}
        with pytest.raises(RequestUnsupported):
            await port.say(ProviderKind.GEMINI, "ok", {"messages": [message]})
    assert seen == []


@STREAMED
@pytest.mark.parametrize("script", ["500", "503", "429"])
async def test_litellm_tries_once(
    adaptor: AdaptorProcess,
    scripted: ScriptedProvider,
    ask: Callable[..., JsonObject],
    stream: bool,
    script: str,
) -> None:
    scripted.clear()
    answered = await adaptor.call(ask("deepseek", script, stream=stream))
    assert answered.status == int(script)
    assert len(scripted.calls) == 1
