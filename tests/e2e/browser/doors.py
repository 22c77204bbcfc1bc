"""Other ways to the product than the platform's own: lines that can be cut, and ones with TLS."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from browser.desk import Studio
from fixtures.servers import ApiProcess, free_port
from promptops_server.embedded.temporary import folder_for_a_test
from promptops_server.embedded.valkey import temporary_valkey
from promptops_server.kit.clock import utc_now

_HOST = "127.0.0.1"


class Line:
    """A port of its own that leads to another one, as a proxy or a network does."""

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = free_port()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, _HOST, self.port, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Breaks every connection, and each that is tried from here on."""
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        """Lets connections through again."""
        self._is_cut = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        up_reader, up_writer = await asyncio.open_connection(_HOST, self._target)
        ends = {writer, up_writer}
        self._open |= ends
        ways = [
            asyncio.create_task(_pour(reader, up_writer)),
            asyncio.create_task(_pour(up_reader, writer)),
        ]
        # A browser and a server leave altogether: what one of them ends is ended.
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self._open -= ends
        for end in ends:
            end.close()
        await asyncio.gather(*ways)


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()


@asynccontextmanager
async def another_address(studio: Studio, public_url: str, port: int) -> AsyncGenerator[Studio]:
    """The studio behind an API process on the port, which is told this public address."""
    with folder_for_a_test() as folder:
        async with temporary_valkey() as redis_url:
            environment = {
                **studio.platform.environment,
                "PROMPTOPS_DATA_DIR": str(studio.platform.data_dir),
                "PROMPTOPS_REDIS_URL": redis_url,
                "PROMPTOPS_PORT": str(port),
                "PROMPTOPS_PUBLIC_URL": public_url,
            }
            api = ApiProcess(environment, folder / "api.log")
            await api.start()
            try:
                yield replace(studio, url=public_url)
            finally:
                await api.stop()


@asynccontextmanager
async def behind_a_line(
    studio: Studio, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[tuple[Studio, Line]]:
    """The studio at the end of a line, over https where TLS is given, and the line."""
    port = free_port()
    async with Line(port, tls) as line:
        url = f"{'http' if tls is None else 'https'}://{_HOST}:{line.port}"
        async with another_address(studio, url, port) as there:
            yield there, line


def self_signed(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _HOST)])
    began = utc_now() - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=9))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(_HOST))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
