"""Every operation of the contract against what a hostile or broken client sends.

The answer is never a 5xx, and an error is always a problem document that quotes nothing.
"""

import asyncio
import io
import json
import re
from collections.abc import AsyncGenerator, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from fixtures.api import Json, Project, made, new_project
from fixtures.people import Browser, made_people, sign_in
from fixtures.servers import World
from promptops_server.access.policy import ROUTES, RULES, Reach
from promptops_server.access.policy import Operation as PolicyOperation
from promptops_server.access.types import Role
from promptops_server.app import make_api

_SCHEMA: Json = make_api().openapi()
_AT_ONCE = 8
_END = "/api/v1/session/end"
_ENDLESS = "/api/v1/runs/live"
_CANARY = "canary-7f3a"
# What a body that this API does not read at all may be answered with.
_REFUSED = {400, 413, 415, 422}


@dataclass(frozen=True)
class Operation:
    """One operation, and the names of the fields that its body may have."""

    method: str
    path: str
    has_body: bool
    fields: tuple[str, ...]
    query: tuple[str, ...]


def _fields_of(operation: Json) -> tuple[str, ...]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    names: list[str] = []
    for part in [schema, *schema.get("anyOf", []), *schema.get("oneOf", [])]:
        name = str(part.get("$ref", "")).rpartition("/")[2]
        found = _SCHEMA["components"]["schemas"].get(name, part)
        names += found.get("properties", {})
    return tuple(names)


def _operations() -> Iterator[Operation]:
    for path, entry in _SCHEMA["paths"].items():
        for method, operation in entry.items():
            query = tuple(
                str(one["name"]) for one in operation.get("parameters", []) if one["in"] == "query"
            )
            yield Operation(
                method.upper(), path, "requestBody" in operation, _fields_of(operation), query
            )


_OPERATIONS = tuple(_operations())


def _deep(levels: int) -> bytes:
    return b'{"name": ' + b"[" * levels + b"]" * levels + b"}"


# By name: the body, its Content-Type where it is not JSON's, and further headers.
_BODIES: dict[str, tuple[bytes, str, dict[str, str]]] = {
    "ten-megabytes": (b'{"name": "' + b"x" * 10_000_000 + b'"}', "", {}),
    "a-hundred-thousand-deep": (_deep(100_000), "", {}),
    "nine-hundred-deep": (_deep(900), "", {}),
    "deep-and-never-closed": (b'{"a":' * 900, "", {}),
    "nul-character": (b'{"name": "canary-7f3a\x00"}', "", {}),
    "nul-escape": (b'{"name": "canary-7f3a\\u0000"}', "", {}),
    "nul-in-a-key": (b'{"canary-7f3a\\u0000": 1}', "", {}),
    "lone-surrogate": (b'{"name": "canary-7f3a\\ud800"}', "", {}),
    "surrogates-the-wrong-way": (b'{"name": "\\udc00\\ud800"}', "", {}),
    "surrogate-as-bytes": (b'{"name": "\xed\xa0\x80"}', "", {}),
    "not-a-number": (b'{"name": NaN}', "", {}),
    "minus-infinity": (b'{"name": -Infinity}', "", {}),
    "beyond-a-float": (b'{"name": 1e999}', "", {}),
    "five-thousand-digits": (b'{"name": ' + b"9" * 5000 + b"}", "", {}),
    "beyond-64-bits": (b'{"name": 9223372036854775808}', "", {}),
    "duplicate-keys": (b'{"name": "a", "name": "canary-7f3a"}', "", {}),
    "invalid-utf-8": (b'{"name": "canary-7f3a\xff\xfe"}', "", {}),
    "overlong-utf-8": (b'{"name": "\xc0\xaf"}', "", {}),
    "byte-order-mark": (b'\xef\xbb\xbf{"name": "a"}', "", {}),
    "utf-16": ('{"name": "a"}'.encode("utf-16"), "", {}),
    "wrong-charset": (b'{"name": "a"}', "application/json; charset=latin-1", {}),
    "wrong-type": (b'{"name": "a"}', "text/plain", {}),
    "a-form": (b"name=canary-7f3a", "application/x-www-form-urlencoded", {}),
    "gzip": (b"\x1f\x8b\x08" + b"\x00" * 50, "", {"Content-Encoding": "gzip"}),
    "a-million-keys": (
        b"{" + b",".join(b'"%x":0' % number for number in range(1_000_000)) + b"}",
        "",
        {},
    ),
    "half-a-document": (b'{"name": "canary-7f3a', "", {}),
    "two-documents": (b"{}{}", "", {}),
    "comments": (b'{"name": "a" /* canary-7f3a */}', "", {}),
    "white-space": (b"   ", "", {}),
    "a-list": (b'["canary-7f3a"]', "", {}),
    "a-text": (b'"canary-7f3a"', "", {}),
    "null": (b"null", "", {}),
}

