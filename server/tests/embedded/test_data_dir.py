import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptops_server.embedded.data_dir import (
    held,
    make_private_folder,
    open_data_dir,
    remove_short_folders,
)
from promptops_server.embedded.errors import StartRefused
from promptops_server.embedded.temporary import folder_for_a_test

is_root = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_a_test() as made:
        yield made


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_new_data_directory_is_private(folder: Path) -> None:
    data = open_data_dir(folder / "new" / "data")
    # As root, PostgreSQL's account passes through to its own folder.
    assert mode(data.root) == (0o711 if is_root else 0o700)
    for inner in (data.run, data.logs, data.valkey, data.sockets):
        assert mode(inner) == 0o700
    assert data.supervisor_socket == folder / "new" / "data" / "run" / "supervisor.sock"


def test_mode_of_a_parent_is_never_changed(folder: Path) -> None:
    parent = folder / "parent"
    parent.mkdir(mode=0o700)
    open_data_dir(parent / "data")
    assert mode(parent) == 0o700


@pytest.mark.skipif(not is_root, reason="only root lets another account pass")
def test_existing_private_data_directory_of_root_lets_others_pass(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(mode=0o700)
    open_data_dir(data)
    assert mode(data) == 0o711


@pytest.mark.parametrize("name", ["n" * 90, "文" * 30, "with, comma"])
def test_path_that_no_socket_can_have_moves_the_sockets_to_a_short_folder(
    folder: Path, name: str
) -> None:
    data = open_data_dir(folder / name)
    assert data.sockets.parent == Path("/tmp")
    assert data.sockets.name.startswith(f"promptops-{os.geteuid()}-")
    assert mode(data.sockets) == 0o700
    assert open_data_dir(folder / name) == data
    remove_short_folders(data)
    assert not data.sockets.exists()


def test_sockets_inside_of_the_data_directory_stay(folder: Path) -> None:
    data = open_data_dir(folder)
    remove_short_folders(data)
    assert data.sockets.exists()


@pytest.mark.parametrize("path", ["/proc/none/data", "{file}/data"])
def test_place_that_cannot_be_written_is_refused_with_a_sentence(folder: Path, path: str) -> None:
    file = folder / "file"
    file.touch()
    with pytest.raises(StartRefused, match=r"cannot be written .*PROMPTOPS_DATA_DIR"):
        open_data_dir(Path(path.format(file=file)))


@pytest.mark.skipif(is_root, reason="root writes anywhere")
def test_read_only_folder_is_refused_with_a_sentence(folder: Path) -> None:
    folder.chmod(0o500)
    with pytest.raises(StartRefused, match="cannot be written"):
        open_data_dir(folder / "data")


def test_link_in_place_of_a_private_folder_is_refused(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "link").symlink_to(folder / "elsewhere")
    with pytest.raises(StartRefused, match="belongs to another user"):
        make_private_folder(folder / "link")


@pytest.mark.skipif(not is_root, reason="only root can give a folder away")
def test_private_folder_of_another_user_is_refused(folder: Path) -> None:
    (folder / "theirs").mkdir()
    os.chown(folder / "theirs", 65534, 65534)
    with pytest.raises(StartRefused, match="belongs to another user"):
        make_private_folder(folder / "theirs")


def test_data_directory_is_held_once_and_free_again_afterwards(folder: Path) -> None:
    data = open_data_dir(folder)
    with held(data):
        holder = rf"already runs on .*process {os.getpid()}\)"
        with pytest.raises(StartRefused, match=holder), held(data):
            pass
    with held(data):
        pass
