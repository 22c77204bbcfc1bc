import os
import subprocess

import pytest

from promptops_server.embedded.binaries import (
    copy_postgres,
    find_model,
    find_package,
    find_postgres,
    find_valkey,
)
from promptops_server.embedded.data_dir import open_data_dir
from promptops_server.embedded.errors import StartRefused
from promptops_server.embedded.temporary import folder_for_a_test


def test_bundled_programs_and_files_are_found() -> None:
    assert os.access(find_postgres() / "postgres", os.X_OK)
    assert os.access(find_valkey(), os.X_OK)
    assert find_model().suffix == ".gguf"


def test_missing_package_is_refused_with_a_sentence() -> None:
    with pytest.raises(StartRefused, match="no_such_package is not installed"):
        find_package("no_such_package")


def test_copy_is_made_once_works_by_itself_and_replaces_older_ones() -> None:
    with folder_for_a_test() as folder:
        data = open_data_dir(folder)
        (folder / "postgres-bin-0.0.1").mkdir()
        (folder / "postgres-bin-0.0.2.new").mkdir()
        programs = copy_postgres(data)
        assert programs.is_relative_to(folder)
        assert [path.name for path in folder.glob("postgres-bin-*")] == [
            programs.parents[2].name,
        ]
        # pg_dump needs libpq, which it finds beside the copy.
        for program in ("postgres", "pg_dump"):
            said = subprocess.run(
                [programs / program, "--version"], capture_output=True, text=True, check=True
            )
            assert "(PostgreSQL) 18" in said.stdout
        made = programs.stat().st_mtime_ns, programs.stat().st_ino
        assert copy_postgres(data) == programs
        assert (programs.stat().st_mtime_ns, programs.stat().st_ino) == made
        assert (programs / "postgres").stat().st_mode & 0o777 == 0o755
