from pathlib import Path

import pytest

from promptops_server.core.settings import Settings
from promptops_server.embedded.environment import (
    Addresses,
    add_private_host,
    app_environment,
    helper_environment,
)

ADDRESSES = Addresses(
    database_url="postgresql://promptops@/promptops?host=%2Frun",
    redis_url="unix:///run/valkey.sock",
    local_model_url="http://127.0.0.1:9/v1",
    private_model_hosts="127.0.0.1:9",
    supervisor_socket=Path("/run/supervisor.sock"),
)


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PGPORT": "5433",
        "PROMPTOPS_MASTER_KEY": "made-up",
        "PROMPTOPS_DATABASE_URL_APP": "postgresql://app:made-up@db/promptops",
        "PROMPTOPS_LOG_LEVEL": "debug",
        "HTTPS_PROXY": "http://proxy",
    }.items():
        monkeypatch.setenv(name, value)


def test_app_gets_every_setting_and_the_addresses() -> None:
    environment = app_environment(Settings(port=1234), ADDRESSES, Path("/data"))
    assert environment["PROMPTOPS_DATABASE_URL"] == ADDRESSES.database_url
    assert environment["PROMPTOPS_DATA_DIR"] == "/data"
    assert environment["PROMPTOPS_PORT"] == "1234"
    assert environment["PROMPTOPS_MASTER_KEY"] == "made-up"
    assert not {"PYTHONDONTWRITEBYTECODE", "PGPORT"} & environment.keys()


def test_variables_of_libpq_stay_for_a_real_database() -> None:
    settings = Settings(database_url="postgresql://db/promptops")
    assert app_environment(settings, ADDRESSES, Path("/data"))["PGPORT"] == "5433"


def test_helper_gets_no_secret_of_the_platform() -> None:
    environment = helper_environment()
    assert "made-up" not in str(environment)
    assert environment["PROMPTOPS_LOG_LEVEL"] == "debug"
    assert environment["HTTPS_PROXY"] == "http://proxy"


def test_private_host_is_added_to_those_of_the_operator() -> None:
    assert add_private_host("", "127.0.0.1:9") == "127.0.0.1:9"
    assert add_private_host("10.0.0.1:80", "127.0.0.1:9") == "10.0.0.1:80,127.0.0.1:9"
