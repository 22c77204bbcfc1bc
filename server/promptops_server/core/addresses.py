"""Which network addresses the server may call on a user's behalf.

A user gives a URL; the server must not become a way into the network it stands in (SSRF,
OWASP ASVS 5.0 requirement 1.3.6). Every address that a name resolves to is checked, and the
connection goes to an address that was checked (see core/http.py).
"""

import ipaddress
import socket
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from promptops_server.core.errors import AppError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_DEFAULT_PORTS = {"http": 80, "https": 443}


class AddressRefused(AppError):
    """The URL names an address that the server may not call."""

    code = "address_refused"
    title = "Address refused"
    status = 422


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a URL leads: scheme, host in lower case without brackets, and port."""

    scheme: str
    host: str
    port: int
    # Whether the host is an address itself, and no name to resolve.
    is_address: bool = False

    @property
    def origin(self) -> str:
        """The origin as `https://host:port`, the port always written out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@lru_cache(maxsize=4096)
def endpoint_of(url: str) -> Endpoint:
    """The endpoint of an http or https URL.

    Raises AddressRefused for any other scheme, for user names, control characters, white space,
    a backslash, a query, a fragment, or a port that is not one: what one parser reads
    differently from another is refused rather than guessed at.
    """
    if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in url) or "\\" in url:
        raise AddressRefused("A URL may not hold white space, control characters or backslashes.")
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
        host = parts.hostname
    except ValueError:
        raise AddressRefused("This is not a URL.") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise AddressRefused("A URL starts with http:// or https://.")
    if not host:
        raise AddressRefused("A URL needs a host.")
    if "@" in parts.netloc:
        raise AddressRefused("A URL may not carry a user name or a password.")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise AddressRefused("A base URL may not carry a query or a fragment.")
    if port == 0:
        raise AddressRefused("Port 0 is not an address.")
    host = host.rstrip(".").lower()
    return Endpoint(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What may be called: public addresses, and the private ones that the operator listed.

    `private_hosts` holds exact (host, port) pairs. `own` holds the (host, port) pairs on which
    the product itself listens; they are refused whatever the list says.
    """

    private_hosts: frozenset[tuple[str, int]] = frozenset()
    own: frozenset[tuple[str, int]] = frozenset()
    own_addresses: frozenset[tuple[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        """Resolves the product's own hosts once."""
        resolved = {
            (address, port) for host, port in self.own for address in _own_addresses(host, port)
        }
        object.__setattr__(self, "own_addresses", frozenset(resolved))

    def check(self, host: str, port: int, address: str) -> None:
        """Passes where `address`, to which `host` resolved, may be called on `port`.

        Raises AddressRefused otherwise; the sentence does not tell what the name resolved to.
        """
        _check(self, host, port, address)

    def check_at_length(self, host: str, port: int, address: str) -> None:
        """The same, worked out; `check` remembers what passed, since a policy never changes."""
        ip = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
        effective = "loopback" if ip.is_loopback or ip.is_unspecified else str(ip)
        if (effective, port) in self.own_addresses:
            raise AddressRefused(f"{host}:{port} is a port of PromptOps itself.")
        if (host, port) in self.private_hosts:
            return
        if not ip.is_global or ip.is_multicast:
            raise AddressRefused(
                f"{host}:{port} is a private address. The operator can allow it with "
                "PROMPTOPS_PRIVATE_MODEL_HOSTS."
            )


@lru_cache(maxsize=4096)
def _check(policy: AddressPolicy, host: str, port: int, address: str) -> None:
    policy.check_at_length(host, port, address)


def _unwrapped(ip: IpAddress) -> IpAddress:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, NAT64), where there is one."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(ip.packed[-4:])
    return ip


def _own_addresses(host: str, port: int) -> set[str]:
    try:
        found = {str(item[4][0]) for item in socket.getaddrinfo(host, port)}
    except OSError:
        return set()
    addresses: set[str] = set()
    for text in found:
        ip = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
        if ip.is_unspecified:
            # Listening on every address: loopback, and what this machine's name stands for.
            addresses.add("loopback")
            addresses |= _own_addresses(socket.gethostname(), port)
        else:
            addresses.add("loopback" if ip.is_loopback else str(ip))
    return addresses


def reachable_host(host: str) -> str:
    """The host to connect to for a listening address: loopback where it means every address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
