"""Whether this process lives, and whether it can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, cast

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from redis.exceptions import RedisError

from promptops_server.core.db import CONNECTION_ERRORS

# Returns where the part answers, raises where it does not.
Check = Callable[[], Awaitable[Any]]
State = Literal["ok", "unavailable"]

router = APIRouter(prefix="/api/v1/health", tags=["Health"])
_PATIENCE_S = 2.0


class Live(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Ready(BaseModel):
    """Whether the process can do its work, and whether each part answers."""

    status: State
    parts: dict[str, State]


@router.get("/live")
async def live() -> Live:
    """Answers as long as the process does; looks at nothing else."""
    return Live(status="ok")


@router.get("/ready", responses={503: {"model": Ready, "description": "A part is away."}})
async def ready(request: Request, response: Response) -> Ready:
    """Whether PostgreSQL and Valkey answer. Without Valkey runs go on; without PostgreSQL not."""
    checks = cast("Mapping[str, Check]", request.app.state.health_checks)
    states = await asyncio.gather(*(_state(check) for check in checks.values()))
    parts = dict(zip(checks, states, strict=True))
    if parts["postgresql"] != "ok":
        response.status_code = 503
    return Ready(status=parts["postgresql"], parts=parts)


async def _state(check: Check) -> State:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await check()
    except (RedisError, *CONNECTION_ERRORS):
        return "unavailable"
    return "ok"
