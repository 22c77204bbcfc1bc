"""A process that is stopped lets running streams end, and tells those that cannot."""

import asyncio
from pathlib import Path

from fixtures.api import Api, Project, parse_events
from fixtures.servers import ApiProcess, World, free_port


async def _stream(api: Api, alias: str, began: asyncio.Event) -> str:
    text = ""
    async with api.request("POST", f"/api/v1/run/{alias}", body={"stream": True}) as response:
        async for line in response.content:
            text += line.decode()
            if line.startswith(b"event: delta"):
                began.set()
    return text


async def test_a_stop_lets_a_run_end_and_tells_one_that_does_not(
    world: World, project: Project, tmp_path: Path
) -> None:
    await project.add_provider()
    await project.prompt("ending", model="scripted/chunks:10+slow:30")
    await project.prompt("endless", model="scripted/stall:2")
    environment = {
        **world.environment,
        "PROMPTOPS_PORT": str(free_port()),
        "PROMPTOPS_DRAIN_TIMEOUT_S": "2",
    }
    process = ApiProcess(environment, tmp_path / "log")
    await process.start()
    second = Api(project.api.session, process.url, project.api.key)
    begun = [asyncio.Event(), asyncio.Event()]
    ending = asyncio.create_task(_stream(second, "ending", begun[0]))
    endless = asyncio.create_task(_stream(second, "endless", begun[1]))
    await asyncio.gather(*(event.wait() for event in begun))
    await process.stop()
    assert parse_events(await ending)[-1].name == "done"
    told = parse_events(await endless)[-1]
    assert (told.name, told.data["code"]) == ("error", "shutting_down")
    runs = {run["prompt"]: run for run in (await project.api.get("/api/v1/runs")).json["data"]}
    assert runs["ending"]["status"] == "succeeded"
    assert (runs["endless"]["status"], runs["endless"]["error"]["code"]) == (
        "failed",
        "shutting_down",
    )
