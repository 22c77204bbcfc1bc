"""The web application: the files of its build, served with the right caching and compression.

The build (web/) leaves a `.br` and a `.gz` beside what compresses well. A file under /_next/static
is named by its content and kept for ever; every other one is asked for again with its ETag.
"""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).parents[1] / "_site"
_START = "/prompts"
# Below these one page serves every address; it reads its own path.
_SHELLS = ("prompts",)
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_METHODS = ["GET", "HEAD"]
_NO_STORE = {"Cache-Control": "no-store"}
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".txt": "text/x-component"}


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One file of the build, with its compressed forms by content coding."""

    place: Path
    media_type: str
    etag: str
    encoded: Mapping[str, Path]


class Site:
    """The files of one build by their path, read once: what is not there is no address."""

    def __init__(self, folder: Path) -> None:
        """Lists `folder`; without one the site is empty."""
        self._files: dict[str, SiteFile] = {}
        for place in sorted(folder.rglob("*")):
            if place.is_file() and place.suffix not in {".br", ".gz"} and place.name[0] != ".":
                self._files[place.relative_to(folder).as_posix()] = _site_file(place)

    @property
    def is_built(self) -> bool:
        """Whether there is anything to serve."""
        return bool(self._files)

    def find(self, path: str) -> SiteFile | None:
        """The file of an address path without its first slash, or None."""
        for candidate in (path, f"{path}.html"):
            if candidate in self._files:
                return self._files[candidate]
        shell, _, rest = path.partition("/")
        if shell not in _SHELLS or not rest:
            return None
        # What the router of the page fetches for /prompts/x stands at /prompts/x.txt, and parts of
        # it at /prompts/x/__next.part.txt.
        name = rest.rpartition("/")[2]
        if name.startswith("__next."):
            return self._files.get(f"{shell}/{name}")
        return self._files.get(f"{shell}.txt" if name.endswith(".txt") else f"{shell}.html")

    def not_found_page(self) -> SiteFile | None:
        """The page for an address at which there is nothing, or None."""
        return self._files.get("404.html")


def _site_file(place: Path) -> SiteFile:
    stat = place.stat()
    encoded = {
        coding: place.with_name(place.name + suffix)
        for coding, suffix in _ENCODINGS
        if place.with_name(place.name + suffix).is_file()
    }
    guessed = mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    return SiteFile(place, _TYPES.get(place.suffix, guessed), etag, encoded)


def accepted_codings(header: str) -> set[str]:
    """The content codings that an Accept-Encoding header allows (RFC 9110, section 12.5.3)."""
    accepted: set[str] = set()
    for part in header.lower().split(","):
        coding, _, parameters = part.strip().partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        if coding and weight not in {"0", "0.0", "0.00", "0.000"}:
            accepted.add(coding.strip())
    return accepted


def _response(file: SiteFile, request: Request, status: int = 200) -> Response:
    is_named_by_content = "/_next/static/" in request.url.path
    headers = {
        "Cache-Control": _FOR_EVER if is_named_by_content else _ASK_AGAIN,
        "ETag": file.etag,
    }
    if file.encoded:
        headers["Vary"] = "Accept-Encoding"
    if status == 200 and file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    accepted = accepted_codings(request.headers.get("accept-encoding", ""))
    place = file.place
    for coding, _ in _ENCODINGS:
        if coding in file.encoded and coding in accepted:
            place = file.encoded[coding]
            headers["Content-Encoding"] = coding
            break
    return FileResponse(place, status, headers, media_type=file.media_type)


def install(api: FastAPI, folder: Path = FOLDER) -> None:
    """Adds the site to the application: at `/`, and wherever no route answers.

    Where nothing is built, `/` leads to the documentation of the API.
    """
    site = Site(folder)
    no_route = api.router.default

    async def start() -> Response:
        return RedirectResponse(_START if site.is_built else "/docs", 307, _NO_STORE)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"][1:]
        if scope["type"] != "http" or scope["method"] not in _METHODS or path.startswith("api/"):
            await no_route(scope, receive, send)
            return
        request = Request(scope)
        scope["route_pattern"] = "(site)"
        file = site.find(path)
        page = site.not_found_page()
        if file is not None:
            await _response(file, request)(scope, receive, send)
        elif page is not None and "text/html" in request.headers.get("accept", ""):
            await _response(page, request, 404)(scope, receive, send)
        else:
            await no_route(scope, receive, send)

    api.add_api_route("/", start, methods=_METHODS, include_in_schema=False)
    api.router.default = serve
