"""The API's listening socket, which the supervisor holds and each API process inherits."""

import errno
import socket

from promptops_server.embedded.errors import StartRefused

# Connections that wait while an API process is started anew.
_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address; no other process can take the port meanwhile.

    Raises StartRefused where the port is taken, or the address is not one of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as error:
        raise StartRefused(_sentence(error, host, port)) from error


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is already in use. Stop what uses it, or choose another with"
            " PROMPTOPS_PORT."
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} needs more rights than this user has. Choose one above 1023 with"
            " PROMPTOPS_PORT."
        )
    reason = error.strerror or str(error)
    return (
        f"Cannot listen on {host} ({reason}). Name an address of this machine with PROMPTOPS_HOST."
    )


def find_free_port() -> int:
    """A TCP port of the loopback address that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
