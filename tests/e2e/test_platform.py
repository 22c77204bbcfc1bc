"""The main job as a newcomer does it: `up`, the printed curl, the answer of the real model."""

import json
import os
import signal
from collections.abc import AsyncGenerator, Generator

import aiohttp
import pytest

from fixtures.api import Api, Project, parse_events
from fixtures.scripted_provider import ScriptedProvider
from fixtures.servers import free_port
from fixtures.waiting import eventually
from platform_process import Platform
from promptops_server.embedded.temporary import folder_for_a_test


@pytest.fixture(scope="module")
def provider() -> Generator[ScriptedProvider]:
    with ScriptedProvider() as running:
        yield running


@pytest.fixture(scope="module")
async def platform(provider: ScriptedProvider) -> AsyncGenerator[Platform]:
    private = provider.url.removeprefix("http://")
    with folder_for_a_test() as folder:
        data = folder / "data with spaces 数据"
        running = Platform(data, free_port(), {"PROMPTOPS_PRIVATE_MODEL_HOSTS": private})
        await running.start()
        try:
            yield running
        finally:
            await running.stop()


@pytest.fixture
async def project(platform: Platform, provider: ScriptedProvider) -> AsyncGenerator[Project]:
    key = platform.curl().headers["X-API-Key"]
    async with aiohttp.ClientSession() as session:
        yield Project(Api(session, platform.url, key), provider.url)


async def test_the_printed_curl_streams_from_the_real_model(
    platform: Platform, project: Project
) -> None:
    command = platform.curl()
    async with (
        aiohttp.ClientSession() as session,
        session.post(command.url, data=command.body, headers=command.headers) as response,
    ):
        assert response.status == 200
        events = parse_events(await response.text())
    assert events[0].name == "meta"
    assert [event.name for event in events[-2:]] == ["usage", "done"]
    text = "".join(event.data["text"] for event in events if event.name == "delta")
    assert text
    usage = events[-2].data
    assert usage["input_tokens"] > 0
    assert usage["output_tokens"] > 0
    assert usage["cost_usd"] == "0"
    runs = (await project.api.get("/api/v1/runs")).json["data"]
    assert runs[0]["id"] == events[0].data["run_id"]
    run = (await project.api.get(f"/api/v1/runs/{runs[0]['id']}")).json
    assert run["output"] == text
    assert run["variables"] == json.loads(command.body)["variables"]
    assert run["usage"] == usage


_DEMO = [
    ("blog-intro", {"topic": "AI", "audience": "parents"}),
    ("feedback-sentiment", {"feedback": "I love the new editor."}),
    ("customer-reply-zh", {"customer_name": "王芳", "message": "我的快递还没到。"}),
]


@pytest.mark.parametrize(("alias", "variables"), _DEMO)
async def test_each_demo_prompt_runs_on_the_real_model(
    project: Project, alias: str, variables: dict[str, str]
) -> None:
    answer = await project.api.run(alias, variables, env="staging")
    assert answer.status == 200, answer.text
    assert answer.json["output"]
    assert answer.json["finish_reason"] in ("stop", "length")
    assert answer.json["model"] == "local/smollm2-135m-instruct"
    assert answer.json["usage"]["output_tokens"] > 0


async def test_demo_prompts_are_of_all_three_forms(project: Project) -> None:
    forms: set[str] = set()
    for alias, _ in _DEMO:
        content = (await project.api.get(f"/api/v1/prompts/{alias}/versions/1.0.0")).json["content"]
        forms |= {name for name in ("structure", "template", "messages") if content[name]}
    assert forms == {"structure", "template", "messages"}


_ADAPTOR = [("anthropic", "sk-ant-canary"), ("gemini", "gm-canary")]


