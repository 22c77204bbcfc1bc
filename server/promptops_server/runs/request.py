"""What `POST /api/v1/run/{prompt_alias}` takes, read with as little work as possible."""

import re
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import parse_qsl

from promptops_server.core import strict_json
from promptops_server.core.errors import AppError, FieldProblem, InvalidRequest
from promptops_server.runs.conversation import check_messages

DEFAULT_ENVIRONMENT = "prod"
DRAFT = "draft"
MAX_VARIABLES = 200
MAX_METADATA = 16
MAX_METADATA_LENGTH = 512
MAX_REFERENCE_LENGTH = 255
MAX_TIMEOUT_S = 3600
_FIELDS = frozenset(
    {
        *("variables", "messages", "stream", "parameters", "model"),
        *("user", "session", "metadata", "timeout_s"),
    }
)
_PARAMETERS = frozenset({"env", "version"})
_METADATA_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MODEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}/\S{1,200}")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(slots=True)
class RunRequest:
    """A run's body. `stream` is None where the body does not say."""

    variables: dict[str, object]
    stream: bool | None
    messages: list[dict[str, object]] | None = None
    # What is changed for this run alone: parameters, and "model".
    overrides: dict[str, object] = field(default_factory=dict[str, object])
    user: str | None = None
    session: str | None = None
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class RunAddress:
    """Which version is wanted: the one that serves `environment`, or `version` (or `draft`)."""

    environment: str | None
    version: str | None = None


def refuse(pointer: str, message: str) -> InvalidRequest:
    """The error for one field."""
    return InvalidRequest(message, errors=[FieldProblem("invalid_request", pointer, message)])


def parse_body(body: bytes) -> RunRequest:
    """The request that the body holds.

    Raises InvalidJson, and InvalidRequest naming the field at fault.
    """
    fields = strict_json.parse_object(body)
    unknown = fields.keys() - _FIELDS
    if unknown:
        name = min(unknown)
        pointer = name.replace("~", "~0").replace("/", "~1")[:100]
        raise refuse(f"#/{pointer}", "This field is unknown.")
    variables = fields.get("variables", {})
    if not isinstance(variables, dict):
        raise refuse("#/variables", "Variables are an object of names and values.")
    stream = fields.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise refuse("#/stream", "stream is true or false.")
    named = cast("dict[str, object]", variables)
    if len(named) > MAX_VARIABLES:
        raise refuse("#/variables", f"At most {MAX_VARIABLES} variables are taken.")
    request = RunRequest(named, stream)
    if len(fields) > ("variables" in fields) + ("stream" in fields):
        _read_the_rest(request, fields)
    return request


def _read_the_rest(request: RunRequest, fields: dict[str, object]) -> None:
    """What most runs do not send."""
    if fields.get("messages") is not None:
        request.messages = check_messages(fields["messages"])
    parameters = fields.get("parameters")
    if parameters is not None:
        if not isinstance(parameters, dict):
            raise refuse("#/parameters", "parameters is an object of names and values.")
        request.overrides = dict(cast("dict[str, object]", parameters))
        if "model" in request.overrides:
            raise refuse("#/parameters/model", "The model is a field of its own: model.")
    model = fields.get("model")
    if model is not None:
        if not isinstance(model, str) or not _MODEL.fullmatch(model):
            raise refuse("#/model", "model is provider/model.")
        request.overrides["model"] = model
    request.user = _reference(fields, "user")
    request.session = _reference(fields, "session")
    request.metadata = _metadata(fields.get("metadata"))
    timeout = fields.get("timeout_s")
    if timeout is not None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float):
            raise refuse("#/timeout_s", "timeout_s is a number of seconds.")
        if not 0.001 <= timeout <= MAX_TIMEOUT_S:
            raise refuse("#/timeout_s", f"timeout_s is between 0.001 and {MAX_TIMEOUT_S}.")
        request.timeout_s = float(timeout)


def _reference(fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_REFERENCE_LENGTH:
        raise refuse(f"#/{name}", f"{name} is a text of 1 to {MAX_REFERENCE_LENGTH} characters.")
    return value


def _metadata(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refuse("#/metadata", "metadata is an object of names and texts.")
    pairs = cast("dict[str, object]", value)
    if len(pairs) > MAX_METADATA:
        raise refuse("#/metadata", f"At most {MAX_METADATA} entries are taken.")
    for name, text in pairs.items():
        if not _METADATA_NAME.fullmatch(name):
            raise refuse("#/metadata", "A name has letters, digits, dots, _ and -, at most 64.")
        if not isinstance(text, str) or len(text) > MAX_METADATA_LENGTH:
            raise refuse(
                f"#/metadata/{name}", f"This is a text of at most {MAX_METADATA_LENGTH} characters."
            )
    return cast("dict[str, str]", pairs)


def parse_query(query: bytes) -> RunAddress:
    """What `?env=` or `?version=` names; prod where neither is given. Raises InvalidRequest."""
    if not query:
        return _PROD
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        raise refuse("#/query", "The query cannot be read.") from None
    given = dict(pairs)
    if given.keys() - _PARAMETERS or len(given) != len(pairs):
        raise refuse("#/query", "This address takes env or version, once.")
    version = given.get("version")
    if version is None:
        return RunAddress(given.get("env", DEFAULT_ENVIRONMENT))
    if "env" in given:
        raise refuse("#/query/version", "Give env or version, not both.")
    if version != DRAFT and not _VERSION.fullmatch(version):
        raise refuse("#/query/version", "version is three numbers, as 1.2.0, or draft.")
    return RunAddress(None, version)


_PROD = RunAddress(DEFAULT_ENVIRONMENT)


def parse_idempotency_key(value: str | None) -> str | None:
    """The key of the header `Idempotency-Key`, or None. Raises InvalidRequest where it is none."""
    if value is not None and not _IDEMPOTENCY_KEY.fullmatch(value):
        raise refuse(
            "#/header/Idempotency-Key", "Idempotency-Key is 1 to 255 printable ASCII characters."
        )
    return value


def with_headers(error: AppError, headers: dict[str, str]) -> AppError:
    """The error with these headers beside its own."""
    error.headers = {**headers, **error.headers}
    return error
