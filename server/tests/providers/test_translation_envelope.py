import orjson
import pytest

from promptops_server.providers.translation.anthropic import AnthropicWire
from promptops_server.providers.translation.envelope import Envelope, read_envelope
from promptops_server.providers.translation.failures import CallFailed
from promptops_server.providers.translation.gemini import GeminiWire

JsonObject = dict[str, object]


def envelope(request: JsonObject | None = None, **fields: object) -> bytes:
    messages = [{"role": "user", "content": "hi", "unknown": 1}]
    document: JsonObject = {
        "provider": "gemini",
        "base_url": None,
        "credentials": {"api_key": "sk-secret"},
        "request": {"model": "m-1", "messages": messages, **(request or {})},
        **fields,
    }
    return orjson.dumps(document)


def read(request: JsonObject | None = None, **fields: object) -> Envelope:
    return read_envelope(envelope(request, **fields))


def test_nulls_are_left_out_and_unknown_names_dropped() -> None:
    call = read(
        {"temperature": None, "top_p": 0.5, "api_base": "http://x", "n\n": 1, "stream": True}
    )
    assert call.params == {"top_p": 0.5}
    assert call.dropped == ("api_base",)
    assert call.messages == [{"role": "user", "content": "hi"}]
    assert call.stream


def test_envelope_does_not_show_its_secrets() -> None:
    shown = repr(read())
    assert "sk-secret" not in shown
    assert "hi" not in shown


@pytest.mark.parametrize(
    "fields",
    [
        {"provider": None},
        {"provider": "../x"},
        {"base_url": 5},
        {"base_url": "gopher://x"},
        {"base_url": "https://x.example/?a=b"},
        {"credentials": None},
        {"credentials": {"api_key": ""}},
        {"credentials": {"api_key": "a b"}},
        {"credentials": {"api_key": "a\r\nX-Evil: 1"}},
        {"credentials": {"api_key": "ключ"}},
        {"first_token_timeout_s": 0},
        {"first_token_timeout_s": True},
        {"first_token_timeout_s": "5"},
        {"first_token_timeout_s": 1e9},
        {"request": None},
        {"request": []},
    ],
)
def test_field_that_is_wrong_is_refused(fields: JsonObject) -> None:
    document = orjson.loads(envelope())
    with pytest.raises(CallFailed) as caught:
        read_envelope(orjson.dumps({**document, **fields}))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "model",
    [None, "", "a b", "../secret", "a//b", "http://evil/", "m?key=1", "m#x", "m%2e", "m\n", "é"],
)
def test_name_that_could_change_the_address_is_refused(model: object) -> None:
    with pytest.raises(CallFailed):
        read({"model": model})


@pytest.mark.parametrize(
    "messages",
    [
        None,
        [],
        "hi",
        ["hi"],
        [{"content": "no role"}],
        [{"role": "user", "content": ["text"]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": "https://x.example/a"}]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "FILE:///a"}}]}],
        [{"role": "user", "content": [{"type": "file", "file": {"file_id": "gs://b/c"}}]}],
        [{"role": "user", "content": [{"type": "video", "deep": [{"x": ["ftp://x/"]}]}]}],
    ],
)
def test_messages_that_are_wrong_or_name_an_address_are_refused(messages: object) -> None:
    with pytest.raises(CallFailed):
        read({"messages": messages})


def test_text_may_name_addresses_and_images_may_be_data() -> None:
    data = "data:image/png;base64,iVBORw0KGgo="
    parts = [
        {"type": "text", "text": "see https://example.org/"},
        {"type": "image_url", "image_url": {"url": data}},
    ]
    assert read({"messages": [{"role": "user", "content": parts}]}).messages[0]["content"] == parts


@pytest.mark.parametrize(
    ("base_url", "model", "url"),
    [
        ("https://g.example", "gemini-x", "https://g.example/v1beta/models/gemini-x:"),
        ("https://g.example/v1", "models/gemini-x", "https://g.example/v1/models/gemini-x:"),
        ("https://g.example/v1beta/", "tunedModels/t", "https://g.example/v1beta/tunedModels/t:"),
    ],
)
def test_gemini_address_is_built_from_base_and_model(base_url: str, model: str, url: str) -> None:
    call = read({"model": model}, base_url=base_url)
    assert call.base_url is not None
    assert GeminiWire().url(call.base_url, call) == f"{url}generateContent"


def test_gemini_model_with_a_path_is_refused() -> None:
    with pytest.raises(CallFailed):
        GeminiWire().url("https://g.example", read({"model": "a/b"}))


@pytest.mark.parametrize("base_url", ["https://a.example", "https://a.example/v1"])
def test_anthropic_base_url_may_name_its_version(base_url: str) -> None:
    assert AnthropicWire().url(base_url, read()) == "https://a.example/v1/messages"
