"""Promotion, rollback, and the checks that guard a release."""

import asyncio
from dataclasses import dataclass, field

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from fixtures.api import Json, Project, made, new_project
from fixtures.servers import World
from promptops_server.access.keys import digest
from promptops_server.access.repository import load_known_key
from promptops_server.access.types import Caller
from promptops_server.core.db import Database, open_pool, url_of
from promptops_server.deployments.errors import ReleaseRefused
from promptops_server.deployments.schemas import DeploymentCreate, Promotion
from promptops_server.deployments.service import deploy, promote
from promptops_server.deployments.types import ProposedRelease, ReleaseKind
from promptops_server.wiring import SUBJECTS

_CONFIG: Json = {"model": "scripted/echo", "parameters": {}}


@pytest.fixture
async def staging(project: Project) -> Json:
    """The deployment of hello 1.0.0 to staging; 1.0.1, 1.0.2 and 1.0.3 exist."""
    await project.add_provider()
    await project.publish("hello", {"template": "v0"}, model="scripted/echo")
    for number in (1, 2, 3):
        body = {"template": f"v{number}", "config": _CONFIG}
        await made(await project.api.send("PUT", "/api/v1/prompts/hello/draft", body=body), 200)
        await made(await project.api.post("/api/v1/prompts/hello/versions", {}))
    return await project.deploy("hello", environment="staging")


async def _promote(project: Project, deployment: Json, **fields: object) -> Json:
    path = f"/api/v1/deployments/{deployment['id']}/promote"
    return await made(await project.api.post(path, {"to": "prod", **fields}), 200)


async def _roll_back(project: Project, deployment: Json, replaces: str, **fields: object) -> Json:
    path = f"/api/v1/deployments/{deployment['id']}/rollback"
    return await made(await project.api.post(path, {"replaces": replaces, **fields}), 200)


async def _ledger(project: Project, deployment: Json) -> list[tuple[str, str | None, str]]:
    answer = await project.api.get(f"/api/v1/deployments/{deployment['id']}/releases")
    return [(one["kind"], one["from_version"], one["to_version"]) for one in answer.json["data"]]


async def _execute(world: World, sql: str) -> None:
    connection = await asyncpg.connect(world.settings.database_url)
    await connection.execute(sql)
    await connection.close()


async def _caller(world: World, project: Project) -> Caller:
    pool = await open_pool(url_of(world.settings, "system"), "system", size=1)
    known = await load_known_key(pool, digest(project.api.key or ""))
    await pool.close()
    assert known is not None
    return known.caller


async def test_a_promotion_takes_what_serves_here_to_there(project: Project, staging: Json) -> None:
    prod = await _promote(project, staging, reason="tried long enough")
    assert (prod["environment"], prod["version"]) == ("prod", "1.0.0")
    assert (await project.api.run("hello")).json["output"] == "v0"
    await project.deploy("hello", "1.0.1", environment="staging", replaces="1.0.0")
    assert (await _promote(project, staging, replaces="1.0.0"))["id"] == prod["id"]
    assert await _ledger(project, prod) == [
        ("promote", "1.0.0", "1.0.1"),
        ("promote", None, "1.0.0"),
    ]
    assert await _ledger(project, staging) == [
        ("deploy", "1.0.0", "1.0.1"),
        ("deploy", None, "1.0.0"),
    ]


async def test_promoting_what_serves_there_already_writes_no_line(
    project: Project, staging: Json
) -> None:
    prod = await _promote(project, staging)
    assert await _promote(project, staging, replaces="1.0.0") == prod
    assert await _ledger(project, prod) == [("promote", None, "1.0.0")]


async def test_of_twenty_promotions_that_replace_the_same_version_one_wins(
    project: Project, staging: Json
) -> None:
    prod = await project.deploy("hello")
    await project.deploy("hello", "1.0.1", environment="staging", replaces="1.0.0")
    path = f"/api/v1/deployments/{staging['id']}/promote"
    answers = await asyncio.gather(
        *(project.api.post(path, {"to": "prod", "replaces": "1.0.0"}) for _ in range(20))
    )
    assert sorted(answer.status for answer in answers) == [200] + [409] * 19
    refused = [answer.json for answer in answers if answer.status == 409]
    assert {one["code"] for one in refused} == {"deployment_moved"}
    assert {one["current_version"] for one in refused} == {"1.0.1"}
    assert await _ledger(project, prod) == [
        ("promote", "1.0.0", "1.0.1"),
        ("deploy", None, "1.0.0"),
    ]