# Values that are valid JSON, put into every field of a body at once.
_VALUES: dict[str, object] = {
    "null": None,
    "true": True,
    "minus-one": -1,
    "largest-integer": 2**63 - 1,
    "largest-float": 1.7e308,
    "empty": "",
    "long": "x" * 300_000,
    "right-to-left": "\u202ecanary\u202c\u200b\u2066",
    "zero-width": "\u200b\u200d\ufeff",
    "beyond-the-bmp": "\U0001f4a9" * 10,
    "markup": "<img src=x onerror=alert(1)>",
    "template": "{{ [].__class__ }}",
    "sql": "'; DROP TABLE prompts; --",
    "empty-list": [],
    "empty-object": {},
    "list-of-null": [None],
    "list-of-texts": ["x", "x", ""],
    "nested": {"a": [{"b": [{"c": None}]}]},
    "prototype": {"__proto__": {"x": 1}, "constructor": 1},
}

_ADDRESS_PARTS = {
    "nul": "%00",
    "surrogate": "%ED%A0%80",
    "invalid-utf-8": "%FF%FE",
    "overlong": "%C0%AF",
    "slash": "a%2Fb",
    "dots": "%2e%2e",
    "right-to-left": "%E2%80%AE",
    "long": "x" * 3000,
    "number": "99999999999999999999",
    "minus": "-1",
    "float": "1e999",
    "percent": "%25",
    "line-break": "a%0d%0ab",
    "an-id-of-zeros": "prm_00000000000000000000000000",
    "an-id-too-large": "run_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    "a-moment": "9999-12-31T23:59:59Z",
    "before-christ": "0000-00-00T00:00:00Z",
}


@dataclass(frozen=True)
class Target:
    """A project, and something that exists in it for each name that stands in a path."""

    project: Project
    places: dict[str, str]
    person: Browser

    def headers_of(self, operation: Operation) -> dict[str, str]:
        """The key, or where none is taken the session of an owner and administrator."""
        route = ROUTES.get(f"{operation.method} {operation.path}")
        for_people = isinstance(route, PolicyOperation) and RULES[route].is_for_people
        # Its session is needed until the end.
        if operation.path != _END and (for_people or route in (Reach.INSTANCE, Reach.ONESELF)):
            return self.person.headers
        return {"X-API-Key": self.project.api.key or ""}

    def address_of(self, operation: Operation) -> str:
        """The operation's path with what exists in its holes."""
        # What would not end by itself is asked to.
        ending = "?for_s=0" if operation.path == _ENDLESS else ""
        return _fill(operation.path, self.places) + ending


def _fill(path: str, places: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: places.get(match[1], "x"), path)


@pytest.fixture(scope="module")
async def target(world: World) -> AsyncGenerator[Target]:
    async with new_project(world) as project, made_people(world) as people:
        await project.add_provider()
        await project.publish("hello", {"template": "Hi {{ name }}"})
        deployment = await project.deploy("hello")
        body = {"name": "x", "scopes": ["read"]}
        key = await made(await project.api.post("/api/v1/keys", body))
        places = {
            "prompt_alias": "hello",
            "prompt": "hello",
            "version": "1.0.0",
            "deployment": deployment["id"],
            "environment": "staging",
            "provider": "scripted",
            "key_id": key["api_key"]["id"],
        }
        user = await people.make(is_instance_admin=True)
        await people.join(user, project, Role.OWNER)
        yield Target(project, places, await sign_in(project.api, await people.link(user)))


def _check(where: str, status: int, content_type: str, text: str, *, may_quote: bool) -> None:
    assert status < 500, where
    if status >= 400:
        assert content_type == "application/problem+json", where
        document: Any = json.loads(text)
        assert {"code", "detail", "request_id", "status"} <= document.keys(), where
        assert document["status"] == status, where
        if not may_quote:
            assert _CANARY not in text, where


async def _at_once(cells: Iterable[Coroutine[None, None, None]]) -> None:
    """Runs the cells, some at once, and tells of every one that failed."""
    slots = asyncio.Semaphore(_AT_ONCE)
    failures: list[str] = []

    async def run(cell: Coroutine[None, None, None]) -> None:
        async with slots:
            try:
                await cell
            except AssertionError as failure:
                failures.append(str(failure.args[0]))

    await asyncio.gather(*(run(cell) for cell in cells))
    assert not failures, "\n".join(failures)


