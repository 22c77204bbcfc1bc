import asyncio
import sys
from pathlib import Path

import aiohttp

from promptops_server.embedded.children import Launch
from promptops_server.embedded.keeper import KeptChild
from promptops_server.embedded.listener import find_free_port
from promptops_server.embedded.probes import answers_http
from promptops_server.embedded.processes import ChildrenRecord
from promptops_server.providers.bundled import CONTEXT_TOKENS, KNOWN, MODEL_NAME


async def test_model_answers_under_its_own_name_and_logs_no_prompt(tmp_path: Path) -> None:
    port = find_free_port()
    module = "promptops_server.embedded.local_model"
    child = KeptChild(
        Launch(
            name="local-model",
            argv=(sys.executable, "-m", module, "--port", str(port), "--threads", "2"),
            environment={"PYTHONPATH": str(Path(__file__).parents[2])},
            log=tmp_path / "model.log",
        ),
        label="Local model",
        answers=lambda: answers_http(("127.0.0.1", port), "/health"),
        report=print,
        record=ChildrenRecord(tmp_path / "children.json"),
    )
    child.start()
    try:
        await child.wait_ready(60)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/v1/models", headers={"Origin": "http://a.example"}) as answer:
                models = await answer.json()
                assert answer.headers.get("Access-Control-Allow-Origin") != "http://a.example"
            assert [model["id"] for model in models["data"]] == [MODEL_NAME]
            assert "site-packages" not in str(models)
            # What the list of models tells of it is what it is.
            assert models["data"][0]["meta"]["n_ctx"] == CONTEXT_TOKENS
            told = KNOWN[MODEL_NAME].context_window, KNOWN[MODEL_NAME].max_output_tokens
            assert told == (CONTEXT_TOKENS, CONTEXT_TOKENS)
            messages = [{"role": "user", "content": "Name three colours."}]
            body = {"messages": messages, "max_tokens": 16, "temperature": 0}
            async with session.post("/v1/chat/completions", json=body) as answer:
                completion = await answer.json()
            assert completion["model"] == MODEL_NAME
            assert completion["choices"][0]["message"]["content"].strip()
            async with session.get("/slots") as answer:
                assert answer.status == 501
    finally:
        await child.stop(asyncio.Event())
    assert "three colours" not in (tmp_path / "model.log").read_text()