async def test_of_twenty_releases_of_every_kind_at_once_one_wins(
    project: Project, staging: Json
) -> None:
    prod = await project.deploy("hello", "1.0.1")
    await project.deploy("hello", "1.0.2", replaces="1.0.1")
    await project.deploy("hello", "1.0.3", environment="staging", replaces="1.0.0")
    body = {"subject": "hello", "environment": "prod", "version": "1.0.0", "replaces": "1.0.2"}
    promotion = {"to": "prod", "replaces": "1.0.2"}
    base = "/api/v1/deployments"
    calls = [
        *(project.api.post(base, body) for _ in range(6)),
        *(project.api.post(f"{base}/{staging['id']}/promote", promotion) for _ in range(7)),
        *(
            project.api.post(f"{base}/{prod['id']}/rollback", {"replaces": "1.0.2"})
            for _ in range(7)
        ),
    ]
    answers = await asyncio.gather(*calls)
    # Deploying what serves by then changes nothing and is no second win.
    assert len(await _ledger(project, prod)) == 3
    assert {answer.status for answer in answers} == {200, 409}
    assert len({answer.text for answer in answers if answer.status == 200}) == 1


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"to": "prod", "replaces": "1.0.2"}, 409, "deployment_moved"),
        ({"to": "prod"}, 409, "deployment_moved"),
        ({"to": "prod", "replaces": "1.0.1", "version": "1.0.3"}, 409, "deployment_moved"),
        ({"to": "moon", "replaces": "1.0.1"}, 404, "environment_not_found"),
        ({"to": "staging", "replaces": "1.0.0"}, 422, "invalid_request"),
        ({"to": "prod", "replaces": "one"}, 422, "invalid_request"),
        ({"to": "prod", "replaces": "1.0.1", "force": True}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ],
)
async def test_a_promotion_that_is_not_meant_so_is_refused(
    project: Project, staging: Json, fields: Json, status: int, code: str
) -> None:
    prod = await project.deploy("hello", "1.0.1")
    path = f"/api/v1/deployments/{staging['id']}/promote"
    answer = await project.api.post(path, fields)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert await _ledger(project, prod) == [("deploy", None, "1.0.1")]


async def test_a_second_rollback_goes_further_back_and_not_to_and_fro(
    project: Project, staging: Json
) -> None:
    for number in (1, 2, 3):
        before, after = f"1.0.{number - 1}", f"1.0.{number}"
        await project.deploy("hello", after, environment="staging", replaces=before)
    assert (await _roll_back(project, staging, "1.0.3", reason="it rhymes"))["version"] == "1.0.2"
    assert (await _roll_back(project, staging, "1.0.2"))["version"] == "1.0.1"
    assert (await project.api.run("hello", env="staging")).json["output"] == "v1"
    # A release after a rollback is rolled back to where it came from.
    await project.deploy("hello", "1.0.3", environment="staging", replaces="1.0.1")
    assert (await _roll_back(project, staging, "1.0.3"))["version"] == "1.0.1"
    assert (await _roll_back(project, staging, "1.0.1"))["version"] == "1.0.0"
    path = f"/api/v1/deployments/{staging['id']}/rollback"
    answer = await project.api.post(path, {"replaces": "1.0.0"})
    assert (answer.status, answer.json["code"]) == (409, "nothing_to_roll_back_to")
    assert (await _ledger(project, staging))[:3] == [
        ("rollback", "1.0.1", "1.0.0"),
        ("rollback", "1.0.3", "1.0.1"),
        ("deploy", "1.0.1", "1.0.3"),
    ]


async def test_a_rollback_may_name_a_version_that_served(project: Project, staging: Json) -> None:
    for number in (1, 2):
        before, after = f"1.0.{number - 1}", f"1.0.{number}"
        await project.deploy("hello", after, environment="staging", replaces=before)
    gone_back = await _roll_back(project, staging, "1.0.2", to_version="1.0.0")
    assert gone_back["version"] == "1.0.0"
    path = f"/api/v1/deployments/{staging['id']}/rollback"
    for body, status, code in (
        # It served, and was rolled back: it lies ahead and not behind.
        ({"replaces": "1.0.0", "to_version": "1.0.2"}, 409, "nothing_to_roll_back_to"),
        ({"replaces": "1.0.0", "to_version": "1.0.3"}, 409, "nothing_to_roll_back_to"),
        ({"replaces": "1.0.0", "to_version": "9.9.9"}, 409, "nothing_to_roll_back_to"),
        ({"replaces": "1.0.0", "to_version": "1.0.0"}, 422, "invalid_request"),
        ({"replaces": "1.0.2"}, 409, "deployment_moved"),
        ({}, 422, "invalid_request"),
    ):
        answer = await project.api.post(path, body)
        assert (answer.status, answer.json["code"]) == (status, code), body
    assert len(await _ledger(project, staging)) == 4


async def test_another_projects_deployment_is_neither_promoted_nor_rolled_back(
    project: Project, staging: Json, world: World
) -> None:
    async with new_project(world) as other:
        for tail, body in (("promote", {"to": "prod"}), ("rollback", {"replaces": "1.0.0"})):
            path = f"/api/v1/deployments/{staging['id']}/{tail}"
            assert (await other.api.post(path, body)).json["code"] == "deployment_not_found"
    assert len(await _ledger(project, staging)) == 1