async def _send(target: Target, operation: Operation, body: bytes, headers: dict[str, str]) -> int:
    api = target.project.api
    async with api.session.request(
        operation.method,
        f"{api.url}{target.address_of(operation)}",
        data=io.BytesIO(body),
        headers={
            **target.headers_of(operation),
            "Content-Type": "application/json",
            **headers,
        },
    ) as response:
        text = await response.text()
        where = f"{operation.method} {operation.path}: {response.status} {text[:300]}"
        _check(where, response.status, response.content_type, text, may_quote=False)
        return response.status


@pytest.mark.parametrize("name", _BODIES)
async def test_a_body_that_is_not_ours_is_refused_by_every_operation(
    target: Target, name: str
) -> None:
    body, content_type, headers = _BODIES[name]
    if content_type:
        headers = {"Content-Type": content_type, **headers}

    async def cell(operation: Operation) -> None:
        status = await _send(target, operation, body, headers)
        if operation.has_body and operation.path != _END:
            assert status in _REFUSED, f"{operation.method} {operation.path}: {status}"

    await _at_once(cell(operation) for operation in _OPERATIONS)


@pytest.mark.parametrize("name", _VALUES)
async def test_a_value_of_another_kind_in_every_field_is_no_fault_of_ours(
    target: Target, name: str
) -> None:
    async def cell(operation: Operation) -> None:
        body = json.dumps(dict.fromkeys(operation.fields, _VALUES[name])).encode()
        await _send(target, operation, body, {})

    await _at_once(cell(operation) for operation in _OPERATIONS if operation.has_body)


@pytest.mark.parametrize("name", _ADDRESS_PARTS)
async def test_a_hostile_address_is_no_fault_of_ours(target: Target, name: str) -> None:
    api = target.project.api
    url = urlsplit(api.url)

    async def cell(operation: Operation, path: str) -> None:
        # Written by hand, since a client would make the address better.
        request = (
            f"{operation.method} {path} HTTP/1.1\r\nHost: {url.netloc}\r\n"
            f"X-API-Key: {api.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {2 if operation.has_body else 0}\r\nConnection: close\r\n\r\n"
        )
        request += "{}" if operation.has_body else ""
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        try:
            writer.write(request.encode())
            answer = (await reader.read()).decode(errors="replace")
        finally:
            writer.close()
            await writer.wait_closed()
        head, _, text = answer.partition("\r\n\r\n")
        status = int(head.split(" ", 2)[1])
        found = re.search(r"(?im)^content-type: ([^;\r\n]+)", head)
        where = f"{operation.method} {path[:200]}: {status} {text[:300]}"
        _check(where, status, found[1] if found else "", text, may_quote=True)

    cells: list[Coroutine[None, None, None]] = []
    for operation in _OPERATIONS:
        for hole in re.findall(r"\{\w+\}", operation.path):
            path = operation.path.replace(hole, _ADDRESS_PARTS[name])
            cells.append(cell(operation, _fill(path, target.places)))
        for query in operation.query:
            address = target.address_of(operation)
            path = f"{address}{'&' if '?' in address else '?'}{query}={_ADDRESS_PARTS[name]}"
            cells.append(cell(operation, path))
    await _at_once(cells)


async def test_a_body_without_an_end_is_refused_while_it_still_comes(target: Target) -> None:
    project = target.project
    url = urlsplit(project.api.url)
    for path, limit in (("/api/v1/prompts", 2 * 1024**2), ("/api/v1/run/x", 1024**2)):
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {url.netloc}\r\nX-API-Key: {project.api.key}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        writer.write(head.encode())
        answer = asyncio.create_task(reader.readline())
        sent = 0
        chunk = b"x" * 16_384
        while not answer.done() and sent < 64 * 1024**2:
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            sent += len(chunk)
            await writer.drain()
            await asyncio.sleep(0)
        assert (await answer).split()[1] == b"413"
        assert sent > limit
        writer.transport.abort()


async def test_a_body_that_is_announced_and_never_sent_is_refused(target: Target) -> None:
    project = target.project
    url = urlsplit(project.api.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = (
        f"POST /api/v1/prompts HTTP/1.1\r\nHost: {url.netloc}\r\nX-API-Key: {project.api.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    writer.write(head.encode())
    writer.write_eof()
    await reader.read()
    writer.close()
    assert (await project.api.get("/api/v1/health/live")).status == 200


def test_the_matrix_is_as_large_as_it_is_meant_to_be() -> None:
    with_body = [operation for operation in _OPERATIONS if operation.has_body]
    cells = len(_OPERATIONS) * len(_BODIES) + len(with_body) * len(_VALUES)
    assert cells >= 1200
    assert all(operation.fields for operation in with_body)
