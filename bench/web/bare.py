"""The product's own Monaco, alone on a page: what typing costs without PromptOps around it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bench.gateway.errors import BenchFailed
from bench.gateway.processes import free_port

_HERE = Path(__file__).parent / "bare"


async def build_bare(web_folder: Path, to: Path) -> None:
    """Bundles the page into this folder with the tools of web/. Raises BenchFailed."""
    process = await asyncio.create_subprocess_exec(
        str(web_folder / "node_modules" / ".bin" / "vite"),
        *("build", str(_HERE), "--outDir", str(to), "--emptyOutDir", "--logLevel", "error"),
        cwd=web_folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise BenchFailed(f"Monaco alone could not be bundled: {said.decode()[-1500:]}")


@asynccontextmanager
async def served(folder: Path) -> AsyncGenerator[str]:
    """The address of these files, served until the block ends."""
    app = web.Application()
    app.router.add_static("/", folder)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
