"""The composition root of the API process."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from promptops_server import __version__
from promptops_server.access.people.members_router import router as members_router
from promptops_server.access.people.projects_router import router as projects_router
from promptops_server.access.people.router import router as people_router
from promptops_server.access.people.users_router import router as users_router
from promptops_server.access.router import router as access_router
from promptops_server.core import docs, health, problems, site
from promptops_server.core.asgi import RequestContext, StrictJsonBodies
from promptops_server.core.draining import Draining
from promptops_server.core.problems import Problem
from promptops_server.core.settings import Settings
from promptops_server.deployments.router import router as deployments_router
from promptops_server.instance.router import router as instance_router
from promptops_server.prompts.router import render_router
from promptops_server.prompts.router import router as prompts_router
from promptops_server.prompts.samples_router import router as samples_router
from promptops_server.providers.prices_router import router as prices_router
from promptops_server.providers.router import router as providers_router
from promptops_server.runs.endpoint import PATH as RUN_PATH
from promptops_server.runs.export_router import router as export_router
from promptops_server.runs.feedback_router import router as feedback_router
from promptops_server.runs.live_router import router as live_router
from promptops_server.runs.openapi import run_operation, run_schemas
from promptops_server.runs.router import router as runs_router
from promptops_server.runs.usage_router import router as usage_router
from promptops_server.wiring import (
    RELEASE_CHECKS,
    RESOURCE_NAMES,
    SUBJECTS,
    Services,
    make_places,
    open_services,
)

_RUN_PREFIX = RUN_PATH.partition("{")[0]
_DESCRIPTION = "Write, version, release and run prompts by name."


def make_api() -> FastAPI:
    """The application's routes, no service behind them: enough for the OpenAPI document."""
    api = FastAPI(
        title="PromptOps",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    problems.install(api)
    for router in (
        access_router,
        people_router,
        members_router,
        users_router,
        projects_router,
        prompts_router,
        samples_router,
        render_router,
        deployments_router,
        providers_router,
        prices_router,
        live_router,
        export_router,
        runs_router,
        feedback_router,
        usage_router,
        instance_router,
        health.router,
    ):
        api.include_router(router)
    docs.install(api)
    site.install(api)
    api.openapi = lambda: _openapi(api)
    return api


def _openapi(api: FastAPI) -> dict[str, Any]:
    if api.openapi_schema is None:
        schema = get_openapi(
            title=api.title, version=api.version, description=_DESCRIPTION, routes=api.routes
        )
        schema["paths"][RUN_PATH] = {"post": run_operation()}
        schema["paths"] = dict(sorted(schema["paths"].items()))
        components = schema["components"]["schemas"]
        components |= run_schemas()
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        components |= problem.pop("$defs")
        components["Problem"] = problem
        # FastAPI's own shape of a validation error is never sent.
        for unused in ("HTTPValidationError", "ValidationError"):
            components.pop(unused, None)
        schema["components"]["schemas"] = dict(sorted(components.items()))
        api.openapi_schema = schema
    return api.openapi_schema


class _RunRoute:
    """Stands in the routing table before the services are open, and hands on to the endpoint."""

    def __init__(self) -> None:
        self.services: Services | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.services is None:
            raise AssertionError("no request arrives before start-up has ended")
        await self.services.run_path.endpoint(scope, receive, send)


def create_app(settings: Settings, draining: Draining) -> ASGIApp:
    """The ASGI application of one API process; `draining` begins when it is being stopped."""
    api = make_api()
    run_route = _RunRoute()
    # For what is no POST, and for the list of routes; a run itself is matched before the table.
    api.router.routes.insert(0, Route(RUN_PATH, run_route, methods=["POST"]))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        services = await open_services(settings, draining)
        run_route.services = services
        api.state.database = services.database
        api.state.authenticator = services.authenticator
        api.state.cursors = services.cursors
        api.state.targets = services.targets
        api.state.model_client = services.model_client
        api.state.master_key = services.master_key
        api.state.address_policy = services.address_policy
        api.state.run_reader = services.run_path.reader
        api.state.live_runs = services.run_path.live
        api.state.subjects = SUBJECTS
        api.state.release_checks = RELEASE_CHECKS
        api.state.resource_names = RESOURCE_NAMES
        api.state.passwords = services.passwords
        api.state.attempts = services.attempts
        api.state.mailer = services.mailer
        api.state.settings = settings
        api.state.places = make_places(settings, from_outside=False)
        api.state.health_checks = services.health_checks()
        try:
            yield
        finally:
            await services.close()

    api.router.lifespan_context = lifespan
    strict = StrictJsonBodies(api)

    async def runs_first(scope: Scope, receive: Receive, send: Send) -> None:
        # The one route where time counts is matched here: it reads its own body, once, and its
        # errors are answered by RequestContext.
        if scope["type"] == "http" and scope["path"].startswith(_RUN_PREFIX):
            alias = scope["path"][len(_RUN_PREFIX) :]
            if scope["method"] == "POST" and alias and "/" not in alias:
                scope["path_params"] = {"prompt_alias": alias}
                await run_route(scope, receive, send)
                return
        await strict(scope, receive, send)

    return RequestContext(runs_first)
