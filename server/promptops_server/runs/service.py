"""From a call by name to a run that may be sent: resolve, limit, check, render.

What is wrong with a call is found before its limit is taken, and told after, so that a call that
fails costs a request too, and a key cannot probe for free.
"""

from collections.abc import Callable
from uuid import UUID

from promptops_server.access.service import require
from promptops_server.access.types import Caller, Scope
from promptops_server.core.errors import AppError
from promptops_server.deployments.errors import NothingDeployed
from promptops_server.deployments.service import ActiveVersions
from promptops_server.deployments.types import SubjectKind
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import new_id, to_public
from promptops_server.prompts.errors import PromptNotFound
from promptops_server.prompts.runnable import RunnablePrompts
from promptops_server.prompts.template_errors import MissingVariable
from promptops_server.providers.service import ModelTargets
from promptops_server.ratelimit.bucket import Buckets, Limit, rate_limited
from promptops_server.runs.request import RunRequest, parse_body, parse_query, with_headers
from promptops_server.runs.types import PreparedRun, ResolvedRun


class RunPreparer:
    """Prepares runs from what the process keeps in memory; one round trip, to the bucket."""

    def __init__(
        self,
        *,
        prompts: RunnablePrompts,
        active: ActiveVersions,
        targets: ModelTargets,
        buckets: Buckets,
        make_id: Callable[[], UUID] = new_id,
    ) -> None:
        """Takes what it asks, and where ids come from."""
        self._prompts = prompts
        self._active = active
        self._targets = targets
        self._buckets = buckets
        self._make_id = make_id

    async def prepare(
        self, caller: Caller, alias: str, query: bytes, body: bytes, request_id: str
    ) -> tuple[PreparedRun, RunRequest]:
        """The run, ready to be sent, and the request that it came from.

        Raises AppError: Forbidden, RateLimited, and after the limit was taken InvalidJson,
        InvalidRequest, PromptNotFound, NothingDeployed, ProviderNotConfigured, MissingVariable
        or what rendering raises, each with the limit's headers.
        """
        require(caller, Scope.RUN)
        found: tuple[RunRequest, str, ResolvedRun] | AppError
        try:
            request = parse_body(body)
            environment = parse_query(query)
            resolved = await self._resolve(caller.project_id, alias, environment)
            found = request, environment, resolved
        except AppError as error:
            found = error
        limit = Limit("key", caller.requests_per_minute, caller.burst)
        verdict = await self._buckets.take(f"key:{caller.id}", limit)
        if not verdict.allowed:
            raise rate_limited(limit, verdict)
        headers = limit.headers(verdict)
        if isinstance(found, AppError):
            raise with_headers(found, headers)
        request, environment, resolved = found
        try:
            messages = self._render(resolved, request)
        except AppError as error:
            raise with_headers(error, headers) from None
        run_id = self._make_id()
        prepared = PreparedRun(
            id=run_id,
            public_id=to_public("run", run_id),
            request_id=request_id,
            caller=caller,
            environment=environment,
            resolved=resolved,
            variables=request.variables,
            messages=messages,
            started_at=utc_now(),
            limit_headers=headers,
        )
        return prepared, request

    async def _resolve(self, project_id: UUID, alias: str, environment: str) -> ResolvedRun:
        prompt = await self._prompts.find(project_id, alias)
        if prompt is None:
            raise PromptNotFound("There is no prompt with this alias in this project.")
        active = await self._active.find(project_id, SubjectKind.PROMPT, prompt.id, environment)
        if active is None:
            raise NothingDeployed(f"No version of {alias!r} is deployed to this environment.")
        version = await self._prompts.version(project_id, active.version_id)
        target = await self._targets.get(project_id, version.model)
        return ResolvedRun(prompt, active, version, target)

    def _render(self, resolved: ResolvedRun, request: RunRequest) -> list[dict[str, object]]:
        template = resolved.version.template
        missing = template.missing(request.variables)
        if missing:
            raise MissingVariable(missing)
        return [dict(message) for message in template.render(request.variables)]
