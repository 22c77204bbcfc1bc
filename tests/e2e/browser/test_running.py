"""A run that is stopped, and one that goes on while the connection is away."""

import re

import pytest
from playwright.async_api import expect

from browser.desk import Desk, Studio
from browser.doors import behind_a_line
from browser.words import Locale
from fixtures.api import Project
from fixtures.waiting import eventually


@pytest.fixture
def locale() -> Locale:
    """The main way is gone in both languages; here one is enough."""
    return "en"


async def open_scripted(desk: Desk, model: str) -> None:
    await desk.project.add_provider()
    await desk.project.publish("scripted", {"structure": {"task": "Hi"}}, model=f"scripted/{model}")
    await desk.open_prompt("scripted")


async def test_a_stopped_run_is_cancelled_at_the_provider(desk: Desk) -> None:
    model = "stall:2"
    await open_scripted(desk, model)
    await desk.button("editor.run.run").click()
    output = desk.page.get_by_test_id("output-A")
    await expect(output).to_contain_text("Hello from")
    variant = desk.named("region", desk.words("editor.run.variant", letter="A"))
    await desk.button("editor.run.stop", variant).click()
    await expect(output).to_have_attribute("data-status", "stopped")
    await expect(variant).to_contain_text(desk.words("editor.run.stopped"))
    call = await desk.studio.provider.wait_for_call(model=model)
    assert await call.wait_aborted(5)

    async def ended() -> str | None:
        found = (await desk.project.api.get("/api/v1/runs?prompt=scripted")).json["data"]
        return found[0]["status"] if found else None

    assert (await eventually(ended, 5))[0] == "cancelled"
    await desk.button("editor.run.pastRuns").click()
    past = desk.dialog("editor.run.pastRuns")
    await expect(past).to_contain_text(desk.words("editor.run.statuses.cancelled"))


async def test_a_run_goes_on_while_the_connection_is_away(studio: Studio, project: Project) -> None:
    provider, model = studio.provider, "gate:2+chunks:6"
    provider.shut()
    async with behind_a_line(studio) as (there, line), there.desk(project) as desk:
        await open_scripted(desk, model)
        await desk.page.keyboard.press("Control+Enter")
        output = desk.page.get_by_test_id("output-A")
        await expect(output).to_have_text("w0 w1")
        # What the page loads late is there.
        await expect(desk.page.get_by_test_id("input-tokens")).to_have_text(re.compile(r"\d"))
        desk.watch.expect_offline()
        line.cut()
        away = desk.page.get_by_text(desk.words("editor.run.away"), exact=True)
        await expect(away).to_be_visible()
        # The model answers to its end while nobody can listen.
        call = await provider.wait_for_call(model=model)
        provider.release()
        assert await call.wait_ended(10) == "finished"
        await expect(output).to_have_text("w0 w1")
        line.mend()
        await expect(output).to_have_attribute("data-status", "done")
        await expect(output).to_have_text("w0 w1 w2 w3 w4 w5")
        await expect(away).to_be_hidden()
        assert len([one for one in provider.calls if one.model == model]) == 1
        runs = (await project.api.get("/api/v1/runs?prompt=scripted")).json["data"]
        assert [run["status"] for run in runs] == ["succeeded"]
