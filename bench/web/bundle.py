"""The JavaScript of a page's first load, from what the page really asks for."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

KB = 1024
# By what stands in its text a chunk belongs to one of the three that an editor loads late.
_LATE = {
    "Monaco": (
        b"monaco-mouse-cursor-text",
        b"MonacoEnvironment",
        b"editor.worker",
        b"monaco-list-row",
        b"monaco-editor",
        b"IStandaloneThemeService",
    ),
    "tokenizer": (
        b"tokenSplitRegex",
        b"getBpeRankFromBytes",
        b"giveUp(",
        b"bytePairRankDecoder",
        b'"#","$","%","&"',
    ),
    "WASM": (b"__wbindgen", b"minijinja_js_bg"),
}
# The code of ours that would hide in a chunk of theirs.
_OWN = b"promptops-text:"


@dataclass(frozen=True, slots=True)
class Script:
    """A file of JavaScript and its size as `gzip -9` makes it; `late` says to what it belongs."""

    name: str
    gzip_kb: float
    late: str | None


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """What a page loads until it is ready. Two lists: its own scripts, and the late ones."""

    page: str
    scripts: Sequence[Script]
    late: Sequence[Script]

    @property
    def gzip_kb(self) -> float:
        """Its own scripts together."""
        return round(sum(script.gzip_kb for script in self.scripts), 1)

    def late_kb(self) -> dict[str, float]:
        """The sizes of what loads late, by what it belongs to."""
        sizes: dict[str, float] = {}
        for script in self.late:
            name = script.late or ""
            sizes[name] = round(sizes.get(name, 0) + script.gzip_kb, 1)
        return sizes


def first_load(page: str, urls: Sequence[str], site: Path) -> FirstLoad:
    """The first load of a page that asked for these addresses, each counted once."""
    paths = dict.fromkeys(urlsplit(url).path.lstrip("/") for url in urls)
    scripts = [_read(site / path) for path in paths if path.endswith(".js")]
    wasm = [_read(site / path) for path in paths if path.endswith(".wasm")]
    return FirstLoad(
        page,
        [script for script in scripts if script.late is None],
        [script for script in (*scripts, *wasm) if script.late is not None],
    )


def _read(path: Path) -> Script:
    content = path.read_bytes()
    size = round(len(gzip.compress(content, 9)) / KB, 1)
    return Script(path.name, size, _belongs_to(path, content))


def _belongs_to(path: Path, content: bytes) -> str | None:
    if path.suffix == ".wasm":
        return "WASM"
    if path.name.startswith("turbopack-worker"):
        return "tokenizer"
    found = (late for late, words in _LATE.items() if any(word in content for word in words))
    return None if _OWN in content else next(found, None)
