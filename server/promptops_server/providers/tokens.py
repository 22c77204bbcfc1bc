"""How many tokens a chat takes as input, counted before it is sent.

The encodings are OpenAI's; their files ship inside LiteLLM's package, so nothing is fetched and
LiteLLM is not imported. A count is exact where OpenAI says how it counts, else an estimate:
https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb
"""

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import tiktoken

from promptops_server.providers.types import EncodingName, Tokenizer

# By the names of the two files: SHA-1 of the address that each was published under.
_FILES: dict[EncodingName, str] = {
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
}
_DEFAULT: EncodingName = "o200k_base"
_CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"
# Models whose count the page above gives; of later ones it says nothing.
_EXACT = ("gpt-3.5-turbo", "gpt-4")
_TOKENS_PER_MESSAGE = 3
_TOKENS_PER_NAME = 1
_TOKENS_BEFORE_ANSWER = 3
# The library overflows its stack on a million spaces, and takes a second for a million letters.
_PIECE = 32 * 1024
# Where both encodings part two words whatever stands around them.
_SEAM = re.compile(r"(?<=[a-z])(?= [a-z])")
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class TokenCount:
    """How many tokens, and whether the provider will count the same."""

    tokens: int
    exact: bool


@cache
def tokenizer_of(kind: str, model: str) -> Tokenizer:
    """How count_input_tokens counts for a model of a provider kind."""
    name = _known_encoding(model)
    return Tokenizer(name, exact=name is not None and _is_exact(kind, model))


def count_input_tokens(
    kind: str, model: str, messages: Sequence[Mapping[str, object]]
) -> TokenCount | None:
    """The tokens of these messages for a model of a provider kind; None without the encodings.

    Messages are OpenAI's: role, content, and what else there may be. Takes up to a second for a
    megabyte, and half a second the first time: call it in a thread unless the text is short and
    `is_ready`.
    """
    encoding = _encoding_name(model)
    tokens = _TOKENS_BEFORE_ANSWER
    exact = _is_exact(kind, model)
    for message in messages:
        tokens += _TOKENS_PER_MESSAGE
        for name, value in message.items():
            if value is None:
                continue
            if name == "name":
                tokens += _TOKENS_PER_NAME
            exact = exact and isinstance(value, str) and name in {"role", "content", "name"}
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            counted = count_text(encoding, text)
            if counted is None:
                return None
            exact = exact and counted.exact
            tokens += counted.tokens
    return TokenCount(tokens, exact)


def count_text(name: EncodingName, text: str) -> TokenCount | None:
    """The tokens of a text in an encoding, special tokens as plain text; None without its file.

    Exact where every piece that a long text is counted in ends where a token ends too.
    """
    encoding = _encoding(name)
    if encoding is None:
        return None
    pieces = list(_pieces(text))
    tokens = sum(len(encoding.encode_ordinary(piece)) for piece, _ in pieces)
    return TokenCount(tokens, all(is_whole for _, is_whole in pieces))


def is_ready(model: str) -> bool:
    """Whether the encoding of the model is in memory already."""
    return _encoding_name(model) in _loaded


_loaded: set[EncodingName] = set()


def _is_exact(kind: str, model: str) -> bool:
    return kind == "openai" and model.startswith(_EXACT)


def _encoding_name(model: str) -> EncodingName:
    return _known_encoding(model) or _DEFAULT


def _known_encoding(model: str) -> EncodingName | None:
    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        return None
    return next((known for known in _FILES if known == name), None)


def _encoding(name: EncodingName) -> tiktoken.Encoding | None:
    with _lock:
        return _load(name)


@cache
def _load(name: EncodingName) -> tiktoken.Encoding | None:
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"
    if not (folder / _FILES[name]).is_file():
        return None
    before = os.environ.get(_CACHE_VARIABLE)
    # The library takes the folder from nowhere else; with the file there it fetches nothing.
    os.environ[_CACHE_VARIABLE] = str(folder)
    try:
        encoding = tiktoken.get_encoding(name)
    finally:
        if before is None:
            del os.environ[_CACHE_VARIABLE]
        else:
            os.environ[_CACHE_VARIABLE] = before
    _loaded.add(name)
    return encoding


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces of bounded length, and whether a piece ends where a token ends too."""
    position = 0
    while len(text) - position > _PIECE:
        half = position + _PIECE // 2
        seam = _SEAM.search(text, half, position + _PIECE)
        end = seam.start() if seam else position + _PIECE
        yield text[position:end], seam is not None
        position = end
    yield text[position:], True
