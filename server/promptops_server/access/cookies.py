"""The session cookie, and the public address that decides about it.

https: `__Host-` and Secure, so that no other host or plain connection can set or see it. http on
loopback: the same without those two. http on any other address: no cookie at all, unless the
operator takes the risk (PROMPTOPS_INSECURE_HTTP).
"""

import ipaddress
from urllib.parse import urlsplit

from promptops_server.access.types import SESSION_LIFETIME

_NAME = "promptops_session"
_HOST_NAME = f"__Host-{_NAME}"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class SessionCookie:
    """How the session stands in a cookie at one public address."""

    def __init__(self, public_url: str, *, allow_insecure: bool = False) -> None:
        """Takes the address under which people reach the product, `https://host` or with a port."""
        parts = urlsplit(public_url)
        host = (parts.hostname or "").lower()
        shown = f"[{host}]" if ":" in host else host
        port = parts.port
        is_default = port is None or port == _DEFAULT_PORTS.get(parts.scheme)
        self.origin = f"{parts.scheme}://{shown}" + ("" if is_default else f":{port}")
        self._is_secure = parts.scheme == "https"
        self.name = _HOST_NAME if self._is_secure else _NAME
        self.is_exposed = not self._is_secure and not _is_loopback(host)
        self.is_refused = self.is_exposed and not allow_insecure

    @property
    def refusal(self) -> str:
        """The sentence for an operator where nobody can sign in at this address."""
        return (
            f"Nobody can sign in over plain HTTP at {self.origin}: put a TLS proxy in front and set"
            " PROMPTOPS_PUBLIC_URL to its https address, or set PROMPTOPS_INSECURE_HTTP=1."
        )

    def link(self, token: str) -> str:
        """The address of a link. Its token stands behind `#`, which no browser sends."""
        return f"{self.origin}/link#{token}"

    def find(self, cookie_header: str | None) -> str | None:
        """The token in a request's Cookie header, or None."""
        if cookie_header is None or self.is_refused:
            return None
        for pair in cookie_header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.name:
                return value
        return None

    def setting(self, token: str) -> str:
        """The Set-Cookie header that signs in."""
        return self._line(token, int(SESSION_LIFETIME.total_seconds()))

    def clearing(self) -> str:
        """The Set-Cookie header that signs out."""
        return self._line("", 0)

    def _line(self, value: str, max_age_s: int) -> str:
        line = f"{self.name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax"
        return f"{line}; Secure" if self._is_secure else line
