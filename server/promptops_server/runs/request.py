"""What `POST /api/v1/run/{prompt_alias}` takes, read with as little work as possible."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qsl

from promptops_server.core import strict_json
from promptops_server.core.errors import AppError, FieldProblem, InvalidRequest

DEFAULT_ENVIRONMENT = "prod"
MAX_VARIABLES = 200
_FIELDS = frozenset({"variables", "stream"})
_PARAMETERS = frozenset({"env"})


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run's body. `stream` is None where the body does not say."""

    variables: dict[str, object]
    stream: bool | None


def _refuse(pointer: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[FieldProblem("invalid_request", pointer, message)])


def parse_body(body: bytes) -> RunRequest:
    """The request that the body holds.

    Raises InvalidJson, and InvalidRequest naming the field at fault.
    """
    fields = strict_json.parse_object(body)
    for name in fields:
        if name not in _FIELDS:
            pointer = name.replace("~", "~0").replace("/", "~1")[:100]
            raise _refuse(f"#/{pointer}", "This field is unknown.")
    variables = fields.get("variables", {})
    if not isinstance(variables, dict):
        raise _refuse("#/variables", "Variables are an object of names and values.")
    stream = fields.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise _refuse("#/stream", "stream is true or false.")
    named = cast("dict[str, object]", variables)
    if len(named) > MAX_VARIABLES:
        raise _refuse("#/variables", f"At most {MAX_VARIABLES} variables are taken.")
    return RunRequest(named, stream)


def parse_query(query: bytes) -> str:
    """The environment that `?env=` names, prod where it does not. Raises InvalidRequest."""
    if not query:
        return DEFAULT_ENVIRONMENT
    environment = DEFAULT_ENVIRONMENT
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        raise _refuse("#/query", "The query cannot be read.") from None
    for name, value in pairs:
        if name not in _PARAMETERS:
            raise _refuse("#/query", "The only parameter that this address takes is env.")
        environment = value
    return environment


def with_headers(error: AppError, headers: dict[str, str]) -> AppError:
    """The error with these headers beside its own."""
    error.headers = {**headers, **error.headers}
    return error
