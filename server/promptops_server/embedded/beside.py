"""For commands that are typed beside a running `up`: where its parts are.

The supervisor notes their addresses in its private folder. They hold no secret: each part listens
on a socket that only its owner may open, or on a loopback port.
"""

import json
from pathlib import Path
from typing import cast

from promptops_server.core.settings import Settings
from promptops_server.embedded.data_dir import DataDir, find_data_dir

_NOTED = ("database_url", "redis_url", "local_model_url", "supervisor_socket")


def note_addresses(data: DataDir, addresses: dict[str, str]) -> None:
    """Notes where the embedded parts are, by the name of the setting that would say so."""
    path = _path(data)
    path.touch(mode=0o600)
    path.write_text(json.dumps(addresses))


def settings_beside_up(settings: Settings) -> Settings:
    """The settings, with what `up` on the same data directory has embedded filled in."""
    try:
        noted = json.loads(_path(find_data_dir(settings.data_dir)).read_text())
    except (OSError, ValueError):
        return settings
    found = cast("dict[str, str]", noted) if isinstance(noted, dict) else {}
    missing: dict[str, object] = {
        name: found[name] for name in _NOTED if name in found and getattr(settings, name) is None
    }
    if "supervisor_socket" in missing:
        missing["supervisor_socket"] = Path(found["supervisor_socket"])
    return settings.model_copy(update=missing)


def _path(data: DataDir) -> Path:
    return data.run / "addresses.json"
