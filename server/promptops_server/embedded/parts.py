"""The parts of a running platform, built from the settings: which are embedded, how each starts."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from promptops_server.core.addresses import reachable_host
from promptops_server.core.settings import Settings
from promptops_server.embedded.beside import note_addresses
from promptops_server.embedded.children import Launch
from promptops_server.embedded.data_dir import DataDir
from promptops_server.embedded.environment import (
    Addresses,
    add_private_host,
    app_environment,
    helper_environment,
    with_listener,
)
from promptops_server.embedded.keeper import KeptChild, Report
from promptops_server.embedded.listener import find_free_port
from promptops_server.embedded.postgres import Cluster, keep_postgres, open_cluster
from promptops_server.embedded.probes import answers_http
from promptops_server.embedded.processes import ChildrenRecord
from promptops_server.embedded.valkey import keep_valkey, valkey_url

_READY_PATH = "/api/v1/health/ready"
_MODEL_THREADS = "2"
# The API process ends by itself when its drain is over; this is what it gets beyond that.
_AFTER_DRAIN_S = 10.0
# -P keeps the folder where the supervisor was started out of the children's import path.
_PYTHON = (sys.executable, "-P", "-m")
_CLI = (*_PYTHON, "promptops_server.cli")


@dataclass(frozen=True, slots=True)
class Commands:
    """What starts each of our own children; `--port` or `--socket` is added where it applies."""

    prepare: tuple[str, ...] = (*_CLI, "prepare")
    serve: tuple[str, ...] = (*_CLI, "serve")
    local_model: tuple[str, ...] = (
        *_PYTHON,
        "promptops_server.embedded.local_model",
        "--threads",
        _MODEL_THREADS,
    )
    adaptor: tuple[str, ...] = (*_PYTHON, "promptops_server.adaptor")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the supervisor keeps; a part that a real server replaces is None."""

    cluster: Cluster | None
    postgres: KeptChild | None
    valkey: KeptChild | None
    local_model: KeptChild | None
    prepare: Launch
    api: KeptChild
    adaptor: KeptChild

    def in_starting_order(self) -> list[KeptChild]:
        """The parts that exist, each after those that it needs."""
        parts = (self.postgres, self.valkey, self.local_model, self.adaptor, self.api)
        return [part for part in parts if part is not None]


@dataclass(frozen=True, slots=True)
class _Workshop:
    """What building a part needs."""

    settings: Settings
    data: DataDir
    commands: Commands
    record: ChildrenRecord
    report: Report


def build_parts(
    settings: Settings,
    data: DataDir,
    commands: Commands,
    record: ChildrenRecord,
    report: Report,
    listener_fd: int,
) -> Parts:
    """The parts, none of them started. `listener_fd` is the API's listening socket.

    Raises StartRefused where an embedded part cannot run on this machine or data directory.
    """
    shop = _Workshop(settings, data, commands, record, report)
    cluster = None if settings.database_url else open_cluster(data, settings.postgres_user)
    model_port = None if settings.local_model_url else find_free_port()
    addresses = _addresses(shop, cluster, model_port)
    environment = app_environment(settings, addresses, data.root)
    note_addresses(data, _embedded(settings, addresses))
    return Parts(
        cluster=cluster,
        postgres=keep_postgres(cluster, record, report) if cluster else None,
        valkey=None if settings.redis_url else keep_valkey(data, record, report),
        local_model=_keep_local_model(shop, model_port) if model_port else None,
        prepare=Launch(
            name="prepare",
            argv=commands.prepare,
            environment=environment,
            log=data.log("prepare"),
            death_signal=signal.SIGTERM,
        ),
        api=_keep_api(shop, environment, listener_fd),
        adaptor=_keep_adaptor(shop),
    )


def _addresses(shop: _Workshop, cluster: Cluster | None, model_port: int | None) -> Addresses:
    settings = shop.settings
    hosts = settings.private_model_hosts
    if model_port:
        hosts = add_private_host(hosts, f"127.0.0.1:{model_port}")
    return Addresses(
        database_url=settings.database_url or (cluster.url if cluster else ""),
        redis_url=settings.redis_url or valkey_url(shop.data),
        local_model_url=settings.local_model_url or f"http://127.0.0.1:{model_port}/v1",
        private_model_hosts=hosts,
        supervisor_socket=shop.data.supervisor_socket,
    )


def _embedded(settings: Settings, addresses: Addresses) -> dict[str, str]:
    """The addresses that no setting names, which may hold a password."""
    own = {
        "database_url": (settings.database_url, addresses.database_url),
        "redis_url": (settings.redis_url, addresses.redis_url),
        "local_model_url": (settings.local_model_url, addresses.local_model_url),
        "supervisor_socket": (None, str(addresses.supervisor_socket)),
    }
    return {name: address for name, (named, address) in own.items() if named is None}


def _keep_local_model(shop: _Workshop, port: int) -> KeptChild:
    return KeptChild(
        Launch(
            name="local-model",
            argv=(*shop.commands.local_model, "--port", str(port)),
            environment=helper_environment(),
            log=shop.data.log("local-model"),
            stop_timeout_s=5.0,
        ),
        label="Local model",
        answers=lambda: answers_http(("127.0.0.1", port), "/health"),
        report=shop.report,
        record=shop.record,
    )


def _keep_api(shop: _Workshop, environment: dict[str, str], listener_fd: int) -> KeptChild:
    settings = shop.settings
    address = (reachable_host(settings.host), settings.port)
    return KeptChild(
        Launch(
            name="api",
            argv=shop.commands.serve,
            environment=with_listener(environment, listener_fd),
            log=shop.data.log("api"),
            stop_timeout_s=settings.drain_timeout_s + _AFTER_DRAIN_S,
            # With a real database it can still end its runs in order.
            death_signal=signal.SIGTERM,
            pass_fds=(listener_fd,),
        ),
        label="API",
        answers=lambda: answers_http(address, _READY_PATH),
        report=shop.report,
        record=shop.record,
    )


def _keep_adaptor(shop: _Workshop) -> KeptChild:
    socket: Path = shop.data.adaptor_socket
    return KeptChild(
        Launch(
            name="adaptor",
            argv=(*shop.commands.adaptor, "--socket", str(socket)),
            environment=helper_environment(),
            log=shop.data.log("adaptor"),
            stop_timeout_s=5.0,
        ),
        label="Model adaptor",
        answers=lambda: answers_http(socket, "/health"),
        report=shop.report,
        record=shop.record,
    )
