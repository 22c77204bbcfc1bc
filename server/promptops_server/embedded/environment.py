"""The environments of the children: each gets the addresses that it needs, and no other secret."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promptops_server.core.settings import ENV_PREFIX, Settings

# A helper that talks to models needs no database and no master key: what it does not have, a fault
# in one of its many dependencies cannot give away.
_NOT_FOR_HELPERS = re.compile(
    f"{ENV_PREFIX}(MASTER_KEY|DATABASE_URL|REDIS_URL|S3_|ADAPTOR_TOKEN|SUPERVISOR_SOCKET|SMTP_URL)"
)
# libpq's and asyncpg's own variables would change where the embedded database is looked for.
_LIBPQ = re.compile(r"PG[A-Z]+\Z")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts are, embedded or not."""

    database_url: str
    redis_url: str
    local_model_url: str
    private_model_hosts: str
    supervisor_socket: Path


def base_environment() -> dict[str, str]:
    """A copy of our environment for children, which may write byte code: it halves their start."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def app_environment(settings: Settings, addresses: Addresses, data_dir: Path) -> dict[str, str]:
    """The environment of `prepare` and `serve`: every setting, with the addresses filled in."""
    environment = base_environment()
    if settings.database_url is None:
        for name in filter(_LIBPQ.match, list(environment)):
            del environment[name]
    environment |= {
        f"{ENV_PREFIX}DATA_DIR": str(data_dir),
        f"{ENV_PREFIX}HOST": settings.host,
        f"{ENV_PREFIX}PORT": str(settings.port),
        f"{ENV_PREFIX}DATABASE_URL": addresses.database_url,
        f"{ENV_PREFIX}REDIS_URL": addresses.redis_url,
        f"{ENV_PREFIX}LOCAL_MODEL_URL": addresses.local_model_url,
        f"{ENV_PREFIX}PRIVATE_MODEL_HOSTS": addresses.private_model_hosts,
        f"{ENV_PREFIX}SUPERVISOR_SOCKET": str(addresses.supervisor_socket),
    }
    return environment


def with_listener(environment: Mapping[str, str], descriptor: int) -> dict[str, str]:
    """The environment of `serve`, which finds its listening socket by this number."""
    return {**environment, f"{ENV_PREFIX}LISTEN_FD": str(descriptor)}


def helper_environment() -> dict[str, str]:
    """The environment of a helper: ours without the secrets of the platform."""
    environment = base_environment()
    for name in filter(_NOT_FOR_HELPERS.match, list(environment)):
        del environment[name]
    return environment


def add_private_host(hosts: str, entry: str) -> str:
    """The comma-separated list of hosts with one more entry."""
    return ",".join(filter(None, [hosts.strip(), entry]))
