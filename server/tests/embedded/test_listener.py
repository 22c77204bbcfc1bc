import os
import socket

import pytest

from promptops_server.core.addresses import reachable_host
from promptops_server.embedded.errors import StartRefused
from promptops_server.embedded.listener import find_free_port, listen


def test_free_port_is_listened_on() -> None:
    port = find_free_port()
    with listen("127.0.0.1", port) as listener:
        with socket.create_connection(("127.0.0.1", port)):
            pass
        assert not os.get_inheritable(listener.fileno())


def test_busy_port_is_refused_with_the_two_ways_out() -> None:
    with listen("127.0.0.1", find_free_port()) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(StartRefused) as refusal:
            listen("127.0.0.1", port)
    assert refusal.value.sentence == (
        f"Port {port} on 127.0.0.1 is already in use. Stop what uses it, or choose another with"
        " PROMPTOPS_PORT."
    )
    assert refusal.value.exit_code == 2


def test_address_of_another_machine_is_refused_with_a_sentence() -> None:
    with pytest.raises(StartRefused, match=r"Cannot listen on 192\.0\.2\.1 .*PROMPTOPS_HOST"):
        listen("192.0.2.1", find_free_port())


@pytest.mark.parametrize(
    ("host", "expected"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.1.2.3", "10.1.2.3"), ("localhost", "localhost")],
)
def test_every_address_is_reached_through_loopback(host: str, expected: str) -> None:
    assert reachable_host(host) == expected
