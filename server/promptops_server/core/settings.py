"""Every setting of the server, read from the environment once, at start.

docs/reference/settings.md describes each; a test holds the two together.
"""

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from promptops_server.core.addresses import reachable_host

ENV_PREFIX = "PROMPTOPS_"


def default_data_dir() -> Path:
    """Where data live by default: /var/lib/promptops as root, else in the data home (XDG)."""
    if os.geteuid() == 0:
        return Path("/var/lib/promptops")
    data_home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data_home) / "promptops"


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("Give an address as https://prompts.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("Give scheme, host and port only, as https://prompts.example.com")
    if parts.port == 0:
        raise ValueError("The port is not a port")
    return url.rstrip("/")


class Settings(BaseSettings):
    """The settings, each named PROMPTOPS_ and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="ignore", frozen=True)

    data_dir: Path = Field(default_factory=default_data_dir)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: Annotated[str, AfterValidator(_web_address)] | None = None
    insecure_http: bool = False

    database_url: str | None = None
    database_url_app: str | None = None
    database_url_ledger: str | None = None
    database_url_system: str | None = None
    redis_url: str | None = None

    master_key: SecretStr | None = None
    master_key_file: Path | None = None

    local_model_url: str | None = None
    adaptor_url: str | None = None
    adaptor_token: SecretStr | None = None
    supervisor_socket: Path | None = None
    private_model_hosts: str = ""
    postgres_user: str | None = None
    listen_fd: int | None = None

    smtp_url: SecretStr | None = None
    mail_from: str | None = None

    log_level: str = "info"
    app_pool_size: int = Field(default=8, ge=1, le=200)
    connect_timeout_s: float = Field(default=3.0, gt=0)
    first_token_timeout_s: float = Field(default=30.0, gt=0)
    idle_timeout_s: float = Field(default=20.0, gt=0)
    run_deadline_s: float = Field(default=300.0, gt=0)
    background_runs: int = Field(default=32, ge=1, le=1000)
    drain_timeout_s: float = Field(default=30.0, ge=0)

    def web_address(self) -> str:
        """The address under which people reach the product: PROMPTOPS_PUBLIC_URL, or our own."""
        if self.public_url is not None:
            return self.public_url
        host = reachable_host(self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def private_hosts(self) -> frozenset[tuple[str, int]]:
        """The exact (host, port) pairs of private addresses that a provider's base URL may name.

        Raises ValueError with a sentence where an entry is not `host:port`.
        """
        pairs: set[tuple[str, int]] = set()
        for entry in filter(None, (part.strip() for part in self.private_model_hosts.split(","))):
            host, _, port = entry.rpartition(":")
            if not host or not port.isdigit():
                message = f"{ENV_PREFIX}PRIVATE_MODEL_HOSTS takes host:port entries, not {entry!r}."
                raise ValueError(message)
            pairs.add((host.strip("[]").lower(), int(port)))
        return frozenset(pairs)
