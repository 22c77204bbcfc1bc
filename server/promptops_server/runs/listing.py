"""Lists of runs: what a question asks for, the rows of a page, and the names that stand in them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.service import key_names
from promptops_server.access.types import Caller
from promptops_server.core.db import Database
from promptops_server.kit.ids import from_public
from promptops_server.prompts.service import get_prompt_ids, prompt_names
from promptops_server.runs.query import RunFilters
from promptops_server.runs.request import refuse
from promptops_server.runs.types import Labels, UnendedRun
from promptops_server.runs.unended import UnendedRuns
from promptops_server.usage import service as usage
from promptops_server.usage.types import RunFilter, RunRecord

_UNENDED = frozenset({"queued", "running"})
# What no index tells is looked for in so long a time at most.
_LONGEST_SEARCH = timedelta(days=31)


async def labels_of(
    session: AsyncSession, project_id: UUID, runs: Sequence[RunRecord | UnendedRun]
) -> Labels:
    """The names in these rows and what was said about them: three queries, however many rows."""
    return Labels(
        prompts=await prompt_names(session, project_id, _ids(run.prompt_id for run in runs)),
        keys=await key_names(session, project_id, _ids(run.api_key_id for run in runs)),
        feedback=await usage.sum_feedback(
            session, project_id, [run.id for run in runs if isinstance(run, RunRecord)]
        ),
    )


def _ids(found: Iterable[UUID | None]) -> list[UUID]:
    return list({identifier for identifier in found if identifier is not None})


async def list_runs(
    db: Database,
    unended: UnendedRuns,
    caller: Caller,
    chosen: RunFilter,
    after: UUID | None,
    limit: int,
) -> tuple[Sequence[RunRecord | UnendedRun], Labels]:
    """One page of the project's runs, newest first, and one more where there is a next page.

    Runs that have not ended are among them where their status is asked for by name.
    """
    asked = set(chosen.statuses)
    running: Sequence[UnendedRun] = ()
    if asked & _UNENDED:
        running = [
            run
            for run in await unended.list_all(caller.project_id)
            if run.is_wanted(chosen) and (after is None or run.id < after)
        ][: limit + 1]
    async with db.transaction(caller.project_id) as session:
        # What has ended between the two looks is seen by its row, or not at all.
        ended = await usage.list_runs_by_id(session, caller.project_id, [r.id for r in running])
        gone = {run.id for run in ended}
        found: list[RunRecord | UnendedRun] = [run for run in running if run.id not in gone]
        if not asked or asked - _UNENDED:
            found += await usage.list_runs(session, caller.project_id, chosen, after, limit)
            found.sort(key=lambda run: run.id, reverse=True)
        page = found[: limit + 1]
        return page, await labels_of(session, caller.project_id, page)


async def filter_of(session: AsyncSession, caller: Caller, wanted: RunFilters) -> RunFilter:
    """The filter that a query asks for. Raises PromptNotFound and InvalidRequest."""
    _check_search(wanted)
    return RunFilter(
        prompt_ids=tuple(await get_prompt_ids(session, caller, wanted.prompt)),
        version_ids=ids_of("ver", wanted.version, "version"),
        environments=tuple(wanted.environment),
        statuses=tuple(wanted.status),
        codes=tuple(wanted.code),
        sources=tuple(wanted.source),
        models=models_of(wanted.model),
        api_key_ids=ids_of("key", wanted.key, "key"),
        users=tuple(wanted.user),
        sessions=tuple(wanted.session),
        metadata=_metadata_of(wanted.metadata),
        since_ms=milliseconds_of(wanted.since),
        until_ms=milliseconds_of(wanted.until),
        ratings=tuple(wanted.rating),
        min_score=wanted.min_score,
        max_score=wanted.max_score,
        has_comment=wanted.has_comment,
        min_latency_ms=wanted.min_latency_ms,
        min_cost_usd=None if wanted.min_cost_usd is None else Decimal(str(wanted.min_cost_usd)),
    )


def _check_search(wanted: RunFilters) -> None:
    """Refuses to look through all runs that there ever were."""
    if wanted.min_latency_ms is None and wanted.min_cost_usd is None:
        return
    since = milliseconds_of(wanted.since)
    until = milliseconds_of(wanted.until or datetime.now(UTC))
    if since is None or until is None or until - since > _LONGEST_SEARCH.total_seconds() * 1000:
        raise refuse(
            "#/query/since", "With min_latency_ms or min_cost_usd, name a time of at most 31 days."
        )


def ids_of(prefix: str, refs: Sequence[str], name: str) -> tuple[UUID, ...]:
    """The ids that these texts are. Raises InvalidRequest for one that is none."""
    found: list[UUID] = []
    for number, ref in enumerate(refs):
        identifier = from_public(prefix, ref)
        if identifier is None:
            raise refuse(f"#/query/{name}/{number}", f"This is not the id of a {name}.")
        found.append(identifier)
    return tuple(found)


def models_of(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Provider and model of each name; a name without `/` is all models of a provider."""
    return tuple((provider, model) for provider, _, model in (n.partition("/") for n in names))


def milliseconds_of(moment: datetime | None) -> int | None:
    """The moment as milliseconds since the Unix epoch; a time without a zone is taken as UTC."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp() * 1000))


def _metadata_of(entries: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, entry in enumerate(entries):
        name, separator, text = entry.partition("=")
        if not separator or not name:
            raise refuse(f"#/query/metadata/{number}", "Give metadata as name=text.")
        found[name] = text
    return found
