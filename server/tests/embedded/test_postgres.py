import os
import select
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import pytest

from promptops_server.embedded.data_dir import open_data_dir
from promptops_server.embedded.errors import StartRefused
from promptops_server.embedded.postgres import (
    clear_after_crash,
    open_cluster,
    running_postgres,
    temporary_postgres,
)
from promptops_server.embedded.processes import list_processes_in
from promptops_server.embedded.temporary import folder_for_a_test

TEST_RUN = """
import asyncio, pathlib, sys
from promptops_server.embedded.postgres import running_postgres
from promptops_server.embedded.valkey import running_valkey

async def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    async with running_postgres(folder / "p", {"fsync": "off"}), running_valkey(folder / "v"):
        print("running", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def sockets_of(url: str) -> Path:
    """The folder of the socket that a URL names."""
    return Path(unquote(url.partition("host=")[2]))


def mode_of(path: Path) -> int | None:
    """The permissions of a file, or None where there is none."""
    return path.stat().st_mode & 0o777 if path.exists() else None


async def test_database_is_safe_private_and_has_vectors() -> None:
    with folder_for_a_test() as folder:
        async with running_postgres(folder / "a folder 中文") as url:
            connection = await asyncpg.connect(url)
            for name, value in {
                "fsync": "on",
                "synchronous_commit": "on",
                "data_checksums": "on",
                "listen_addresses": "",
                "max_connections": "100",
                "shared_buffers": "128MB",
                "TimeZone": "UTC",
            }.items():
                assert await connection.fetchval(f"SHOW {name}") == value
            assert await connection.fetchval("SELECT current_user") == "promptops"
            assert await connection.fetchrow(
                "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'promptops'"
            ) == (b"b", "C.UTF-8")
            await connection.execute("CREATE EXTENSION vector")
            distance = await connection.fetchval("SELECT '[1,0]'::vector <=> '[0,1]'::vector")
            assert distance == 1.0
            assert mode_of(sockets_of(url)) == 0o700
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute("SELECT 'a canary' FROM missing_table")
            await connection.close()
            data = open_data_dir(folder / "a folder 中文")
        assert list_processes_in(data.cluster, "postgres") == []
        assert "a canary" not in data.log("postgres").read_text()


def test_killed_test_run_leaves_no_server_behind() -> None:
    with folder_for_a_test() as folder:
        with subprocess.Popen(
            [sys.executable, "-c", TEST_RUN, folder],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        ) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == b"running\n"
            servers = list_processes_in(folder / "p" / "postgres", "postgres")
            servers += list_processes_in(folder / "v" / "valkey", "valkey-server")
            pidfds = [os.pidfd_open(pid) for pid in servers]
            assert len(pidfds) > 2
            run.kill()
        for pidfd in pidfds:
            assert select.select([pidfd], [], [], 10)[0]
            os.close(pidfd)


async def test_temporary_database_takes_settings_and_goes_away() -> None:
    async with temporary_postgres({"max_connections": "20"}) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SHOW max_connections") == "20"
        assert await connection.fetchval("SHOW fsync") == "off"
        await connection.close()
    assert mode_of(sockets_of(url)) is None


def test_data_of_another_major_version_is_refused_with_a_sentence() -> None:
    with folder_for_a_test() as folder:
        data = open_data_dir(folder)
        data.cluster.mkdir()
        (data.cluster / "PG_VERSION").write_text("16\n")
        with pytest.raises(StartRefused, match="written by PostgreSQL 16"):
            open_cluster(data)


def test_pid_file_of_a_dead_postmaster_is_removed_and_that_of_a_live_one_stays() -> None:
    with folder_for_a_test() as folder:
        cluster = open_cluster(open_data_dir(folder))
        cluster.data.cluster.mkdir()
        pid_file = cluster.data.cluster / "postmaster.pid"
        for text, stays in ((f"{2**22 + 1}\n", False), (f"{os.getpid()}\n", True), ("?", True)):
            pid_file.write_text(text)
            clear_after_crash(cluster)
            assert pid_file.exists() is stays
