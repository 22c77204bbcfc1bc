"""The settings in force, for an administrator: where each comes from, and no secret in any."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import SecretStr

from promptops_server.core.settings import ENV_PREFIX, Settings

_MASK = "****"
_SECRET_PARAMETERS = ("password", "secret", "token", "key")


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """A setting by the name of its environment variable; None is not set."""

    name: str
    value: str | None
    source: Literal["environment", "default"]
    is_secret: bool


def settings_in_force(settings: Settings) -> list[SettingInForce]:
    """Every setting, in the order of the reference; of a secret only whether there is one."""
    return [
        SettingInForce(
            name=ENV_PREFIX + name.upper(),
            value=_shown(name, getattr(settings, name)),
            source="environment" if name in settings.model_fields_set else "default",
            is_secret=isinstance(getattr(settings, name), SecretStr),
        )
        for name in Settings.model_fields
    ]


def _shown(name: str, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    is_secret = isinstance(value, SecretStr)
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    if "_url" in name:
        return without_password(text)
    return _MASK if is_secret else text


def without_password(url: str) -> str:
    """The address without what opens it: passwords, and parameters that are called so."""
    try:
        parts = urlsplit(url)
        has_password = parts.password is not None
    except ValueError:
        return _MASK
    if not has_password and not parts.query:
        return url
    netloc = parts.netloc
    if has_password:
        account, _, host = netloc.rpartition("@")
        netloc = f"{account.partition(':')[0]}:{_MASK}@{host}"
    query = [
        (name, _MASK if any(word in name.lower() for word in _SECRET_PARAMETERS) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return urlunsplit(
        (parts.scheme, netloc, parts.path, urlencode(query, safe="/*:"), parts.fragment)
    )
