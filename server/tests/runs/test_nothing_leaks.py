"""Canaries: what a caller sends and what is sealed turns up in no log and no error."""

import asyncpg

from fixtures.api import Project
from fixtures.servers import World

_PROMPT = "prompt-canary-5f2a"
_VALUE = "value-canary-9c1e"
_KEY = "sk-provider-canary-7d3b-0123456789"
_CANARIES = (_PROMPT, _VALUE, _KEY)


async def test_no_canary_is_in_a_log_or_an_error(world: World, project: Project) -> None:
    api = project.api
    await project.add_provider(credentials={"api_key": _KEY})
    answers: list[str] = []
    for script in ("ok", "401", "500", "toolong", "half:1", "badutf8", "error:1"):
        alias = script.replace(":", "-")
        await project.prompt(alias, f"{_PROMPT} {{{{ x }}}}", model=f"scripted/{script}")
        for stream in (True, False):
            answers.append((await api.run(alias, {"x": _VALUE}, stream=stream)).text)
    for raw in (
        f'{{"variables": {{"{_VALUE}": NaN}}}}',
        f'{{"variables": {{"x": "{_VALUE}\\u0000"}}}}',
        f'{{"{_VALUE}": 1}}x',
        f'{{"variables": "{_VALUE}"}}',
    ):
        answers.append((await api.send("POST", "/api/v1/run/ok", raw=raw.encode())).text)
    for path, body in (
        ("/api/v1/prompts", {"name": _VALUE, "alias": _VALUE.upper()}),
        ("/api/v1/providers", {"name": "x", "kind": _VALUE, "credentials": {"api_key": _KEY}}),
        ("/api/v1/providers", {"name": "x", "kind": "openai", "credentials": {"api_key": [_KEY]}}),
        ("/api/v1/deployments", {"subject": _VALUE, "environment": "prod", "version": _VALUE}),
    ):
        answer = await api.post(path, body)
        assert answer.status in (404, 422), answer.text
        answers.append(answer.text)
    for canary in _CANARIES:
        assert not [text for text in answers if canary in text]
        assert canary not in world.log.read_text()
    assert str(api.key) not in world.log.read_text()
    assert "Traceback" not in world.log.read_text()


async def test_the_database_holds_no_key_in_clear(world: World, project: Project) -> None:
    await project.add_provider(credentials={"api_key": _KEY})
    connection = await asyncpg.connect(world.settings.database_url)
    tables = await connection.fetch(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    for table in tables:
        rows = await connection.fetch(f"SELECT t::text AS row FROM {table['name']} t")
        for row in rows:
            assert _KEY not in row["row"]
            assert str(project.api.key) not in row["row"]
    await connection.close()
