"""Samples of a prompt's variables over HTTP. `{prompt}` is an alias or a public id."""

from fastapi import APIRouter

from promptops_server.access.deps import Author, Db, Reader
from promptops_server.core.problems import errors
from promptops_server.prompts import samples
from promptops_server.prompts.errors import (
    PromptNotFound,
    SampleNotFound,
    SampleTaken,
    TooManySamples,
)
from promptops_server.prompts.sample_schemas import SampleList, SampleRead, SampleWrite

router = APIRouter(prefix="/api/v1/prompts/{prompt}/samples", tags=["Prompts"])


@router.get("", responses=errors(PromptNotFound))
async def list_samples(prompt: str, caller: Reader, db: Db) -> SampleList:
    """The prompt's samples: named values of its variables, the oldest first."""
    async with db.transaction(caller.project_id) as session:
        found = await samples.list_samples(session, caller, prompt)
    return SampleList(data=[SampleRead.of(sample) for sample in found])


@router.post(
    "",
    status_code=201,
    responses=errors(PromptNotFound, SampleTaken, TooManySamples, body=True),
)
async def create_sample(prompt: str, wanted: SampleWrite, caller: Author, db: Db) -> SampleRead:
    """Keeps a sample with the prompt; there are 50 at most."""
    async with db.transaction(caller.project_id) as session:
        return SampleRead.of(await samples.create_sample(session, caller, prompt, wanted))


@router.put(
    "/{sample_id}", responses=errors(PromptNotFound, SampleNotFound, SampleTaken, body=True)
)
async def put_sample(
    prompt: str, sample_id: str, wanted: SampleWrite, caller: Author, db: Db
) -> SampleRead:
    """Replaces a sample's name and values."""
    async with db.transaction(caller.project_id) as session:
        return SampleRead.of(await samples.put_sample(session, caller, prompt, sample_id, wanted))


@router.delete("/{sample_id}", status_code=204, responses=errors(PromptNotFound, SampleNotFound))
async def delete_sample(prompt: str, sample_id: str, caller: Author, db: Db) -> None:
    """Deletes a sample."""
    async with db.transaction(caller.project_id) as session:
        await samples.delete_sample(session, caller, prompt, sample_id)
