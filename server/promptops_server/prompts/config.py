"""How a prompt is run: its model and what goes to it beside the messages.

`dump_config` is what is stored and hashed. What says no more than its default is left out, so that
a configuration written before a field existed keeps its hash.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from promptops_server.core.errors import FieldProblem, InvalidRequest
from promptops_server.core.fields import Text
from promptops_server.kit.text import storable_json
from promptops_server.prompts.json_schema import check_json_schema

MODEL_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,99}/[^\s]{1,200}$"
MAX_FALLBACKS = 5
MAX_TOOLS = 128
MAX_CONFIG_BYTES = 512 * 1024
# OpenAI's rule for names of functions and schemas.
_FUNCTION_NAME = r"^[A-Za-z0-9_-]{1,64}$"

Model = Annotated[Text, StringConstraints(pattern=MODEL_PATTERN)]
FunctionName = Annotated[str, StringConstraints(pattern=_FUNCTION_NAME)]
Description = Annotated[Text, StringConstraints(max_length=10_000)]


def _storable_schema(schema: dict[str, Any]) -> dict[str, Any]:
    if storable_json(schema) != schema:
        raise ValueError("A text may not hold NUL characters or halves of surrogate pairs.")
    return check_json_schema(schema)


JsonSchema = Annotated[dict[str, Any], AfterValidator(_storable_schema)]


class Parameters(BaseModel):
    """What goes to the model beside the messages, in OpenAI's terms; what is null is not sent."""

    model_config = ConfigDict(extra="forbid")

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    stop: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(max_length=4)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    reasoning_effort: Literal["minimal", "low", "medium", "high"] | None = None


class FunctionDefinition(BaseModel):
    """A function that the model may ask for; `parameters` is a JSON Schema of its arguments."""

    model_config = ConfigDict(extra="forbid")

    name: FunctionName
    description: Description | None = None
    parameters: JsonSchema | None = None
    strict: bool | None = None


class FunctionTool(BaseModel):
    """A tool as OpenAI takes it."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["function"]
    function: FunctionDefinition


class ChosenName(BaseModel):
    """The name of a function among the tools."""

    model_config = ConfigDict(extra="forbid")

    name: FunctionName


class ChosenFunction(BaseModel):
    """The one function that the model has to call."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["function"]
    function: ChosenName


class SchemaFormat(BaseModel):
    """The JSON Schema that the output follows."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    name: FunctionName
    # `schema` is a method of Pydantic's models.
    json_schema: Annotated[JsonSchema, Field(alias="schema")]
    strict: bool | None = None
    description: Description | None = None


class ResponseFormat(BaseModel):
    """What the model answers in; `json_schema` stands beside the type of that name only."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaFormat | None = None

    @model_validator(mode="after")
    def _schema_where_said(self) -> Self:
        if (self.type == "json_schema") != (self.json_schema is not None):
            raise ValueError("json_schema stands with the type json_schema, and only there.")
        return self


def _different(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise ValueError("Each may be named only once.")
    return names


def _may_be_overridden(name: str) -> str:
    if name != "model" and name not in Parameters.model_fields:
        raise ValueError("Only model and the names of parameters can be overridden.")
    return name


def _different_tools(tools: list[FunctionTool]) -> list[FunctionTool]:
    if len({tool.function.name for tool in tools}) != len(tools):
        raise ValueError("Two tools have the same name.")
    return tools


class PromptConfig(BaseModel):
    """Which model runs the prompt, as `provider/model`, with what, and what may be changed.

    `fallback_models` are tried in their order where the model fails; `overridable` names the
    parameters (and "model") that a run may set for itself.
    """

    model_config = ConfigDict(extra="forbid")

    model: Model
    parameters: Parameters = Parameters()
    fallback_models: Annotated[
        list[Model], Field(max_length=MAX_FALLBACKS), AfterValidator(_different)
    ] = []
    tools: Annotated[
        list[FunctionTool], Field(max_length=MAX_TOOLS), AfterValidator(_different_tools)
    ] = []
    tool_choice: Literal["auto", "none", "required"] | ChosenFunction | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    overridable: Annotated[
        list[Annotated[str, AfterValidator(_may_be_overridden)]], AfterValidator(_different)
    ] = []
    max_retries: Annotated[int, Field(ge=0, le=5)] = 2
    timeout_s: Annotated[float, Field(gt=0, le=300)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = {tool.function.name for tool in self.tools}
        choice = self.tool_choice
        if not names and (choice is not None or self.parallel_tool_calls is not None):
            raise ValueError("tool_choice and parallel_tool_calls need tools.")
        if isinstance(choice, ChosenFunction) and choice.function.name not in names:
            raise ValueError("tool_choice names a function that is not among the tools.")
        if len(orjson.dumps(dump_config(self))) > MAX_CONFIG_BYTES:
            raise ValueError(f"A config is at most {MAX_CONFIG_BYTES // 1024} KiB long.")
        return self


def dump_config(config: PromptConfig) -> dict[str, object]:
    """The configuration as it is stored: without what is null or says only its default."""
    return {
        "model": config.model,
        "parameters": config.parameters.model_dump(exclude_none=True),
        # Not exclude_none: a JSON Schema may hold a null of its own.
        **config.model_dump(exclude={"model", "parameters"}, exclude_defaults=True),
    }


def hashed_config(stored: Mapping[str, object]) -> dict[str, object]:
    """What of a stored configuration goes into the content hash.

    A model fills in a schema in the order of its properties, so there the order counts.
    """
    hashed = dict(stored)
    for name in ("tools", "response_format"):
        if name in hashed:
            hashed[name] = orjson.dumps(hashed[name]).decode()
    return hashed


def request_fields(stored: Mapping[str, object]) -> dict[str, object]:
    """Tools, tool_choice, parallel_tool_calls and response_format, as OpenAI's body takes them."""
    names = ("tools", "tool_choice", "parallel_tool_calls", "response_format")
    return {name: stored[name] for name in names if name in stored}


def check_overrides(given: Mapping[str, object]) -> dict[str, object]:
    """The parameters that a run sets for itself, within the bounds of a prompt's own.

    What is null is left out, as it is not sent. Raises InvalidRequest that names each field at
    fault as `#/parameters/{name}`.
    """
    try:
        return Parameters.model_validate(dict(given)).model_dump(exclude_none=True)
    except ValidationError as error:
        raise _invalid(error.errors(include_url=False, include_input=False)) from None


def _invalid(found: Sequence[Mapping[str, Any]]) -> InvalidRequest:
    problems = [
        FieldProblem(
            InvalidRequest.code,
            "#/parameters/" + "/".join(_token(part) for part in item["loc"]),
            "There is no such parameter."
            if item["type"] == "extra_forbidden"
            else "This parameter is of the wrong type or out of its bounds.",
        )
        for item in found
    ]
    return InvalidRequest(f"{problems[0].pointer}: {problems[0].message}", errors=problems)


def _token(part: object) -> str:
    """A reference token of RFC 6901; a name of any length and kind may have been sent."""
    return str(part)[:100].replace("~", "~0").replace("/", "~1")