async def test_a_deprecated_version_may_be_deployed_and_is_called_so(
    project: Project, staging: Json, world: World
) -> None:
    assert staging["version_deprecated"] is False
    caller = await _caller(world, project)
    await _execute(
        world,
        "UPDATE prompt_versions SET status = 'Deprecated' "
        f"WHERE version_num = '1.0.0' AND project_id = '{caller.project_id}'",
    )
    assert (await _promote(project, staging))["version_deprecated"] is True
    listed = (await project.api.get("/api/v1/deployments")).json["data"]
    assert {one["version_deprecated"] for one in listed} == {True}


async def test_an_archived_prompt_is_not_released(
    project: Project, staging: Json, world: World
) -> None:
    await project.deploy("hello", "1.0.1", environment="staging", replaces="1.0.0")
    caller = await _caller(world, project)
    await _execute(
        world, f"UPDATE prompts SET archived_at = now() WHERE project_id = '{caller.project_id}'"
    )
    base = "/api/v1/deployments"
    body = {"subject": "hello", "environment": "prod", "version": "1.0.0"}
    answers = [
        await project.api.post(base, body),
        await project.api.post(f"{base}/{staging['id']}/promote", {"to": "prod"}),
        await project.api.post(f"{base}/{staging['id']}/rollback", {"replaces": "1.0.1"}),
    ]
    assert {(one.status, one.json["code"]) for one in answers} == {(409, "subject_archived")}


async def test_a_narrowed_key_releases_only_what_its_lists_have(
    project: Project, staging: Json
) -> None:
    await made(await project.api.post("/api/v1/prompts", {"name": "o", "alias": "other"}))
    elsewhere = await project.key("author", environments=["staging"])
    another = await project.key("author", prompts=["other"])
    base = "/api/v1/deployments"
    body = {"subject": "hello", "version": "1.0.1", "replaces": "1.0.0"}
    answers = [
        await elsewhere.post(f"{base}/{staging['id']}/promote", {"to": "prod"}),
        await elsewhere.post(base, {**body, "environment": "prod"}),
        await another.post(base, {**body, "environment": "staging"}),
        await another.post(f"{base}/{staging['id']}/promote", {"to": "prod"}),
        await another.post(f"{base}/{staging['id']}/rollback", {"replaces": "1.0.0"}),
    ]
    assert {(one.status, one.json["code"]) for one in answers} == {(403, "forbidden")}
    assert (await elsewhere.post(base, {**body, "environment": "staging"})).status == 200


async def test_a_required_check_that_nobody_provides_refuses_what_is_new(
    project: Project, staging: Json
) -> None:
    checks = {"required_checks": ["evaluation", "evaluation"]}
    path = "/api/v1/environments/prod"
    changed = await made(await project.api.send("PATCH", path, body=checks), 200)
    assert changed["required_checks"] == ["evaluation"]
    base = "/api/v1/deployments"
    for answer in (
        await project.api.post(f"{base}/{staging['id']}/promote", {"to": "prod"}),
        await project.api.post(
            base, {"subject": "hello", "environment": "prod", "version": "1.0.0"}
        ),
    ):
        assert (answer.status, answer.json["code"]) == (409, "release_check_missing")
    await made(await project.api.send("PATCH", path, body={"required_checks": []}), 200)
    await _promote(project, staging)


@dataclass
class _OnlyTheFirst:
    """A check that lets a first release pass, and none that replaces a version."""

    name: str = "only-the-first"
    asked: list[ProposedRelease] = field(default_factory=list[ProposedRelease])

    async def find_refusal(self, session: AsyncSession, release: ProposedRelease) -> str | None:
        assert session.in_transaction()
        self.asked.append(release)
        return None if release.from_version_id is None else "Something serves already."


async def test_a_check_is_asked_and_its_refusal_leaves_everything_as_it_was(
    project: Project, staging: Json, world: World
) -> None:
    path = "/api/v1/environments/prod"
    required = {"required_checks": ["only-the-first"]}
    await made(await project.api.send("PATCH", path, body=required), 200)
    caller = await _caller(world, project)
    check = _OnlyTheFirst()
    database = Database(world.settings)
    try:
        async with database.transaction(caller.project_id) as session:
            promotion = Promotion(to="prod")
            prod = await promote(session, caller, staging["id"], promotion, SUBJECTS, [check])
        assert prod.version == "1.0.0"
        wanted = DeploymentCreate(
            subject="hello", environment="prod", version="1.0.1", replaces="1.0.0"
        )
        async with database.transaction(caller.project_id) as session:
            with pytest.raises(ReleaseRefused) as refused:
                await deploy(session, caller, wanted, SUBJECTS, [check])
    finally:
        await database.close()
    assert refused.value.detail == "Something serves already."
    assert refused.value.facts == {"check": "only-the-first"}
    assert [(one.kind, one.is_required) for one in check.asked] == [
        (ReleaseKind.PROMOTE, True),
        (ReleaseKind.DEPLOY, True),
    ]
    assert (await project.api.get(f"/api/v1/deployments/{prod.id}")).json["version"] == "1.0.0"
