"""The installation over HTTP, for instance administrators."""

from fastapi import APIRouter

from promptops_server.access.deps import Administrator
from promptops_server.core.problems import errors
from promptops_server.instance.deps import PartPlaces
from promptops_server.instance.schemas import PartsRead
from promptops_server.instance.service import check_parts, status_of

router = APIRouter(prefix="/api/v1")


@router.get("/health/parts", tags=["Health"], responses=errors())
async def read_parts(_administrator: Administrator, places: PartPlaces) -> PartsRead:
    """How each part is, and where one is not well what is wrong and what to do.

    200 whatever is found. `promptops-server doctor` tells the same in a shell.
    """
    parts = await check_parts(places)
    return PartsRead.of(status_of(parts), parts)
