"""A page that is watched: what a person would not see, but a developer's console would."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Error, Request, Response


@dataclass
class Watch:
    """Notes every complaint of the pages of one context; `check` fails with all of them."""

    origin: str
    complaints: list[str] = field(default_factory=list[str])
    _expected: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    _origins: list[str] = field(default_factory=list[str])
    _lines: list[str] = field(default_factory=list[str])
    _may_be_offline: bool = False

    def expect_status(self, status: int, path: str) -> None:
        """From here on an answer with this status under this path is no complaint."""
        self._expected.append((status, path))

    def expect_origin(self, origin: str) -> None:
        """From here on requests to this origin are no complaint."""
        self._origins.append(origin)

    def expect_console(self, text: str) -> None:
        """From here on a line of the console with this text is no complaint."""
        self._lines.append(text)

    def expect_offline(self) -> None:
        """From here on requests may fail for want of a network."""
        self._may_be_offline = True

    def follow(self, context: BrowserContext) -> None:
        """Watches every page of the context, those that open later too."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self._error(error.error))
        context.on("request", self._request)
        context.on("response", self._response)

    def check(self) -> None:
        """Fails where anything was noted."""
        assert not self.complaints, "\n".join(self.complaints)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # The browser's own line about an answer or a network: both are judged below.
        is_network = message.text.startswith("Failed to load resource")
        if is_network and ("net::" not in message.text or self._may_be_offline):
            return
        if any(line in message.text for line in self._lines):
            return
        self.complaints.append(f"console {message.type}: {message.text}")

    def _error(self, error: Error) -> None:
        self.complaints.append(f"page error: {error.message} {error.stack}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"}:
            origin = f"{parts.scheme}://{parts.netloc}"
            if origin not in {self.origin, *self._origins}:
                self.complaints.append(f"a request to another origin: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status < 400:
            return
        path = urlsplit(response.url).path
        if any(
            status == response.status and path.startswith(wanted)
            for status, wanted in self._expected
        ):
            return
        self.complaints.append(f"{response.request.method} {response.url}: {response.status}")
