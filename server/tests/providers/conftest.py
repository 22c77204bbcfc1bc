"""One adaptor process and one scripted provider for all tests of the adaptor."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from fixtures.adaptor_process import CANARY_KEY, CANARY_PROMPT, AdaptorProcess, Asks, JsonObject
from fixtures.scripted_provider import ScriptedProvider


@pytest.fixture(scope="session")
def scripted() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as provider:
        yield provider
    assert provider.failures == []


@pytest_asyncio.fixture(scope="session")
async def adaptor(scripted: ScriptedProvider) -> AsyncGenerator[AdaptorProcess]:
    with TemporaryDirectory() as folder:
        environment = {
            "PROMPTOPS_PRIVATE_MODEL_HOSTS": f"127.0.0.1:{scripted.port},127.0.0.1:8000",
            "PROMPTOPS_CONNECT_TIMEOUT_S": "1",
            # LiteLLM's own setting is the only way to lead its long tail to a fake.
            "DEEPSEEK_API_BASE": f"{scripted.url}/v1",
        }
        with AdaptorProcess(
            "--socket", str(Path(folder) / "a.sock"), environment=environment
        ) as process:
            await process.ready()
            yield process
        # Of all that the tests of this folder sent, nothing was written to the log.
        written = process.output.decode()
        assert CANARY_KEY not in written
        assert CANARY_PROMPT not in written
        assert "Traceback" not in written


@pytest.fixture
def ask(scripted: ScriptedProvider) -> Asks:
    """Builds an envelope: ask("anthropic", "chunks:5", stream=True, temperature=0.2)."""

    def build(provider: str, model: str, *, stream: bool = False, **fields: object) -> JsonObject:
        envelope: JsonObject = {
            "provider": provider,
            "base_url": None if provider == "deepseek" else scripted.url,
            "credentials": {"api_key": CANARY_KEY},
        }
        for name in ("base_url", "credentials", "first_token_timeout_s"):
            if name in fields:
                envelope[name] = fields.pop(name)
        message = {"role": "user", "content": f"{CANARY_PROMPT} hello"}
        request = {"model": model, "messages": [message], "stream": stream, **fields}
        return {**envelope, "request": request}

    return build
