import io
import shlex

import pytest

from promptops_server.embedded.console import Console, describe_ready


def ready(api_key: str | None, sign_in: str | None = None) -> str:
    return "\n".join(
        describe_ready(
            url="http://127.0.0.1:8000",
            sign_in=sign_in,
            api_key=api_key,
            demo_prompt="demo",
            variables={"topic": 'it\'s "中文"'},
            data="/data",
            logs="/data/logs",
        )
    )


def test_call_survives_the_shell_as_it_was_meant() -> None:
    text = ready("sk-po_key")
    command = text[text.index("curl") : text.index("\n\n  Data")]
    assert shlex.split(command.replace("\\\n", "")) == [
        "curl",
        "-N",
        "http://127.0.0.1:8000/api/v1/run/demo?env=prod",
        "-H",
        "X-API-Key: sk-po_key",
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"variables": {"topic": "it\'s \\"中文\\""}, "stream": true}',
    ]


def test_without_a_key_the_call_takes_it_from_the_environment() -> None:
    assert '-H "X-API-Key: $PROMPTOPS_API_KEY"' in ready(None)


def test_the_link_is_shown_as_long_as_there_is_one() -> None:
    text = ready("sk-po_key", "http://127.0.0.1:8000/link#t")
    assert "  Sign in  http://127.0.0.1:8000/link#t\n" in text
    assert "Sign in" not in ready("sk-po_key")


def test_letters_that_the_terminal_does_not_know_are_escaped() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Console(out).say("数据")
    out.seek(0)
    assert out.read() == "\\u6570\\u636e\n"


def test_terminal_that_is_gone_stops_nothing() -> None:
    out = io.StringIO()
    out.close()
    Console(out).say("anybody?")


async def test_step_tells_when_it_begins_and_how_long_it_took() -> None:
    out = io.StringIO()
    async with Console(out).step("Valkey", "first start only"):
        pass
    begin, end = out.getvalue().splitlines()
    assert begin == "  Valkey: starting (first start only)"
    assert end == "  Valkey: ready after 0.0 s"


async def test_step_that_fails_is_not_called_ready() -> None:
    out = io.StringIO()
    with pytest.raises(OSError, match="full"):
        async with Console(out).step("Valkey"):
            raise OSError("full")
    assert "ready" not in out.getvalue()
