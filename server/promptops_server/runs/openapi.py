"""The run route's entry in the OpenAPI document, written by hand since the route is bare ASGI."""

from typing import Any

from promptops_server.core.addresses import AddressRefused
from promptops_server.core.errors import Forbidden, SecretsUnavailable, ShuttingDown
from promptops_server.core.problems import ALWAYS, WITH_BODY, problem_responses
from promptops_server.core.sidecars import SidecarUnavailable
from promptops_server.deployments.errors import NothingDeployed
from promptops_server.prompts.errors import DraftNotFound, PromptNotFound, VersionNotFound
from promptops_server.prompts.template_errors import (
    MissingVariable,
    TemplateLimitExceeded,
    TemplateRenderFailed,
)
from promptops_server.providers.errors import (
    ContextTooLong,
    ProviderAuth,
    ProviderContentFilter,
    ProviderError,
    ProviderNotConfigured,
    ProviderQuota,
    ProviderRateLimited,
    ProviderTimeout,
    RequestUnsupported,
)
from promptops_server.ratelimit.bucket import RateLimited
from promptops_server.runs.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    OutputNotStored,
    OverrideNotAllowed,
    RunCancelled,
    RunNotFound,
)
from promptops_server.runs.schemas import RunAccepted, RunAnswer, RunCreate

_ERRORS = (
    MissingVariable,
    TemplateRenderFailed,
    TemplateLimitExceeded,
    PromptNotFound,
    NothingDeployed,
    ProviderNotConfigured,
    RateLimited,
    ProviderAuth,
    ProviderQuota,
    ProviderContentFilter,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ContextTooLong,
    RequestUnsupported,
    SidecarUnavailable,
    SecretsUnavailable,
    AddressRefused,
    Forbidden,
    OverrideNotAllowed,
    VersionNotFound,
    DraftNotFound,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    OutputNotStored,
    RunCancelled,
    RunNotFound,
    ShuttingDown,
)
_STREAM = """A stream of events: `meta`, `delta`..., `usage`, then exactly one `done` or `error`.
`id` is the run's id and the event's number. A line that begins with a colon keeps a silent
connection alive. `error` carries a problem document. `done` comes after the run is in the ledger.
A second `meta` says that the run was begun anew: what came before it does not count.

    id: run_01...:1
    event: meta
    data: {"run_id":"run_01...","prompt":"greeting","version":"1.0.0","environment":"prod",...}

    id: run_01...:2
    event: delta
    data: {"text":"Hello"}
"""


def run_operation() -> dict[str, Any]:
    """The OpenAPI operation of `POST /api/v1/run/{prompt_alias}`."""
    return {
        "tags": ["Runs"],
        "summary": "Run Prompt",
        "operationId": "run_prompt",
        "description": "Runs the version deployed to the environment, by the prompt's alias.",
        "security": [{"ApiKey": []}, {"Session": []}],
        "parameters": [
            {
                "name": "prompt_alias",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,99}$"},
            },
            {
                "name": "env",
                "in": "query",
                "required": False,
                "description": "The environment.",
                "schema": {"type": "string", "default": "prod"},
            },
            {
                "name": "version",
                "in": "query",
                "required": False,
                "description": "A version's number, or `draft` (scope author), in place of env.",
                "schema": {"type": "string"},
            },
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "Runs once, for 24 hours, however often it is asked for.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            },
            {
                "name": "Prefer",
                "in": "header",
                "required": False,
                "description": "`respond-async`: answers 202 at once; ask for the run by its id.",
                "schema": {"type": "string"},
            },
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/RunCreate"},
                    "example": {"variables": {"topic": "AI"}, "stream": True},
                }
            },
        },
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/RunAnswer"}},
                    "text/event-stream": {"schema": {"type": "string", "description": _STREAM}},
                },
            },
            "202": {
                "description": "The run is queued.",
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/RunAccepted"}}
                },
            },
            **{
                str(status): response
                for status, response in problem_responses([*_ERRORS, *ALWAYS, *WITH_BODY]).items()
            },
        },
    }


def run_schemas() -> dict[str, Any]:
    """The component schemas that the operation refers to, by name."""
    found: dict[str, Any] = {}
    for model in (RunCreate, RunAnswer, RunAccepted):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    return found
