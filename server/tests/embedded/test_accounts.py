import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptops_server.embedded.accounts import choose_postgres_account, find_blocked_folder
from promptops_server.embedded.data_dir import open_data_dir
from promptops_server.embedded.errors import StartRefused
from promptops_server.embedded.processes import Account
from promptops_server.embedded.temporary import folder_for_a_test

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root chooses another account")
STRANGER = Account(uid=64_000, gid=64_000)


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_a_test() as made:
        yield made


def test_first_folder_that_keeps_a_stranger_out_is_found(folder: Path) -> None:
    inner = folder / "outer" / "inner"
    inner.mkdir(parents=True)
    folder.chmod(0o711)
    inner.parent.chmod(0o711)
    inner.chmod(0o711)
    assert find_blocked_folder(inner, STRANGER) is None
    inner.parent.chmod(0o750)
    assert find_blocked_folder(inner, STRANGER) == inner.parent
    inner.parent.chmod(0o700)
    assert find_blocked_folder(inner, STRANGER) == inner.parent
    assert find_blocked_folder(inner, Account(os.getuid(), os.getgid())) is None


def test_group_decides_for_its_members(folder: Path) -> None:
    member = Account(uid=64_000, gid=folder.stat().st_gid)
    folder.chmod(0o710)
    assert find_blocked_folder(folder, member) is None
    folder.chmod(0o701)
    assert find_blocked_folder(folder, member) == folder


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs another account")
def test_ordinary_user_runs_postgres_itself(folder: Path) -> None:
    assert choose_postgres_account(open_data_dir(folder), None) is None


@as_root
def test_owner_of_the_cluster_goes_first(folder: Path) -> None:
    data = open_data_dir(folder)
    data.cluster.mkdir()
    os.chown(data.cluster, STRANGER.uid, STRANGER.gid)
    assert choose_postgres_account(data, "nobody") == STRANGER


@as_root
def test_named_account_goes_before_the_known_ones(folder: Path) -> None:
    daemon = pwd.getpwnam("daemon")
    chosen = choose_postgres_account(open_data_dir(folder), "daemon")
    assert chosen == Account(daemon.pw_uid, daemon.pw_gid)
    known = choose_postgres_account(open_data_dir(folder), None)
    assert known is not None
    assert known.uid != 0


@as_root
@pytest.mark.parametrize("name", ["root", "no-such-user"])
def test_account_that_cannot_be_used_is_refused_with_a_sentence(folder: Path, name: str) -> None:
    with pytest.raises(StartRefused, match="PROMPTOPS_POSTGRES_USER"):
        choose_postgres_account(open_data_dir(folder), name)


@as_root
def test_data_directory_out_of_reach_is_refused_with_a_sentence(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    data = open_data_dir(closed / "data")
    with pytest.raises(StartRefused, match=rf"may not enter {closed}\. .*PROMPTOPS_DATA_DIR"):
        choose_postgres_account(data, "nobody")
    assert closed.stat().st_mode & 0o777 == 0o700
