"""Counting tokens: against OpenAI's own figures, and with what would break the library."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiktoken

from promptops_server.providers.tokens import TokenCount, count_input_tokens, count_text

Message = dict[str, object]
# The example of the page that the module names, with what OpenAI's API counted for it.
_EXAMPLE: Sequence[Message] = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant that translates corporate "
        "jargon into plain English.",
    },
    {
        "role": "system",
        "name": "example_user",
        "content": "New synergies will help drive top-line growth.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Things working well together will increase revenue.",
    },
    {
        "role": "system",
        "name": "example_user",
        "content": "Let's circle back when we have more bandwidth to touch base on opportunities "
        "for increased leverage.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Let's talk later when we're less busy about how to do better.",
    },
    {
        "role": "user",
        "content": "This late pivot means we don't have time to boil the ocean for the client "
        "deliverable.",
    },
]


def _count(kind: str, model: str, messages: Sequence[Message]) -> tuple[int, bool]:
    found = count_input_tokens(kind, model, messages)
    assert found is not None
    return found.tokens, found.exact


@pytest.mark.parametrize(
    ("model", "tokens"), [("gpt-3.5-turbo", 129), ("gpt-4", 129), ("gpt-4o", 124)]
)
def test_the_count_is_what_openai_counted(model: str, tokens: int) -> None:
    assert _count("openai", model, _EXAMPLE) == (tokens, True)


@pytest.mark.parametrize(
    ("kind", "model"),
    [("anthropic", "claude-sonnet-4"), ("openai_compatible", "gpt-4o"), ("openai", "gpt-5")],
)
def test_elsewhere_it_is_an_estimate(kind: str, model: str) -> None:
    assert _count(kind, model, _EXAMPLE) == (124, False)


def test_what_is_no_text_makes_it_an_estimate() -> None:
    parts: Message = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
    assert _count("openai", "gpt-4o", [parts])[1] is False


def test_special_tokens_are_text_like_any_other() -> None:
    one = _count("openai", "gpt-4o", [{"role": "user", "content": "<|endoftext|>"}])[0]
    assert one > _count("openai", "gpt-4o", [{"role": "user", "content": "x"}])[0]


@pytest.mark.parametrize("text", [" " * 1_000_000, "a" * 200_000, "\n" * 300_000, "'" * 200_000])
def test_a_long_text_is_counted_in_pieces(text: str) -> None:
    tokens, exact = _count("openai", "gpt-4o", [{"role": "user", "content": text}])
    assert tokens > 100
    assert not exact


def test_a_long_text_of_words_is_still_exact() -> None:
    text = "the quick brown fox jumps over the lazy dog " * 5_000
    tokens, exact = _count("openai", "gpt-4o", [{"role": "user", "content": text}])
    whole = len(tiktoken.get_encoding("o200k_base").encode_ordinary(text))
    assert (tokens, exact) == (whole + 3 + 3 + 1, True)


def test_nothing_is_fetched_and_litellm_is_not_imported() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "from promptops_server.providers.tokens import count_input_tokens as count\n"
        "for model in ('gpt-4', 'gpt-4o', 'text-davinci-003', 'other'):\n"
        "    assert count('openai', model, [{'role': 'user', 'content': 'hi'}]).tokens > 4\n"
        "assert 'litellm' not in sys.modules\n"
        "import os; assert 'TIKTOKEN_CACHE_DIR' not in os.environ\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TIKTOKEN_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _vectors(kind: str) -> list[dict[str, Any]]:
    path = Path(__file__).parents[3] / "tests" / "vectors" / "tokens.json"
    return json.loads(path.read_text(encoding="utf-8"))[kind]


@pytest.mark.parametrize("case", _vectors("texts"), ids=lambda case: str(case["name"]))
def test_a_text_has_the_tokens_that_the_browser_counts(case: dict[str, Any]) -> None:
    text = case["text"] * case.get("times", 1)
    for name in ("o200k_base", "cl100k_base"):
        assert count_text(name, text) == TokenCount(case[name], exact=True)


@pytest.mark.parametrize("case", _vectors("chats"), ids=lambda case: str(case["name"]))
def test_a_chat_has_the_tokens_that_the_browser_counts(case: dict[str, Any]) -> None:
    for model, name in (("gpt-4o", "o200k_base"), ("gpt-4", "cl100k_base")):
        assert _count("openai", model, case["messages"])[0] == case[name]
