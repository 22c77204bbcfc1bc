import asyncio
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import aiohttp
import pytest
import pytest_asyncio

from fixtures.adaptor_process import CANARY_KEY, CANARY_PROMPT, AdaptorProcess, Asks, JsonObject
from fixtures.scripted_provider import ScriptedProvider
from fixtures.scripted_wires import HELLO, MULTIBYTE

BOTH = pytest.mark.parametrize("provider", ["anthropic", "gemini"])
ALL = pytest.mark.parametrize("provider", ["anthropic", "gemini", "deepseek"])
STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])

TOKEN = "token-for-this-start"


def usage_of(prompt: int, completion: int, cached: int = 0, reasoning: int = 0) -> object:
    usage: JsonObject = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if cached:
        usage["prompt_tokens_details"] = {"cached_tokens": cached}
    if reasoning:
        usage["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return usage


@pytest_asyncio.fixture(scope="module")
async def on_port() -> AsyncGenerator[AdaptorProcess]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {
        "PROMPTOPS_ADAPTOR_TOKEN": TOKEN,
        "PROMPTOPS_PRIVATE_MODEL_HOSTS": f"127.0.0.1:{port}",
    }
    arguments = ("--host", "127.0.0.1", "--port", port)
    with AdaptorProcess(*arguments, environment=environment) as process:
        await process.ready()
        yield process


def test_adaptor_module_alone_imports_no_litellm() -> None:
    code = "import sys, promptops_server.adaptor; assert 'litellm' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_socket_is_for_its_owner_only(adaptor: AdaptorProcess) -> None:
    assert stat.S_IMODE(Path(adaptor.arguments[1]).stat().st_mode) == 0o600


@STREAMED
@ALL
async def test_answer_has_the_shape_of_openai(
    adaptor: AdaptorProcess, ask: Asks, provider: str, stream: bool
) -> None:
    answered = await adaptor.call(ask(provider, "cached:1+reasoning:2", stream=stream))
    assert answered.status == 200
    assert answered.text == HELLO
    assert answered.finish_reason == "stop"
    assert answered.usage == usage_of(2, 5, cached=1, reasoning=2)
    assert answered.done is stream
    head = answered.events[0] if stream else answered.body
    assert head["object"] == ("chat.completion.chunk" if stream else "chat.completion")
    assert {event["id"] for event in answered.events} <= {head["id"]}


@BOTH
async def test_stream_ends_with_usage_alone_then_done(
    adaptor: AdaptorProcess, ask: Asks, provider: str
) -> None:
    answered = await adaptor.call(ask(provider, "ok", stream=True))
    assert answered.events[-1]["choices"] == []
    assert all("usage" not in event for event in answered.events[:-1])


@STREAMED
@ALL
async def test_usage_that_was_not_told_is_absent(
    adaptor: AdaptorProcess, ask: Asks, provider: str, stream: bool
) -> None:
    answered = await adaptor.call(ask(provider, "nousage", stream=stream))
    assert answered.text == HELLO
    assert answered.usage is None


@STREAMED
@BOTH
@pytest.mark.parametrize(("script", "reason"), [("length", "length"), ("filter", "content_filter")])
async def test_finish_reason_is_openais(
    adaptor: AdaptorProcess, ask: Asks, provider: str, stream: bool, script: str, reason: str
) -> None:
    answered = await adaptor.call(ask(provider, script, stream=stream))
    assert answered.finish_reason == reason


@BOTH
async def test_bytes_that_come_one_by_one_make_the_same_text(
    adaptor: AdaptorProcess, ask: Asks, provider: str
) -> None:
    answered = await adaptor.call(ask(provider, "split1", stream=True))
    assert answered.text == MULTIBYTE
    assert answered.done


@BOTH
async def test_each_token_is_written_when_it_comes(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks, provider: str
) -> None:
    scripted.shut()
    async with adaptor.open(ask(provider, "chunks:9+gate:3", stream=True)) as response:
        text = b""
        while b"w2" not in text:
            text += await asyncio.wait_for(response.content.readany(), 5)
        assert b"w3" not in text
        scripted.release()
        assert (await response.read()).endswith(b"data: [DONE]\n\n")


@STREAMED
@ALL
@pytest.mark.parametrize(
    ("script", "status", "kind", "retry_after_s"),
    [
        ("429:2", 429, "rate_limited", 2),
        ("401", 401, "auth", None),
        ("403", 403, "auth", None),
        ("400", 400, "invalid_request", None),
        ("404", 404, "invalid_request", None),
        ("toolong", 400, "context_too_long", None),
        ("500", 500, "server_error", None),
        ("503", 503, "overloaded", None),
    ],
)
async def test_upstream_error_keeps_its_status_and_loses_its_words(
    adaptor: AdaptorProcess,
    ask: Asks,
    provider: str,
    stream: bool,
    script: str,
    status: int,
    kind: str,
    retry_after_s: int | None,
) -> None:
    answered = await adaptor.call(ask(provider, script, stream=stream))
    assert answered.status == status
    message = answered.error.pop("message")
    assert answered.error == {
        "type": "upstream_error",
        "upstream_status": status,
        "kind": kind,
        "retry_after_s": retry_after_s,
    }
    assert CANARY_PROMPT not in str(message)
    assert answered.headers.get("Retry-After") == (str(retry_after_s) if retry_after_s else None)


@BOTH
@pytest.mark.parametrize(
    ("script", "kind", "text"),
    [
        ("half:2", "connect", "Hello from"),
        ("reset:2", "connect", "Hello from"),
        ("error:2", "overloaded", "Hello from"),
        ("badutf8", "server_error", "Hello"),
    ],
)
async def test_failure_after_the_first_token_is_a_last_event(
    adaptor: AdaptorProcess, ask: Asks, provider: str, script: str, kind: str, text: str
) -> None:
    answered = await adaptor.call(ask(provider, script, stream=True))
    assert answered.status == 200
    assert answered.text == text
    assert answered.error["kind"] == kind
    assert not answered.done
    assert sum("error" in event for event in answered.events) == 1


@BOTH
@pytest.mark.parametrize(
    ("script", "status", "kind"),
    [
        ("half:0", 502, "connect"),
        ("reset:0", 502, "connect"),
        ("error:0", 529, "overloaded"),
        ("hugeline", 502, "server_error"),
    ],
)
async def test_failure_before_the_first_token_is_a_status(
    adaptor: AdaptorProcess, ask: Asks, provider: str, script: str, status: int, kind: str
) -> None:
    answered = await adaptor.call(ask(provider, script, stream=True))
    assert answered.status == (503 if provider == "gemini" and status == 529 else status)
    assert answered.error["kind"] == kind


@STREAMED
@pytest.mark.parametrize(
    ("provider", "header", "value"),
    [
        ("anthropic", "x-api-key", CANARY_KEY),
        ("gemini", "x-goog-api-key", CANARY_KEY),
        ("deepseek", "authorization", f"Bearer {CANARY_KEY}"),
    ],
)
async def test_key_is_in_its_header_and_nowhere_else(
    adaptor: AdaptorProcess,
    scripted: ScriptedProvider,
    ask: Asks,
    provider: str,
    stream: bool,
    header: str,
    value: str,
) -> None:
    scripted.clear()
    await adaptor.call(ask(provider, "ok", stream=stream))
    call = scripted.calls[-1]
    holders = {name for name, text in call.headers.items() if CANARY_KEY in text}
    assert holders == {header}
    assert call.headers[header] == value
    assert CANARY_KEY not in call.path
    assert CANARY_KEY.encode() not in call.raw


@BOTH
async def test_what_is_not_a_parameter_of_openai_is_dropped_and_named(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks, provider: str
) -> None:
    hostile: JsonObject = {
        "api_base": "http://127.0.0.1:9/",
        "base_url": scripted.url,
        "api_key": "sk-other",
        "extra_headers": {"X-Evil": "1"},
        "mock_response": "mocked",
        "logit_bias": {"50256": -100},
    }
    scripted.clear()
    envelope = ask(provider, "ok")
    request = {**cast("JsonObject", envelope["request"]), **hostile}
    answered = await adaptor.call({**envelope, "request": request})
    assert answered.text == HELLO
    dropped = answered.headers["X-PromptOps-Dropped-Params"].split(",")
    assert set(dropped) == set(hostile)
    assert "x-evil" not in scripted.calls[-1].headers
    assert b"sk-other" not in scripted.calls[-1].raw


@BOTH
@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:9",
        "http://169.254.169.254",
        "http://[::ffff:127.0.0.1]:9",
        "http://0x7f000001:9",
        # Listed as a private host, yet the product's own API port.
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "file:///etc/passwd",
        "http://user:pass@example.org",
        "http://example.org/?key=1",
    ],
)
async def test_address_that_is_not_allowed_is_not_called(
    adaptor: AdaptorProcess, ask: Asks, provider: str, base_url: str
) -> None:
    answered = await adaptor.call(ask(provider, "ok", base_url=base_url))
    assert answered.status in (400, 422, 502)
    assert answered.error["kind"] in ("invalid_request", "connect")
    assert answered.error["upstream_status"] is None


