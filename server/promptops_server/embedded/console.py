"""What the supervisor says to the person at the terminal: one line for each event."""

import asyncio
import contextlib
import json
import shlex
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import TextIO

_STILL_AFTER_S = 5.0


@dataclass(slots=True)
class Console:
    """Writes lines to the terminal, which may be gone: then there is nobody to tell."""

    out: TextIO = field(default_factory=lambda: sys.stdout)

    def say(self, line: str = "") -> None:
        """Writes one line at once, in the letters that the terminal knows."""
        encoding = self.out.encoding or "utf-8"
        shown = line.encode(encoding, "backslashreplace").decode(encoding)
        with contextlib.suppress(OSError, ValueError):
            print(shown, file=self.out, flush=True)

    def report(self, event: str) -> None:
        """Writes what happened to a part."""
        self.say(f"  {event}")

    @contextlib.asynccontextmanager
    async def step(self, label: str, note: str = "") -> AsyncGenerator[None]:
        """Tells that a step begins, every five seconds that it goes on, and when it is done."""
        started = time.monotonic()
        self.say(f"  {label}: starting{f' ({note})' if note else ''}")
        still = asyncio.create_task(self._still(label, started))
        try:
            yield
        finally:
            still.cancel()
        self.say(f"  {label}: ready after {time.monotonic() - started:.1f} s")

    async def _still(self, label: str, started: float) -> None:
        while True:
            await asyncio.sleep(_STILL_AFTER_S)
            self.say(f"  {label}: still starting ({time.monotonic() - started:.0f} s)")


_LINK_NOTE = "           (once, within an hour; a new link: promptops-server users link)"


def describe_ready(
    *,
    url: str,
    sign_in: str | None,
    api_key: str | None,
    demo_prompt: str,
    variables: Mapping[str, object],
    data: str,
    logs: str,
) -> list[str]:
    """The lines that say where everything is, with a call that can be pasted into a shell.

    Without a key (it was shown at the first start, and only its hash is kept) the call takes it
    from PROMPTOPS_API_KEY. `sign_in` is the one-time link, or why there is none; None once it was
    used.
    """
    shown_key = api_key or "shown at the first start (a new one: promptops-server keys create)"
    header = f"'X-API-Key: {api_key}'" if api_key else '"X-API-Key: $PROMPTOPS_API_KEY"'
    body = json.dumps({"variables": dict(variables), "stream": True}, ensure_ascii=False)
    return [
        "",
        f"PromptOps runs at {url}",
        "",
        *([f"  Sign in  {sign_in}", _LINK_NOTE] if sign_in else []),
        f"  API key  {shown_key}",
        "  Try it   ",
        f"    curl -N {shlex.quote(f'{url}/api/v1/run/{demo_prompt}?env=prod')} \\",
        f"      -H {header} \\",
        "      -H 'Content-Type: application/json' \\",
        f"      -d {shlex.quote(body)}",
        "",
        f"  Data     {data}",
        f"  Logs     {logs}",
        "  Stop     Ctrl-C",
        "",
    ]
