"""The demo project: three real prompts, published and deployed, that run on the local model."""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from promptops_server.access import service as access
from promptops_server.access.schemas import ProjectCreate
from promptops_server.access.types import Caller, Role, Scope
from promptops_server.core.addresses import AddressPolicy
from promptops_server.core.db import Database
from promptops_server.core.secrets import MasterKey
from promptops_server.deployments import service as deployments
from promptops_server.deployments.schemas import DeploymentCreate
from promptops_server.deployments.types import SubjectsByKind
from promptops_server.prompts import service as prompts
from promptops_server.prompts.config import Parameters, PromptConfig
from promptops_server.prompts.prompt_schema import FewShotExample, PromptSchema
from promptops_server.prompts.publishing import publish
from promptops_server.prompts.schemas import (
    Content,
    MessageInput,
    PromptCreate,
    VersionCreate,
)
from promptops_server.providers import service as providers
from promptops_server.providers.schemas import ProviderCreate
from promptops_server.providers.types import ProviderKind

SLUG = "demo"
KEY_FILE = "demo.key"
MODEL = "local/smollm2-135m-instruct"
# What the first screen's curl calls.
FIRST_PROMPT = "blog-intro"
FIRST_VARIABLES: dict[str, object] = {"topic": "AI"}

_PROMPTS = (
    PromptCreate(
        name="Blog introduction",
        alias=FIRST_PROMPT,
        content=Content(
            template=(
                "Write a friendly introduction of two sentences for a blog post about "
                "{{ topic }}{% if audience is defined %}, for {{ audience }}{% endif %}."
            ),
            config=PromptConfig(
                model=MODEL, parameters=Parameters(temperature=0.7, max_tokens=120)
            ),
        ),
    ),
    PromptCreate(
        name="Feedback sentiment",
        alias="feedback-sentiment",
        content=Content(
            structure=PromptSchema(
                role="You read customer feedback for a software company.",
                task="Say in one word whether the feedback is positive, negative or neutral.",
                context="Feedback: {{ feedback }}",
                constraints=["Answer with one word.", "Do not explain."],
                few_shot=[
                    FewShotExample(
                        input="The new editor saves me an hour a day.", output="positive"
                    ),
                    FewShotExample(input="It crashed twice before lunch.", output="negative"),
                    FewShotExample(input="I use it on a laptop.", output="neutral"),
                ],
            ),
            config=PromptConfig(model=MODEL, parameters=Parameters(temperature=0.0, max_tokens=8)),
        ),
    ),
    PromptCreate(
        name="客服回复",
        alias="customer-reply-zh",
        content=Content(
            messages=[
                MessageInput(
                    role="system", content="你是一家网店的客服，用简体中文礼貌、简短地回复顾客。"
                ),
                MessageInput(
                    role="user",
                    content="顾客 {{ customer_name }} 说：{{ message }}\n请写一段回复。",
                ),
            ],
            config=PromptConfig(
                model=MODEL, parameters=Parameters(temperature=0.7, max_tokens=160)
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoProject:
    """The demo project; `api_key` is None where its text is not known any more."""

    api_key: str | None
    is_new: bool


async def make_demo(
    database: Database, data_dir: Path, master_key: MasterKey, subjects: SubjectsByKind
) -> DemoProject:
    """The demo project, made where it does not exist yet.

    Its key is kept in a file that only this user may read, beside the master key, so that every
    start can show it.
    """
    key_file = data_dir / KEY_FILE
    async with database.transaction(None) as session:
        if await access.find_project_id(session, SLUG) is not None:
            return DemoProject(_read(key_file), is_new=False)
        wanted = ProjectCreate(name="Demo", slug=SLUG)
        project, key = await access.create_project(session, None, wanted)
    caller = _system_caller(project.id)
    async with database.transaction(project.id) as session:
        local = ProviderCreate(name="local", kind=ProviderKind.LOCAL)
        await providers.create_provider(
            session, caller, local, master_key=master_key, policy=AddressPolicy()
        )
        for prompt in _PROMPTS:
            await prompts.create_prompt(session, caller, prompt)
            first = VersionCreate(message="The first version")
            version, _ = await publish(session, caller, prompt.alias, first, None)
            for environment in ("staging", "prod"):
                release = DeploymentCreate(
                    subject=prompt.alias,
                    environment=environment,
                    version=str(version.version_num),
                    reason="The demo project",
                )
                await deployments.deploy(session, caller, release, subjects)
    _write(key_file, key)
    return DemoProject(key, is_new=True)


async def first_sign_in(database: Database) -> str | None:
    """The token of a new sign-in link for the first administrator, an owner of the demo project.

    None once the administrator has signed in: then links are made on request only.
    """
    async with database.transaction(None) as session:
        administrator = await access.ensure_administrator(session)
        if administrator.signed_in_at is not None:
            return None
        project_id = await access.find_project_id(session, SLUG)
        if project_id is not None:
            await access.make_member(session, project_id, administrator.id, Role.OWNER)
        return await access.make_sign_in_link(session, administrator.id)


def _system_caller(project_id: UUID) -> Caller:
    return Caller(
        kind="system",
        id=UUID(int=0),
        name="PromptOps",
        project_id=project_id,
        scopes=frozenset(Scope),
        requests_per_minute=1,
        burst=1,
    )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, key: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
