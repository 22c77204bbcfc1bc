"""The list of models over HTTP: what a project's providers have, what it costs and can do."""

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.api import Api, Json, Project, made

_PATH = "/api/v1/models"
_KEY = {"credentials": {"api_key": "sk-test-0123456789abcdef"}}


async def _price(api: Api, provider: str, model: str, **fields: object) -> None:
    prices = {"input": "1.50", "output": "10", "cached_input": "0", "reasoning": "12"}
    body: Json = {"provider": provider, "model": model, "prices": prices, **fields}
    await made(await api.send("PUT", "/api/v1/prices", body=body), 200)


async def _all(api: Api, query: str = "") -> list[Json]:
    """Every model, page by page, all of them in ascending order of their names."""
    found: list[Json] = []
    cursor = ""
    while True:
        page = (await api.get(f"{_PATH}?limit=100{query}{cursor}")).json
        found += page["data"]
        assert page["has_more"] is (page["next_cursor"] is not None)
        if page["next_cursor"] is None:
            names = [model["model"] for model in found]
            assert names == sorted(set(names))
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def test_models_are_those_of_the_providers(project: Project) -> None:
    assert await _all(project.api) == []
    await project.add_provider("mine", kind="openai", **_KEY)
    await project.add_provider("mine-too", kind="anthropic", base_url=None, **_KEY)
    found = {model["model"]: model for model in await _all(project.api)}
    assert {model["provider"] for model in found.values()} == {"mine", "mine-too"}
    assert found["mine/gpt-4o"] == {
        "model": "mine/gpt-4o",
        "provider": "mine",
        "name": "gpt-4o",
        "prices": {"input": "2.5", "output": "10", "cached_input": "1.25", "reasoning": None},
        "price_source": "litellm",
        "configured": True,
        "tokenizer": {"encoding": "o200k_base", "exact": True},
        "context_window": 128_000,
        "max_output_tokens": 16_384,
        "supports": {"tools": True, "vision": True, "json_schema": True, "reasoning": False},
    }
    assert found["mine-too/claude-haiku-4-5"]["supports"]["reasoning"] is True
    told = {
        name: found[name]["tokenizer"]
        for name in ("mine/gpt-4-turbo", "mine/o3", "mine-too/claude-haiku-4-5")
    }
    assert told == {
        "mine/gpt-4-turbo": {"encoding": "cl100k_base", "exact": True},
        "mine/o3": {"encoding": "o200k_base", "exact": False},
        "mine-too/claude-haiku-4-5": {"encoding": None, "exact": False},
    }


async def test_the_local_model_is_listed_as_it_is(project: Project) -> None:
    await project.add_provider("box-local", kind="local", base_url=None)
    (model,) = await _all(project.api)
    assert model == {
        "model": "box-local/smollm2-135m-instruct",
        "provider": "box-local",
        "name": "smollm2-135m-instruct",
        "prices": {"input": "0", "output": "0", "cached_input": None, "reasoning": None},
        "price_source": None,
        "configured": True,
        "tokenizer": {"encoding": None, "exact": False},
        "context_window": 2048,
        "max_output_tokens": 2048,
        "supports": {"tools": False, "vision": False, "json_schema": True, "reasoning": False},
    }


async def test_all_models_have_those_of_other_kinds_too(project: Project) -> None:
    await project.add_provider("mine", kind="openai", **_KEY)
    # The name of another kind: what stands under it is this provider's.
    await project.add_provider("anthropic")
    await _price(project.api, "anthropic", "own")
    found = {model["model"]: model for model in await _all(project.api, "&all=true")}
    assert found["mine/gpt-4o"]["configured"] is True
    assert found["deepseek/deepseek-chat"]["configured"] is False
    assert found["local/smollm2-135m-instruct"]["configured"] is False
    of_anthropic = [name for name in found if name.startswith("anthropic/")]
    assert of_anthropic == ["anthropic/own"]
    assert not any(name.startswith("openai/") for name in found)
    some = await _all(project.api, "&all=true&provider=deepseek&q=chat")
    assert some
    assert {model["provider"] for model in some} == {"deepseek"}
    assert await _all(project.api, "&provider=deepseek") == []
    page = (await project.api.get(f"{_PATH}?all=true&limit=1000")).json
    assert len(page["data"]) == 1000
    assert (await project.api.get(f"{_PATH}?all=true&limit=1001")).status == 422
    other = f"{_PATH}?limit=1000&cursor={page['next_cursor']}"
    assert (await project.api.get(other)).status == 422


