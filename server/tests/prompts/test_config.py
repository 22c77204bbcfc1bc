"""The configuration of a prompt: what it takes, what is stored of it, what a run may override."""

from typing import Any

import pytest
from pydantic import ValidationError

from promptops_server.core.errors import InvalidRequest
from promptops_server.prompts.compiling import compile_content
from promptops_server.prompts.config import (
    MAX_TOOLS,
    PromptConfig,
    check_overrides,
    dump_config,
    request_fields,
)
from promptops_server.prompts.json_schema import MAX_DEPTH, MAX_SCHEMA_BYTES
from promptops_server.prompts.schemas import Content

Json = dict[str, Any]
_TOOL: Json = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": {
            "type": "object",
            "properties": {"where": {"type": ["string", "null"], "default": None}, "a": True},
            "required": ["where"],
        },
    },
}
_FULL: Json = {
    "model": "openai/gpt-4o",
    "parameters": {"temperature": 0.5, "reasoning_effort": "low", "max_completion_tokens": 5},
    "fallback_models": ["anthropic/claude-sonnet-4", "local/small"],
    "tools": [_TOOL],
    "tool_choice": {"type": "function", "function": {"name": "weather"}},
    "parallel_tool_calls": False,
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "out", "schema": {"type": "object"}, "strict": True},
    },
    "overridable": ["temperature", "model"],
    "max_retries": 0,
    "timeout_s": 12.5,
}


def _config(**fields: object) -> PromptConfig:
    return PromptConfig.model_validate({"model": "openai/gpt-4o", **fields})


def _schema(schema: Json) -> PromptConfig:
    return _config(
        response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    )


def test_everything_is_kept_as_it_was_written() -> None:
    config = PromptConfig.model_validate(_FULL)
    stored = dump_config(config)
    assert stored == _FULL
    assert PromptConfig.model_validate(stored) == config
    assert request_fields(stored) == {
        name: _FULL[name]
        for name in ("tools", "tool_choice", "parallel_tool_calls", "response_format")
    }


@pytest.mark.parametrize(
    ("content", "digest"),
    [
        (
            {
                "template": "Hi {{ name }}",
                "config": {
                    "model": "scripted/ok",
                    "parameters": {"temperature": 0.2, "stop": ["a"]},
                },
            },
            "f667a777fd12e4531c04ac2bbbb003bf80c8bc4f1f9652899e0862c6baf35fbf",
        ),
        (
            {"messages": [{"role": "user", "content": "中"}], "config": {"model": "scripted/ok"}},
            "f2b0402b27c38664710bb469da1e2fc6bb08fff60f02c0b2fa9034f5c1c6cc79",
        ),
        (
            {
                "structure": {"role": "r", "task": "do {{ x }}"},
                "config": {"model": "scripted/ok", "max_retries": 2, "tools": []},
            },
            "4afc0f3e10311a7f3dec8584a4b3851a197f641638e453c41636205e9ec1b105",
        ),
    ],
)
def test_what_was_stored_before_keeps_its_hash(content: Json, digest: str) -> None:
    assert compile_content(Content.model_validate(content)).content_hash.hex() == digest


def test_the_order_of_a_schemas_properties_is_part_of_the_content() -> None:
    def digest(*names: str) -> bytes:
        schema: Json = {"type": "object", "properties": {name: {} for name in names}}
        config = dump_config(_schema(schema))
        return compile_content(
            Content.model_validate({"template": "x", "config": config})
        ).content_hash

    assert digest("a", "b") != digest("b", "a")
    assert digest("a", "b") == digest("a", "b")


_REFUSED: list[Json] = [
    {"fallback_models": ["a/b"] * 2},
    {"fallback_models": [f"a/{n}" for n in range(6)]},
    {"fallback_models": ["no-provider"]},
    {"tools": [_TOOL, _TOOL]},
    {"tools": [{"type": "web_search"}]},
    {"tools": [{"type": "function", "function": {"name": "a b"}}]},
    {"tools": [{"type": "function", "function": {"name": "a", "parameters": []}}]},
    {"tools": [{"type": "function", "function": {"name": "a", "more": 1}}]},
    {"tools": [{"type": "function", "function": {"name": f"f{n}"}} for n in range(MAX_TOOLS + 1)]},
    {"tool_choice": "auto"},
    {"parallel_tool_calls": True},
    {"tools": [_TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}},
    {"tools": [_TOOL], "tool_choice": "always"},
    {"response_format": {"type": "xml"}},
    {"response_format": {"type": "json_schema"}},
    {"response_format": {"type": "text", "json_schema": {"name": "x", "schema": {}}}},
    {"overridable": ["temperature", "temperature"]},
    {"overridable": ["tools"]},
    {"max_retries": 6},
    {"max_retries": -1},
    {"timeout_s": 0},
    {"timeout_s": 300.1},
    {"parameters": {"reasoning_effort": "extreme"}},
    {"surprise": 1},
]


@pytest.mark.parametrize("fields", _REFUSED)
def test_what_cannot_be_run_is_refused(fields: Json) -> None:
    with pytest.raises(ValidationError):
        _config(**fields)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"type": []},
        {"properties": []},
        {"properties": {"a": 1}},
        {"items": {"anyOf": []}},
        {"items": {"anyOf": [{"type": 5}]}},
        {"required": "a"},
        {"required": ["a", "a"]},
        {"minLength": -1},
        {"maxItems": True},
        {"multipleOf": 0},
        {"enum": []},
        {"description": "nul \0"},
        {"x" * MAX_SCHEMA_BYTES: 1},
    ],
)
def test_what_is_no_json_schema_is_refused(schema: Json) -> None:
    with pytest.raises(ValidationError):
        _schema(schema)


def test_a_schema_is_taken_up_to_its_depth() -> None:
    def nested(depth: int) -> Json:
        schema: Json = {}
        for _ in range(depth):
            schema = {"not": schema}
        return schema

    _schema(nested(MAX_DEPTH))
    with pytest.raises(ValidationError):
        _schema(nested(MAX_DEPTH + 1))


def test_a_run_overrides_within_the_bounds_of_parameters() -> None:
    given = {"temperature": 1, "stop": ["x"], "seed": None}
    assert check_overrides(given) == {"temperature": 1.0, "stop": ["x"]}


@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({"temperature": 3}, ["#/parameters/temperature"]),
        ({"n": 2}, ["#/parameters/n"]),
        ({"a/b~": 2}, ["#/parameters/a~1b~0"]),
        ({"stop": ["a", 1]}, ["#/parameters/stop/1"]),
        ({"seed": 10**40, "top_p": "secret"}, ["#/parameters/top_p", "#/parameters/seed"]),
    ],
)
def test_an_override_out_of_bounds_is_named(given: Json, pointers: list[str]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_overrides(given)
    assert [problem.pointer for problem in caught.value.errors] == pointers
    assert "secret" not in str(caught.value.problem(instance="", request_id=""))
