"""Whether this process is being stopped: what would go on for ever ends then by itself."""

import asyncio


class Draining:
    """Begins once, when the server stops listening; whoever streams without an end waits for it."""

    def __init__(self) -> None:
        """Has not begun."""
        self._begun = asyncio.Event()

    def begin(self) -> None:
        """Says that the process is being stopped."""
        self._begun.set()

    async def wait(self) -> None:
        """Returns once the process is being stopped."""
        await self._begun.wait()