async def test_models_with_own_prices_are_there_too(project: Project) -> None:
    await project.add_provider("box")
    await project.add_provider("own", kind="local", base_url=None)
    await _price(project.api, "box", "acme/big")
    await _price(project.api, "own", "tiny", starts_at=_tomorrow())
    await _price(project.api, "box", "later", starts_at=_tomorrow())
    await _price(project.api, "box", "unknown", prices={"input": None, "output": None})
    found = {model["model"]: model for model in await _all(project.api)}
    assert found["box/acme/big"] == {
        "model": "box/acme/big",
        "provider": "box",
        "name": "acme/big",
        "prices": {"input": "1.5", "output": "10", "cached_input": "0", "reasoning": "12"},
        "price_source": "project",
        "configured": True,
        "tokenizer": {"encoding": None, "exact": False},
        "context_window": None,
        "max_output_tokens": None,
        "supports": dict.fromkeys(("tools", "vision", "json_schema", "reasoning")),
    }
    told = {name: (row["prices"]["input"], row["price_source"]) for name, row in found.items()}
    assert told == {
        "box/acme/big": ("1.5", "project"),
        "box/later": (None, None),
        "box/unknown": (None, "project"),
        # A local model costs nothing where the project says nothing else.
        "own/smollm2-135m-instruct": ("0", None),
        "own/tiny": ("0", None),
    }


def _tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


async def test_an_own_price_stands_before_the_tables(project: Project) -> None:
    await project.add_provider("openai", kind="openai", **_KEY)
    await _price(project.api, "openai", "gpt-4o", starts_at="2026-01-01T00:00:00Z")
    await _price(project.api, "openai", "gpt-4o", starts_at=_tomorrow(), prices=_nine())
    [model] = [row for row in await _all(project.api, "&q=gpt-4o") if row["name"] == "gpt-4o"]
    assert (model["prices"]["input"], model["price_source"]) == ("1.5", "project")
    assert model["context_window"] == 128_000


def _nine() -> Json:
    return {"input": "9", "output": "9"}


async def test_filters_narrow_the_list(project: Project) -> None:
    await project.add_provider("a", kind="openai", **_KEY)
    await project.add_provider("a-b", kind="mistral", base_url=None, **_KEY)
    everything = [row["model"] for row in await _all(project.api)]
    assert [row["model"] for row in await _all(project.api, "&provider=a-b")] == [
        name for name in everything if name.startswith("a-b/")
    ]
    some = [row["model"] for row in await _all(project.api, "&q=4O-Mini")]
    assert some == [name for name in everything if "4o-mini" in name]
    assert some
    assert await _all(project.api, "&q=no-such-model") == []
    assert await _all(project.api, "&provider=nobody") == []


async def test_a_small_page_goes_on_where_it_ended(project: Project) -> None:
    await project.add_provider("box")
    for name in ("c", "a", "b"):
        await _price(project.api, "box", name)
    first = (await project.api.get(f"{_PATH}?limit=2")).json
    assert [row["name"] for row in first["data"]] == ["a", "b"]
    # What was added in between and stands before is not shown, and nothing is shown twice.
    await _price(project.api, "box", "aa")
    rest = (await project.api.get(f"{_PATH}?limit=2&cursor={first['next_cursor']}")).json
    assert [row["name"] for row in rest["data"]] == ["c"]
    moved = await project.api.get(f"{_PATH}?q=c&cursor={first['next_cursor']}")
    assert (moved.status, moved.json["errors"][0]["pointer"]) == (422, "#/query/cursor")


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=%00", "cursor=%ff", "limit=0", "provider=%00", f"q={'x' * 257}"]
)
async def test_what_cannot_be_asked_is_refused(api: Api, query: str) -> None:
    assert (await api.get(f"{_PATH}?{query}")).status == 422


@pytest.mark.parametrize("text", ["%ff", "%ED%A0%80", "%25", "'"])
async def test_any_text_may_be_looked_for(project: Project, text: str) -> None:
    await project.add_provider("openai", kind="openai", **_KEY)
    answer = await project.api.get(f"{_PATH}?q={text}")
    assert (answer.status, answer.json["data"]) == (200, [])
