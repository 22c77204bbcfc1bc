"""Samples: named values of a prompt's variables, to try it with."""

from collections.abc import Sequence

import orjson
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from promptops_server.access.types import Caller
from promptops_server.core.errors import FieldProblem, InvalidRequest
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id
from promptops_server.prompts import repository
from promptops_server.prompts.errors import SampleNotFound, SampleTaken, TooManySamples
from promptops_server.prompts.models import PromptSample
from promptops_server.prompts.sample_schemas import SampleWrite
from promptops_server.prompts.service import get_prompt

MAX_SAMPLES = 50
MAX_VALUES_BYTES = 256 * 1024


async def list_samples(session: AsyncSession, caller: Caller, ref: str) -> Sequence[PromptSample]:
    """Every sample of the prompt, the oldest first. Raises PromptNotFound."""
    prompt = await get_prompt(session, caller, ref)
    return await repository.list_samples(session, caller.project_id, prompt.id)


async def create_sample(
    session: AsyncSession, caller: Caller, ref: str, wanted: SampleWrite
) -> PromptSample:
    """A new sample.

    Raises PromptNotFound, SampleTaken, TooManySamples, and InvalidRequest for values that are too
    large.
    """
    _check_size(wanted)
    # Held, so that samples are counted by one at a time.
    prompt = await get_prompt(session, caller, ref, lock=True)
    samples = await repository.list_samples(session, caller.project_id, prompt.id)
    if len(samples) >= MAX_SAMPLES:
        raise TooManySamples(f"A prompt has at most {MAX_SAMPLES} samples. Delete one first.")
    moment = utc_now()
    sample = PromptSample(
        id=new_id(),
        project_id=caller.project_id,
        prompt_id=prompt.id,
        name=wanted.name,
        values_json=wanted.values,
        created_at=moment,
        updated_at=moment,
    )
    repository.add(session, sample)
    await _flush(session)
    return sample


async def put_sample(
    session: AsyncSession, caller: Caller, ref: str, sample_ref: str, wanted: SampleWrite
) -> PromptSample:
    """The sample with another name and other values.

    Raises PromptNotFound, SampleNotFound, SampleTaken, and InvalidRequest for values that are too
    large.
    """
    _check_size(wanted)
    sample = await _get_sample(session, caller, ref, sample_ref)
    sample.name = wanted.name
    sample.values_json = wanted.values
    # An order of keys that changed is a change, and == does not see it.
    flag_modified(sample, "values_json")
    sample.updated_at = utc_now()
    await _flush(session)
    return sample


async def delete_sample(session: AsyncSession, caller: Caller, ref: str, sample_ref: str) -> None:
    """Deletes the sample. Raises PromptNotFound and SampleNotFound."""
    await session.delete(await _get_sample(session, caller, ref, sample_ref))


async def _get_sample(
    session: AsyncSession, caller: Caller, ref: str, sample_ref: str
) -> PromptSample:
    prompt = await get_prompt(session, caller, ref, lock=True)
    sample_id = from_public("smp", sample_ref)
    found = sample_id and await repository.list_samples(
        session, caller.project_id, prompt.id, sample_id
    )
    if not found:
        raise SampleNotFound("This prompt has no such sample.")
    return found[0]


async def _flush(session: AsyncSession) -> None:
    try:
        # Flushed here so that a name that is taken is told as such.
        await session.flush()
    except IntegrityError as error:
        raise SampleTaken("Another sample of this prompt has this name.") from error


def _check_size(wanted: SampleWrite) -> None:
    if len(orjson.dumps(wanted.values)) > MAX_VALUES_BYTES:
        message = f"The values of a sample are at most {MAX_VALUES_BYTES // 1024} KiB as JSON."
        raise InvalidRequest(message, errors=[FieldProblem("invalid_request", "#/values", message)])