@BOTH
async def test_redirect_is_not_followed(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks, provider: str
) -> None:
    scripted.play("moved", [b""], status=307, headers=[("Location", "http://127.0.0.1:9/")])
    answered = await adaptor.call(ask(provider, "moved"))
    assert answered.status == 502
    assert answered.error["upstream_status"] == 307


@ALL
async def test_image_is_never_fetched(adaptor: AdaptorProcess, ask: Asks, provider: str) -> None:
    part = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/cat.png"}}
    envelope = ask(provider, "ok", messages=[{"role": "user", "content": [part]}])
    answered = await adaptor.call(envelope)
    assert answered.status == 400
    assert answered.error["type"] == "adaptor_error"


@pytest.mark.parametrize(
    "provider", ["ollama", "bedrock", "github_copilot", "lemonade", "nonsense"]
)
async def test_provider_without_one_public_host_is_refused(
    adaptor: AdaptorProcess, ask: Asks, provider: str
) -> None:
    answered = await adaptor.call(ask(provider, "ok", base_url=None))
    assert answered.status == 400


async def test_long_tail_takes_no_base_url(
    adaptor: AdaptorProcess, scripted: ScriptedProvider, ask: Asks
) -> None:
    answered = await adaptor.call(ask("deepseek", "ok", base_url=scripted.url))
    assert answered.status == 400


