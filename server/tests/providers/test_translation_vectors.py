"""Plays the recorded exchanges of tests/vectors/provider_exchanges through the adaptor."""

import json
import re
from pathlib import Path
from typing import cast

import orjson
import pytest

from fixtures.adaptor_process import AdaptorProcess, JsonObject
from fixtures.scripted_provider import ScriptedProvider

VECTORS = Path(__file__).parents[3] / "tests" / "vectors" / "provider_exchanges"
NAMES = sorted(path.stem for path in VECTORS.glob("*.json"))
KEY = "sk-test"


def read_vector(name: str) -> JsonObject:
    return cast("JsonObject", json.loads((VECTORS / f"{name}.json").read_text()))


def fixed(value: object) -> object:
    """The value with the ids that LiteLLM draws at random replaced."""
    return json.loads(re.sub(r"call_[0-9a-f]{28}", "call_<random>", json.dumps(value)))


def member(holder: JsonObject, *names: str) -> JsonObject:
    for name in names:
        holder = cast("JsonObject", holder[name])
    return holder


def play(scripted: ScriptedProvider, vector: JsonObject, *, stream: bool, sse: bool) -> JsonObject:
    """Makes the provider answer as recorded; the envelope to send."""
    request = member(vector, "request")
    answer = member(vector, "answer")
    frames = [orjson.dumps(answer["whole"])]
    if stream:
        frames = [frame.encode() for frame in cast("list[str]", answer["stream"])]
    content_type = "text/event-stream" if stream and sse else "application/json"
    scripted.play(str(request["model"]), frames, content_type=content_type)
    scripted.clear()
    return {
        "provider": vector["provider"],
        "base_url": scripted.url,
        "credentials": {"api_key": KEY},
        "request": {**request, "stream": stream},
    }


def check_upstream(scripted: ScriptedProvider, vector: JsonObject, form: str) -> None:
    [call] = scripted.calls
    wanted = member(vector, "upstream", form)
    assert json.loads(call.raw) == wanted["body"]
    assert call.raw == orjson.dumps(wanted["body"])
    assert call.path == wanted["path"]
    headers = member(vector, "upstream", "headers")
    assert {name: call.headers[name] for name in headers} == headers
    told = {"host", "accept", "accept-encoding", "user-agent", "content-length"}
    assert set(call.headers) - told == set(headers)


@pytest.mark.parametrize("name", NAMES)
async def test_whole_exchange_is_as_recorded(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, name: str
) -> None:
    vector = read_vector(name)
    answered = await adaptor.call(play(scripted, vector, stream=False, sse=False))
    check_upstream(scripted, vector, "whole")
    assert answered.status == 200
    shown = {part: answered.body.get(part) for part in ("model", "choices", "usage")}
    assert fixed(shown) == member(vector, "expected", "whole")
    assert "X-PromptOps-Dropped-Params" not in answered.headers


@pytest.mark.parametrize("name", NAMES)
async def test_streamed_exchange_is_as_recorded(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, name: str
) -> None:
    vector = read_vector(name)
    sse = vector["provider"] == "anthropic"
    answered = await adaptor.call(play(scripted, vector, stream=True, sse=sse))
    check_upstream(scripted, vector, "stream")
    assert answered.done
    choices = [event["choices"] for event in answered.events if event["choices"]]
    wanted = member(vector, "expected", "stream")
    assert [[choice] for choice in cast("list[object]", wanted["choices"])] == fixed(choices)
    assert answered.usage == wanted["usage"]


@pytest.mark.parametrize("name", NAMES)
async def test_stream_says_the_same_as_the_whole_answer(name: str) -> None:
    expected = member(read_vector(name), "expected")
    [whole] = cast("list[JsonObject]", member(expected, "whole")["choices"])
    pieces = cast("list[JsonObject]", member(expected, "stream")["choices"])
    text = "".join(str(member(piece, "delta").get("content") or "") for piece in pieces)
    assert text == (member(whole, "message")["content"] or "")
    assert [piece["finish_reason"] for piece in pieces if piece["finish_reason"]] == [
        whole["finish_reason"]
    ]
    assert member(expected, "stream")["usage"] == member(expected, "whole")["usage"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("gemini")])
async def test_gemini_may_stream_events_as_well(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, name: str
) -> None:
    vector = read_vector(name)
    envelope = play(scripted, vector, stream=True, sse=True)
    documents = cast("list[object]", json.loads("".join(vector_frames(vector))))
    frames = [b"data: " + orjson.dumps(document) + b"\r\n\r\n" for document in documents]
    scripted.play(str(member(vector, "request")["model"]), frames)
    answered = await adaptor.call(envelope)
    assert answered.done
    assert answered.usage == member(vector, "expected", "stream")["usage"]


def vector_frames(vector: JsonObject) -> list[str]:
    return cast("list[str]", member(vector, "answer")["stream"])


async def test_same_key_opens_the_same_conversation_in_both_formats() -> None:
    requests = [
        member(read_vector(f"{name}_conversation"), "request") for name in ("anthropic", "gemini")
    ]
    for request in requests:
        request.pop("model")
    assert requests[0] == requests[1]
