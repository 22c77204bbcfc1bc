"""The data directory: where each part keeps its files, who may enter, and who holds it now.

Only folders that PromptOps makes get a mode from it; the mode of a parent is never changed.
"""

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promptops_server.embedded.errors import StartRefused
from promptops_server.embedded.processes import Account

# sun_path of unix(7) holds 108 bytes, the last of which is the closing NUL.
_SOCKET_PATH_BYTES = 107
_OUR_LONGEST = "supervisor.sock"
_POSTGRES = ".s.PGSQL.5432"
_PRIVATE = 0o700
# Others may pass through, and see nothing: how an unprivileged PostgreSQL gets to its own folder.
_PASSABLE = 0o711


@dataclass(frozen=True, slots=True)
class DataDir:
    """The places inside a data directory. `sockets` may be elsewhere, where the path is too long.

    `sockets` holds our own sockets; `postgres_sockets` belongs to the account of PostgreSQL.
    """

    root: Path
    sockets: Path
    postgres_sockets: Path

    @property
    def run(self) -> Path:
        """What describes the running supervisor: its lock and the list of its children."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One log file for each child."""
        return self.root / "logs"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's append-only file."""
        return self.root / "valkey"

    @property
    def supervisor_socket(self) -> Path:
        """Where the supervisor listens for its own API process."""
        return self.sockets / "supervisor.sock"

    @property
    def adaptor_socket(self) -> Path:
        """Where the model adaptor listens."""
        return self.sockets / "adaptor.sock"

    @property
    def valkey_socket(self) -> Path:
        """Where Valkey listens."""
        return self.sockets / "valkey.sock"

    def log(self, name: str) -> Path:
        """The log file of a child."""
        return self.logs / f"{name}.log"


def find_data_dir(root: Path) -> DataDir:
    """The data directory and its folders by name; nothing is made or looked at."""
    root = root.expanduser().absolute()
    return DataDir(root, *_socket_folders(root))


def open_data_dir(root: Path) -> DataDir:
    """The data directory, made where it does not exist, with its private folders.

    Raises StartRefused where it cannot be made or written.
    """
    data = find_data_dir(root)
    root = data.root
    try:
        _make_root(root)
        for folder in (data.run, data.logs, data.valkey, data.sockets):
            make_private_folder(folder)
        probe = data.run / "writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartRefused(
            f"The data directory {root} cannot be written ({error.strerror}). Make it writable for"
            " the user that starts PromptOps, or choose another with PROMPTOPS_DATA_DIR."
        ) from error
    return data


def _socket_folders(root: Path) -> tuple[Path, Path]:
    """Two folders for sockets, ours and PostgreSQL's, whose paths every client can name."""
    ours, postgres = root / "run", root / "run-postgres"
    longest = max(len(os.fsencode(ours / _OUR_LONGEST)), len(os.fsencode(postgres / _POSTGRES)))
    # In the address of a database, as asyncpg and libpq read it, a comma parts two hosts.
    if longest <= _SOCKET_PATH_BYTES and "," not in str(root):
        return ours, postgres
    digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:12]
    # The one folder whose path is short everywhere. It is refused later unless it is ours alone.
    short = Path("/tmp") / f"promptops-{os.geteuid()}-{digest}"  # noqa: S108
    return short, short.with_name(f"{short.name}-postgres")


def _make_root(root: Path) -> None:
    is_root_user = os.geteuid() == 0
    for folder in reversed([root, *root.parents]):
        if not folder.exists():
            # A parent that we make as root must let PostgreSQL's account through as well.
            folder.mkdir(mode=_PRIVATE, exist_ok=True)
            folder.chmod(_PASSABLE if is_root_user else _PRIVATE)
    if is_root_user and root.stat().st_uid == 0:
        root.chmod(stat.S_IMODE(root.stat().st_mode) | _PASSABLE)


def make_private_folder(folder: Path, owner: Account | None = None) -> None:
    """Makes a folder that only its owner may enter; an existing one becomes private.

    Raises StartRefused where somebody else holds the name, as may happen below /tmp.
    """
    folder.mkdir(mode=_PRIVATE, exist_ok=True)
    facts = folder.lstat()
    allowed = (os.geteuid(), owner.uid if owner else os.geteuid())
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in allowed:
        raise StartRefused(
            f"{folder} belongs to another user. Start PromptOps as that user, or choose another"
            " data directory with PROMPTOPS_DATA_DIR."
        )
    folder.chmod(_PRIVATE)
    if owner is not None and facts.st_uid != owner.uid:
        os.chown(folder, owner.uid, owner.gid)


def remove_short_folders(data: DataDir) -> None:
    """Removes the folders of the sockets where they stand outside of the data directory."""
    for folder in (data.sockets, data.postgres_sockets):
        if not folder.is_relative_to(data.root):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def held(data: DataDir) -> Generator[None]:
    """Holds the data directory for this process alone, until the block or the process ends.

    Raises StartRefused where another supervisor holds it.
    """
    # Not inheritable, as every descriptor of Python: no child keeps the lock alive.
    descriptor = os.open(data.run / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            raise StartRefused(
                f"PromptOps already runs on the data directory {data.root} (process {holder})."
                " Stop it first, or choose another directory with PROMPTOPS_DATA_DIR."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
