"""From a call by name to a run that may be sent: resolve, limit, check, render.

What is wrong with a call is found before its limit is taken, and told after, so that a call that
fails costs a request too, and a key cannot probe for free.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from promptops_server.access.service import require, require_environment, require_prompt
from promptops_server.access.types import Caller, Scope
from promptops_server.core.errors import AppError, FieldProblem, Forbidden
from promptops_server.deployments.errors import NothingDeployed
from promptops_server.deployments.service import ActiveVersions
from promptops_server.deployments.types import SubjectKind
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import new_id, to_public
from promptops_server.prompts.config import check_overrides
from promptops_server.prompts.errors import DraftNotFound, PromptNotFound, VersionNotFound
from promptops_server.prompts.rendering import MessageTemplate
from promptops_server.prompts.runnable import RunnablePrompts
from promptops_server.prompts.template_errors import MissingVariable
from promptops_server.prompts.types import PromptRef, RunnableVersion
from promptops_server.providers.service import ModelTargets
from promptops_server.providers.types import ModelTarget
from promptops_server.ratelimit.admission import Admission, Grant, Limits
from promptops_server.ratelimit.bucket import Limit
from promptops_server.runs.errors import OverrideNotAllowed
from promptops_server.runs.request import (
    DRAFT,
    RunAddress,
    RunRequest,
    parse_body,
    parse_query,
    with_headers,
)
from promptops_server.runs.types import PreparedRun, RunPlan
from promptops_server.usage.service import StoreSettings
from promptops_server.usage.types import Source

# Tokens are reserved by an estimate, made good when the run has ended: what is written in letters
# has fewer than a token in three of them; an answer without a bound is taken to be this long.
_CHARACTERS_A_TOKEN = 3
_ANSWER_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class _Resolved:
    """What a call stands for at this moment."""

    prompt: PromptRef
    version: RunnableVersion
    target: ModelTarget
    models: tuple[str, ...]
    parameters: Mapping[str, object]
    source: Source
    deprecated_at: datetime | None


@dataclass(slots=True)
class AdmittedCall:
    """A call whose limits were taken; `found` is what it asks for, or what is wrong with it.

    `has_begun` is set when a run was made of it, which gives back what was taken.
    """

    id: UUID
    caller: Caller
    request_id: str
    grant: Grant
    found: tuple[RunRequest, RunAddress, _Resolved] | AppError
    has_begun: bool = False


class RunPreparer:
    """Prepares runs from what the process keeps in memory; one round trip, to the limits."""

    def __init__(
        self,
        *,
        prompts: RunnablePrompts,
        active: ActiveVersions,
        targets: ModelTargets,
        settings: StoreSettings,
        admission: Admission,
        deadline_s: float,
        make_id: Callable[[], UUID] = new_id,
    ) -> None:
        """Takes what it asks, and where ids come from."""
        self._prompts = prompts
        self._active = active
        self._targets = targets
        self._settings = settings
        self._admission = admission
        self._deadline_s = deadline_s
        self._make_id = make_id

    async def admit(
        self, caller: Caller, alias: str, query: bytes, body: bytes, request_id: str
    ) -> AdmittedCall:
        """The call, its limits taken. Raises Forbidden and RateLimited."""
        require(caller, Scope.RUN)
        run_id = self._make_id()
        entry = b""
        estimate = 0
        found: tuple[RunRequest, RunAddress, _Resolved] | AppError
        try:
            address = parse_query(query)
            request = parse_body(body)
            resolved = await self._resolve(caller, alias, address, request)
            found = request, address, resolved
            entry = _entry(caller, resolved, address, request)
            if caller.tokens_per_minute is not None:
                estimate = _estimate(resolved, len(body))
        except AppError as error:
            found = error
        grant = await self._admission.enter(
            str(caller.id),
            _limits_of(caller),
            run=to_public("run", run_id),
            tokens=estimate,
            entry=entry,
        )
        return AdmittedCall(run_id, caller, request_id, grant, found)

    async def prepare(self, call: AdmittedCall) -> tuple[PreparedRun, RunRequest]:
        """The run, ready to be sent, and the request that it came from.

        Raises AppError with the limit's headers: InvalidJson, InvalidRequest, PromptNotFound,
        NothingDeployed, ProviderNotConfigured, MissingVariable or what rendering raises. Tokens
        that were reserved are given back then; the request is spent.
        """
        try:
            if isinstance(call.found, AppError):
                raise call.found
            request, address, resolved = call.found
            plan = await self._plan(call, request, address, resolved)
        except AppError as error:
            self._admission.settle(call.grant, 0)
            raise with_headers(error, call.grant.headers) from None
        headers = {**call.grant.headers, "X-Run-Id": plan.public_id}
        _tell_deprecation(headers, resolved)
        prepared = PreparedRun(plan, resolved.target, call.caller, call.grant, headers)
        return prepared, request

    def give_back(self, call: AdmittedCall) -> None:
        """Gives back the tokens and the lease of a call that makes no run of its own."""
        self._admission.settle(call.grant, 0)

    async def _plan(
        self, call: AdmittedCall, request: RunRequest, address: RunAddress, resolved: _Resolved
    ) -> RunPlan:
        version, caller = resolved.version, call.caller
        missing = version.template.missing(request.variables)
        if missing:
            raise MissingVariable(missing)
        settings = await self._settings.get(caller.project_id)
        limits = (self._deadline_s, version.timeout_s, request.timeout_s)
        return RunPlan(
            id=call.id,
            project_id=caller.project_id,
            source=resolved.source,
            request_id=call.request_id,
            prompt_id=resolved.prompt.id,
            prompt_alias=resolved.prompt.alias,
            version_id=version.id if version.version_num else None,
            version_num=version.version_num,
            content_hash=version.content_hash,
            environment=address.environment,
            api_key_id=caller.id if caller.kind == "api_key" else None,
            models=resolved.models,
            parameters=resolved.parameters,
            request_fields=version.request_fields,
            variables=request.variables,
            messages=list(version.template.render(request.variables, request.messages or ())),
            started_at=utc_now(),
            deadline_s=min(limit for limit in limits if limit is not None),
            max_retries=version.max_retries,
            store=settings.store,
            overrides=request.overrides,
            input_messages=request.messages,
            user=request.user,
            session=request.session,
            metadata=request.metadata,
        )

    async def _resolve(
        self, caller: Caller, alias: str, address: RunAddress, request: RunRequest
    ) -> _Resolved:
        project_id = caller.project_id
        prompt = await self._prompts.find(project_id, alias)
        if prompt is None:
            raise PromptNotFound("There is no prompt with this alias in this project.")
        require_prompt(caller, prompt.id)
        version = await self._version(caller, prompt, address)
        deprecated_at = None
        if version.version_num is not None:
            deprecated_at = await self._prompts.deprecated_at(project_id, version.id)
        models, parameters, source = _with_overrides(caller, version, request.overrides)
        target = await self._targets.get(project_id, models[0])
        return _Resolved(prompt, version, target, models, parameters, source, deprecated_at)

    async def _version(
        self, caller: Caller, prompt: PromptRef, address: RunAddress
    ) -> RunnableVersion:
        project_id = caller.project_id
        if address.environment is not None:
            require_environment(caller, address.environment)
            active = await self._active.find(
                project_id, SubjectKind.PROMPT, prompt.id, address.environment
            )
            if active is None:
                raise NothingDeployed(
                    f"No version of {prompt.alias!r} is deployed to this environment."
                )
            return await self._prompts.version(project_id, active.version_id)
        if caller.environments is not None:
            raise Forbidden("This API key runs only what is deployed to its environments.")
        if address.version == DRAFT:
            require(caller, Scope.AUTHOR)
            draft = await self._prompts.draft(project_id, prompt.id, caller.id)
            if draft is None:
                raise DraftNotFound("You have no draft of this prompt.")
            return draft
        found = await self._prompts.numbered(project_id, prompt.id, address.version or "")
        if found is None:
            raise VersionNotFound("This prompt has no such version.")
        return found


def _limits_of(caller: Caller) -> Limits:
    tokens = caller.tokens_per_minute
    return Limits(
        Limit("key", caller.requests_per_minute, caller.burst),
        None if tokens is None else Limit("tokens", tokens, tokens),
        caller.concurrent_runs,
    )


def _estimate(resolved: _Resolved, body_bytes: int) -> int:
    entries = resolved.version.template.entries
    template = sum(len(entry.content) for entry in entries if isinstance(entry, MessageTemplate))
    wanted = resolved.parameters.get("max_completion_tokens") or resolved.parameters.get(
        "max_tokens"
    )
    answer = wanted if isinstance(wanted, int) else _ANSWER_TOKENS
    return (template + body_bytes) // _CHARACTERS_A_TOKEN + answer


def _entry(caller: Caller, resolved: _Resolved, address: RunAddress, request: RunRequest) -> bytes:
    """What is seen of a plain run while it runs."""
    version = resolved.version
    return orjson.dumps(
        {
            "project_id": caller.project_id,
            "api_key_id": caller.id if caller.kind == "api_key" else None,
            "prompt_id": resolved.prompt.id,
            "prompt": resolved.prompt.alias,
            "version_id": version.id if version.version_num else None,
            "version": version.version_num or DRAFT,
            "environment": address.environment,
            "model": resolved.models[0],
            "source": resolved.source,
            "user": request.user,
            "session": request.session,
            "started_at": utc_now(),
        },
        # The driver's UUIDs are of a class of its own.
        default=str,
    )


def _with_overrides(
    caller: Caller, version: RunnableVersion, overrides: dict[str, object]
) -> tuple[tuple[str, ...], Mapping[str, object], Source]:
    """The models and parameters of this call, and what kind of run that makes it.

    Who may author may change everything, and such a run counts as a test, or as one of the
    playground; any other call changes what the version allows. Raises OverrideNotAllowed and
    InvalidRequest.
    """
    source: Source = "playground" if caller.kind == "user" else "api"
    models = (version.model, *version.fallback_models)
    if version.version_num is None and source == "api":
        source = "test"
    if not overrides:
        return models, version.parameters, source
    beyond = [name for name in overrides if name not in version.overridable]
    if beyond:
        if not caller.may(Scope.AUTHOR):
            raise _not_allowed(beyond)
        source = "test" if source == "api" else source
    changed = dict(overrides)
    model = changed.pop("model", None)
    if isinstance(model, str):
        # Another model was asked for by name: what stood in for the version's own does not count.
        models = (model,)
    return models, {**version.parameters, **check_overrides(changed)}, source


def _not_allowed(names: list[str]) -> OverrideNotAllowed:
    problems = [
        FieldProblem(
            OverrideNotAllowed.code,
            "#/model" if name == "model" else f"#/parameters/{name[:100]}",
            "The version does not let a call change this.",
        )
        for name in names
    ]
    first = problems[0]
    return OverrideNotAllowed(f"{first.pointer}: {first.message}", errors=problems)


def _tell_deprecation(headers: dict[str, str], resolved: _Resolved) -> None:
    """Deprecation (RFC 9745) for a deprecated version, and for an alias that was given up."""
    renamed_at = resolved.prompt.renamed_at
    moments = [moment for moment in (resolved.deprecated_at, renamed_at) if moment is not None]
    if not moments:
        return
    headers["Deprecation"] = f"@{int(min(moments).timestamp())}"
    if renamed_at is not None:
        alias = resolved.prompt.alias
        headers["Link"] = f'</api/v1/run/{alias}>; rel="successor-version"'