@STREAMED
@ALL
async def test_tools_are_called(
    adaptor: AdaptorProcess, ask: Asks, provider: str, stream: bool
) -> None:
    parameters = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }
    function = {"name": "get_weather", "parameters": parameters}
    tools = [{"type": "function", "function": function}]
    answered = await adaptor.call(ask(provider, "tool", stream=stream, tools=tools))
    assert answered.finish_reason == "tool_calls"
    [call] = answered.tool_calls
    assert call["name"] == "get_weather"
    assert str(call["arguments"]).replace(" ", "") == '{"city":"scripted"}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"provider": "anthropic"}',
        b'{"provider": "anthropic", "credentials": {"api_key": "a\\r\\nb"}, "request": {}}',
        b"\xff",
    ],
)
async def test_body_that_is_no_envelope_is_refused(adaptor: AdaptorProcess, body: bytes) -> None:
    answered = await adaptor.call(body)
    assert answered.status == 400
    assert answered.error["kind"] == "invalid_request"


async def test_other_addresses_are_not_found(adaptor: AdaptorProcess) -> None:
    async with (
        adaptor.session() as session,
        session.get(f"{adaptor.base}/v1/chat/completions") as response,
    ):
        assert response.status == 404


@pytest.mark.parametrize("header", [None, "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer "])
async def test_port_asks_for_the_token(
    on_port: AdaptorProcess, ask: Asks, header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    answered = await on_port.call(ask("anthropic", "ok"), headers)
    assert answered.status == 401
    assert answered.error["type"] == "adaptor_error"


async def test_port_with_the_token_never_calls_itself(on_port: AdaptorProcess, ask: Asks) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answered = await on_port.call(ask("anthropic", "ok", base_url=on_port.base), headers)
    assert answered.status == 422


async def test_socket_of_a_dead_process_is_replaced_and_a_file_is_not(tmp_path: Path) -> None:
    from promptops_server.adaptor import bind_unix

    path = tmp_path / "a.sock"
    bind_unix(path).close()
    bind_unix(path).close()
    other = tmp_path / "file"
    other.write_text("kept")
    with pytest.raises(FileExistsError):
        bind_unix(other)
    assert other.read_text() == "kept"


async def test_terminated_adaptor_leaves_nothing_running(
    on_port: AdaptorProcess, scripted: ScriptedProvider
) -> None:
    on_port.process.terminate()
    # uvicorn closes everything and then dies of the signal that it was sent.
    assert await asyncio.to_thread(on_port.process.wait, 5) == -signal.SIGTERM
    with pytest.raises(aiohttp.ClientError):
        await on_port.call({})
    assert b"Traceback" not in on_port.output


async def test_request_that_cannot_be_translated_is_not_quoted(
    adaptor: AdaptorProcess, ask: Asks
) -> None:
    # A tool's answer without its call: LiteLLM's own error repeats the messages.
    messages = [{"role": "tool", "content": CANARY_PROMPT}]
    answered = await adaptor.call(ask("anthropic", "ok", messages=messages))
    assert answered.status == 400
    assert CANARY_PROMPT not in str(answered.error)
    # The fixture's end looks for the canaries in all that the adaptor wrote.
    assert await adaptor.wait_for_output(b"could not translate")
