"""The installation over HTTP, for instance administrators."""

from fastapi import APIRouter

from promptops_server import __version__
from promptops_server.access.deps import Administrator
from promptops_server.core.problems import errors
from promptops_server.instance.deps import OwnSettings, PartPlaces
from promptops_server.instance.schemas import InstanceSettings, PartsRead, SettingRead
from promptops_server.instance.service import check_parts, status_of
from promptops_server.instance.settings_view import settings_in_force

router = APIRouter(prefix="/api/v1")


@router.get("/health/parts", tags=["Health"], responses=errors())
async def read_parts(_administrator: Administrator, places: PartPlaces) -> PartsRead:
    """How each part is, and where one is not well what is wrong and what to do.

    200 whatever is found. `promptops-server doctor` tells the same in a shell.
    """
    parts = await check_parts(places)
    return PartsRead.of(status_of(parts), parts)


@router.get("/instance/settings", tags=["Instance"], responses=errors())
async def read_settings(_administrator: Administrator, settings: OwnSettings) -> InstanceSettings:
    """The settings of the process that answers, and where each comes from; secrets are masked."""
    found = [SettingRead.of(setting) for setting in settings_in_force(settings)]
    return InstanceSettings(version=__version__, settings=found)
