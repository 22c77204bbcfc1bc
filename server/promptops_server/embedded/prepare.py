"""Runs the one-shot child that checks the master key, migrates, and makes the demo project.

It prints one JSON object as its last line on success. Where it refuses, it exits with 2 and says
why on stderr.
"""

import asyncio
import json
import os
from dataclasses import dataclass
from typing import cast

from promptops_server.embedded.children import Launch, end_child, open_log, start_child
from promptops_server.embedded.errors import PartFailed, StartRefused
from promptops_server.embedded.processes import ChildrenRecord

_REFUSED = 2


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the first screen shows.

    The key is None where its text is not known any more. `sign_in` is the one-time link, or why
    there is none; None once it was used.
    """

    api_key: str | None
    demo_prompt: str
    variables: dict[str, object]
    sign_in: str | None = None


async def run_prepare(launch: Launch, record: ChildrenRecord) -> Prepared:
    """What `prepare` says, after it has ended.

    Raises StartRefused with its own sentence where it refuses, PartFailed where it breaks. A
    cancelled call ends the child first.
    """
    try:
        process = await start_child(launch, has_output=True)
    except OSError as error:
        raise PartFailed(f"Cannot start {launch.argv[0]} ({error.strerror}).") from error
    record.add(launch.name, process.pid, launch.stop_signal, launch.hurried_timeout_s)
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            await end_child(process, launch, asyncio.Event())
        record.remove(process.pid)
    # Only what went to stderr is kept: stdout has the API key and the sign-in link.
    _append(launch, errors)
    if process.returncode != 0:
        raise _failure(process.returncode, errors.decode(errors="replace").strip(), launch)
    return _read(output, launch)


def _append(launch: Launch, errors: bytes) -> None:
    descriptor = open_log(launch.log)
    try:
        os.write(descriptor, errors)
    finally:
        os.close(descriptor)


def _failure(status: int | None, said: str, launch: Launch) -> StartRefused:
    if status == _REFUSED and said:
        # Whole, since a refusal may show the SQL that an administrator has to run.
        return StartRefused(said)
    last = said.splitlines()[-1] if said else "nothing was said"
    return PartFailed(f"Setting up the database failed ({last}). See {launch.log}.")


def _read(output: bytes, launch: Launch) -> Prepared:
    lines = output.decode(errors="replace").strip().splitlines()
    try:
        loaded: object = json.loads(lines[-1]) if lines else None
    except ValueError:
        loaded = None
    if not isinstance(loaded, dict):
        raise PartFailed(f"Setting up the database gave no answer. See {launch.log}.")
    facts = cast("dict[str, object]", loaded)
    key, variables = facts.get("api_key"), facts.get("curl_variables")
    sign_in = facts.get("sign_in")
    return Prepared(
        api_key=key if isinstance(key, str) else None,
        demo_prompt=str(facts.get("demo_prompt", "demo")),
        variables=cast("dict[str, object]", variables) if isinstance(variables, dict) else {},
        sign_in=sign_in if isinstance(sign_in, str) else None,
    )
