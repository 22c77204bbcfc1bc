import pytest

from promptops_server.core.addresses import AddressPolicy, AddressRefused, endpoint_of

_PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "fe80::1%lo",
]


@pytest.mark.parametrize("address", _PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        AddressPolicy().check("example.test", 443, address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_allowed(address: str) -> None:
    AddressPolicy().check("example.test", 443, address)


def test_a_listed_host_and_port_is_allowed_and_no_other_port() -> None:
    policy = AddressPolicy(private_hosts=frozenset({("127.0.0.1", 9000)}))
    policy.check("127.0.0.1", 9000, "127.0.0.1")
    with pytest.raises(AddressRefused):
        policy.check("127.0.0.1", 9001, "127.0.0.1")
    with pytest.raises(AddressRefused):
        policy.check("localhost", 9000, "127.0.0.1")


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::ffff:127.0.0.1"])
def test_own_ports_are_refused_whatever_the_list_says(address: str) -> None:
    policy = AddressPolicy(
        private_hosts=frozenset({("model.test", 8000)}), own=frozenset({("127.0.0.1", 8000)})
    )
    with pytest.raises(AddressRefused, match="of PromptOps itself"):
        policy.check("model.test", 8000, address)


def test_a_port_of_ours_on_another_machine_is_not_ours() -> None:
    policy = AddressPolicy(
        private_hosts=frozenset({("10.0.0.7", 8000)}), own=frozenset({("127.0.0.1", 8000)})
    )
    policy.check("10.0.0.7", 8000, "10.0.0.7")


_NOT_URLS = [
    "",
    "ftp://example.test",
    "file:///etc/passwd",
    "//example.test",
    "example.test",
    "http://",
    "http://user@example.test",
    "http://user:pass@example.test",
    "http://example.test@10.0.0.1",
    "http://exa mple.test",
    "http://example.test/\r\nX: y",
    "http://example.test\\@10.0.0.1",
    "http://example.test:0",
    "http://example.test:99999",
    "http://example.test:x",
    "http://example.test/?a=b",
    "http://example.test/#a",
    "http://[::1",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("url", _NOT_URLS)
def test_what_is_no_plain_base_url_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        endpoint_of(url)


def test_an_endpoint_has_scheme_host_and_port() -> None:
    assert endpoint_of("https://API.Example.test./v1").origin == "https://api.example.test:443"
    assert endpoint_of("http://[::1]:8080/v1").origin == "http://[::1]:8080"