@pytest.mark.parametrize(("kind", "key"), _ADAPTOR)
async def test_the_adaptor_lane_answers_as_the_direct_lane_does(
    project: Project, provider: ScriptedProvider, kind: str, key: str
) -> None:
    await project.add_provider(
        kind, kind=kind, base_url=provider.url, credentials={"api_key": f"{key}-0123456789"}
    )
    model = f"chunks:3+first:{len(kind)}"
    await project.prompt(f"by-{kind}", "Hi {{ x }}", model=f"{kind}/{model}", max_tokens=9)
    whole = await project.api.run(f"by-{kind}", {"x": "you"})
    assert whole.status == 200, whole.text
    streamed = await project.api.run(f"by-{kind}", {"x": "you"}, stream=True)
    events = parse_events(streamed.text)
    assert [event.name for event in events if event.name != "delta"] == ["meta", "usage", "done"]
    text = "".join(event.data["text"] for event in events if event.name == "delta")
    assert text == whole.json["output"] == "w0 w1 w2"
    assert events[-1].data["finish_reason"] == whole.json["finish_reason"] == "stop"
    assert events[-2].data["output_tokens"] == whole.json["usage"]["output_tokens"] == 3
    call = await provider.wait_for_call(model=model)
    assert f"{key}-0123456789" in call.headers.values()
    assert key not in call.path
    run = (await project.api.get(f"/api/v1/runs/{events[0].data['run_id']}")).json
    assert run["attempts"][0]["lane"] == "adaptor"


async def test_a_client_that_leaves_cancels_the_upstream_behind_the_adaptor(
    project: Project, provider: ScriptedProvider
) -> None:
    await project.prompt("leaving", model="anthropic/stall:2")
    body = {"stream": True}
    async with project.api.request("POST", "/api/v1/run/leaving", body=body) as response:
        async for line in response.content:
            if line.startswith(b"event: delta"):
                response.close()
                break
    call = await provider.wait_for_call(model="stall:2")
    assert await call.wait_aborted(1.0)


async def test_an_adaptor_that_dies_is_one_error_and_comes_back(
    platform: Platform, project: Project
) -> None:
    await project.prompt("dying", model="anthropic/stall:3")
    text = ""
    body = {"stream": True}
    async with project.api.request("POST", "/api/v1/run/dying", body=body) as response:
        async for line in response.content:
            if line.startswith(b"event: delta") and "event: delta" not in text:
                os.kill(platform.child("adaptor"), signal.SIGKILL)
            text += line.decode()
    events = parse_events(text)
    assert [event.name for event in events].count("error") == 1
    assert events[-1].data["code"] == "provider_error"
    again = await project.api.run("by-anthropic", {"x": "you"})
    assert again.status == 200, again.text


@pytest.mark.parametrize("child", ["api", "valkey", "postgres", "local-model"])
async def test_a_child_that_is_killed_comes_back_and_nothing_is_lost(
    platform: Platform, project: Project, child: str
) -> None:
    before = (await project.api.run("feedback-sentiment", {"feedback": "Fine."})).json
    os.kill(platform.child(child), signal.SIGKILL)

    async def answers() -> bool:
        try:
            answer = await project.api.run("feedback-sentiment", {"feedback": "Fine."})
        except aiohttp.ClientError:
            return False
        return answer.status == 200

    await eventually(answers, 60)
    kept = await project.api.get(f"/api/v1/runs/{before['run_id']}")
    assert kept.json["output"] == before["output"]


async def test_docs_work_with_no_internet(platform: Platform, project: Project) -> None:
    page = await project.api.get("/docs")
    assert page.status == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js", "favicon.png"):
        async with project.api.request("GET", f"/docs/assets/{name}") as asset:
            assert asset.status == 200
    assert (await project.api.get("/openapi.json")).json["info"]["title"] == "PromptOps"


async def test_a_second_start_keeps_everything_and_a_wrong_master_key_is_told() -> None:
    with folder_for_a_test() as folder:
        platform = Platform(folder / "data", free_port())
        await platform.start()
        first, first_link = platform.curl(), platform.sign_in_link()
        assert await platform.stop() == 0
        await platform.start()
        assert platform.curl() == first
        second_link = platform.sign_in_link()
        async with aiohttp.ClientSession() as session:
            for link, status in ((first_link, 410), (second_link, 200), (second_link, 410)):
                address, _, token = link.partition("/link#")
                accept = f"{address}/api/v1/links/accept"
                async with session.post(accept, json={"token": token}) as response:
                    assert response.status == status
            another = await platform.command("users", "link")
            address, _, token = another.partition("/link#")
            inspect = f"{address}/api/v1/links/inspect"
            async with session.post(inspect, json={"token": token}) as response:
                assert response.status == 200
        assert await platform.stop() == 0
        platform.environment["PROMPTOPS_MASTER_KEY"] = "A" * 43 + "="
        await platform.launch()
        assert await platform.ended() == 2
        sentences = [line for line in platform.output if "master key" in line]
        assert len(sentences) == 1
        assert "not the one that this database was sealed with" in sentences[0]
