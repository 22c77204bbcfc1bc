"""Which account PostgreSQL runs as when root starts PromptOps, and whether it gets to its files.

PostgreSQL refuses to run as root.
"""

import os
import pwd
import stat
from pathlib import Path

from promptops_server.embedded.data_dir import DataDir
from promptops_server.embedded.errors import StartRefused
from promptops_server.embedded.processes import Account

_CANDIDATES = ("promptops", "postgres", "nobody")


def choose_postgres_account(data: DataDir, wanted: str | None) -> Account | None:
    """The account to run PostgreSQL as, or None for the user that asks (who is not root).

    As root: the owner of an existing cluster, else the account `wanted` (PROMPTOPS_POSTGRES_USER),
    else the first that exists of promptops, postgres and nobody.
    Raises StartRefused where there is none, or where it may not reach the data directory.
    """
    if os.geteuid() != 0:
        return None
    account = _owner_of(data.cluster) or _named_account(wanted)
    blocked = find_blocked_folder(data.root, account)
    if blocked is not None:
        raise StartRefused(
            f"PostgreSQL runs as the user {_name_of(account)}, who may not enter {blocked}. Choose"
            " a data directory elsewhere with PROMPTOPS_DATA_DIR, as /var/lib/promptops."
        )
    return account


def _owner_of(cluster: Path) -> Account | None:
    try:
        facts = cluster.stat()
    except OSError:
        return None
    return Account(facts.st_uid, facts.st_gid) if facts.st_uid != 0 else None


def _named_account(wanted: str | None) -> Account:
    for name in (wanted,) if wanted else _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise StartRefused(
        "PostgreSQL does not run as root, and the user to run it as"
        f" ({wanted or ', '.join(_CANDIDATES)}) does not exist. Name one with"
        " PROMPTOPS_POSTGRES_USER."
    )


def _name_of(account: Account) -> str:
    try:
        return pwd.getpwuid(account.uid).pw_name
    except KeyError:
        return str(account.uid)


def find_blocked_folder(folder: Path, account: Account) -> Path | None:
    """The first folder on the way to this one that the account may not enter, or None.

    Judged by owner, group and mode; access control lists are not read.
    """
    for step in reversed([folder, *folder.parents]):
        if not _may_enter(step.stat(), account):
            return step
    return None


def _may_enter(facts: os.stat_result, account: Account) -> bool:
    if facts.st_uid == account.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == account.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)
