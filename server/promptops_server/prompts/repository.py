"""Every SQL statement of prompts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from promptops_server.core.db import Pool
from promptops_server.core.fields import ALIAS_PATTERN
from promptops_server.core.scoping import of_project, page_of
from promptops_server.kit.ids import from_public
from promptops_server.prompts.config import PromptConfig
from promptops_server.prompts.models import Prompt, PromptAlias, PromptSample, PromptVersion
from promptops_server.prompts.schemas import PromptQuery
from promptops_server.prompts.types import Glance, PromptRef, VersionStatus
from promptops_server.versioned.semver import parse

_FOLDERS = text(
    "SELECT array_to_string(parts[1:depth], '/') AS folder, count(*) "
    "FROM (SELECT string_to_array(name, '/') AS parts FROM prompts "
    "WHERE project_id = :project_id AND archived_at IS NULL AND name LIKE '%/%') AS split, "
    "generate_series(1, cardinality(parts) - 1) AS depth GROUP BY 1 ORDER BY 1 LIMIT :most"
)
_GLANCES = text(
    "SELECT p.id, newest.version_num, (SELECT count(*) FROM prompt_versions v "
    "WHERE v.prompt_id = p.id AND v.status <> 'Draft'), draft.updated_at, "
    "coalesce(draft.kind, newest.kind) FROM prompts p "
    "LEFT JOIN LATERAL (SELECT v.version_num, v.kind FROM prompt_versions v "
    "WHERE v.prompt_id = p.id AND v.status <> 'Draft' ORDER BY v.id DESC LIMIT 1) newest ON true "
    "LEFT JOIN prompt_versions draft ON draft.prompt_id = p.id "
    "AND draft.author_id = :author_id AND draft.status = 'Draft' "
    "WHERE p.project_id = :project_id AND p.id = ANY(:ids)"
)
_ALIAS = re.compile(ALIAS_PATTERN)

# The columns of StoredVersion, in its order.
_SELECT_STORED = (
    "SELECT id, prompt_id, version_num, kind, compiled_template, config_json, structure_json, "
    "variables_json, content_hash, source_template FROM prompt_versions "
)
# The columns of FoundSnippet, in its order; of a number, or where that is NULL, of the highest
# that is not deprecated.
_SELECT_SNIPPET = (
    "SELECT v.prompt_id, v.version_num, v.kind, v.compiled_template, "
    "CAST(v.snippets_json AS text) FROM prompt_aliases a "
    "JOIN prompts p ON p.project_id = a.project_id AND p.id = a.prompt_id "
    "JOIN prompt_versions v ON v.project_id = p.project_id AND v.prompt_id = p.id "
    "WHERE a.project_id = {project_id} AND a.alias = {alias} AND p.archived_at IS NULL "
    "AND v.status <> 'Draft' AND (v.version_num = {number} "
    "OR CAST({number} AS text) IS NULL AND v.status = 'Published') "
    "ORDER BY CAST(string_to_array(v.version_num, '.') AS integer[]) DESC LIMIT 1"
)
_FIND_SNIPPET = text(
    _SELECT_SNIPPET.format(project_id=":project_id", alias=":alias", number=":number")
)
_LOAD_SNIPPET = _SELECT_SNIPPET.format(project_id="$1", alias="$2", number="$3")


def add(session: AsyncSession, *rows: Prompt | PromptAlias | PromptVersion | PromptSample) -> None:
    session.add_all(rows)


async def find_prompt(
    session: AsyncSession,
    project_id: UUID,
    *,
    prompt_id: UUID | None,
    alias: str,
    lock: bool = False,
) -> Prompt | None:
    """The prompt of the id, or where that is None, by any alias that it has or had."""
    statement = of_project(Prompt, project_id)
    if prompt_id is not None:
        statement = statement.where(Prompt.id == prompt_id)
    elif _ALIAS.fullmatch(alias) is None:
        # PostgreSQL would refuse some texts that no alias is.
        return None
    else:
        claimed = select(PromptAlias.prompt_id).where(
            PromptAlias.project_id == project_id, PromptAlias.alias == alias
        )
        statement = statement.where(Prompt.id == claimed.scalar_subquery())
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def prompt_ids(
    session: AsyncSession, project_id: UUID, refs: Sequence[str]
) -> dict[str, UUID]:
    """The prompt of each public id or alias, now or from before; others are left out."""
    ids = {ref: from_public("prm", ref) for ref in refs}
    aliases = [ref for ref, found in ids.items() if found is None and _ALIAS.fullmatch(ref)]
    by_alias = select(PromptAlias.alias, PromptAlias.prompt_id).where(
        PromptAlias.project_id == project_id, PromptAlias.alias.in_(aliases)
    )
    known = select(Prompt.id).where(
        Prompt.project_id == project_id, Prompt.id.in_([found for found in ids.values() if found])
    )
    claimed = {str(alias): found for alias, found in (await session.execute(by_alias)).all()}
    existing = set((await session.execute(known)).scalars())
    return claimed | {ref: found for ref, found in ids.items() if found and found in existing}


async def find_alias(session: AsyncSession, project_id: UUID, alias: str) -> PromptAlias | None:
    """The claim of a prompt on the alias, current or former."""
    if _ALIAS.fullmatch(alias) is None:
        return None
    statement = select(PromptAlias).where(
        PromptAlias.project_id == project_id, PromptAlias.alias == alias
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def former_aliases(
    session: AsyncSession, project_id: UUID, prompt_ids: Sequence[UUID]
) -> dict[UUID, list[str]]:
    """The aliases that each prompt had before, in their order; without any, no entry."""
    statement = (
        select(PromptAlias.prompt_id, PromptAlias.alias)
        .where(
            PromptAlias.project_id == project_id,
            PromptAlias.prompt_id.in_(prompt_ids),
            PromptAlias.renamed_at.is_not(None),
        )
        .order_by(PromptAlias.alias)
    )
    found: dict[UUID, list[str]] = {}
    for prompt_id, alias in (await session.execute(statement)).all():
        found.setdefault(prompt_id, []).append(alias)
    return found


async def glances(
    session: AsyncSession, project_id: UUID, author_id: UUID, prompt_ids: Sequence[UUID]
) -> dict[UUID, Glance]:
    """What there is of each prompt, with the author's own draft."""
    given = {"project_id": project_id, "author_id": author_id, "ids": list(prompt_ids)}
    rows = (await session.execute(_GLANCES, given)).all()
    return {row[0]: Glance(*row[1:]) for row in rows}


async def list_prompts(
    session: AsyncSession,
    project_id: UUID,
    author_id: UUID,
    wanted: PromptQuery,
    after: str | None,
) -> Sequence[tuple[Prompt, str]]:
    """One page of the prompts that fit every filter, each with its place in the order.

    `after` is such a place. The author's drafts are searched too, and count as an update.
    """
    statement = of_project(Prompt, project_id).where(
        Prompt.archived_at.is_not(None) if wanted.archived else Prompt.archived_at.is_(None)
    )
    if wanted.folder is not None:
        statement = statement.where(Prompt.name.like(_escape_like(wanted.folder) + "/%"))
    if wanted.tag:
        statement = statement.where(Prompt.tags.contains(wanted.tag))
    if wanted.q is not None:
        found = [
            _holds(Prompt.name, wanted.q),
            _holds(Prompt.alias, wanted.q),
            _holds(func.array_to_string(Prompt.tags, " "), wanted.q),
        ]
        if wanted.within == "text":
            found.append(_text_holds(wanted.q, author_id))
        statement = statement.where(or_(*found))
    page = _page_in_order(statement, wanted, author_id, after)
    rows = (await session.execute(page)).all()
    return [(prompt, f"{prompt.id.hex}{value}") for prompt, value in rows]


def _page_in_order(
    statement: Select[Prompt], wanted: PromptQuery, author_id: UUID, after: str | None
) -> Select[Prompt, object]:
    """One page, each row with the value that it is sorted by before its id."""
    value: ColumnElement[Any] = literal("")
    if wanted.sort == "name":
        value = func.lower(Prompt.name)
    elif wanted.sort == "updated":
        drafted = select(PromptVersion.updated_at).where(
            PromptVersion.prompt_id == Prompt.id, _is_draft_of(author_id)
        )
        value = func.greatest(Prompt.updated_at, drafted.correlate(Prompt).scalar_subquery())
    here = tuple_(value, Prompt.id)
    if after is not None:
        last: Any = after[32:]
        if wanted.sort == "updated":
            last = datetime.fromisoformat(last)
        there = tuple_(literal(last), UUID(after[:32]))
        statement = statement.where(here > there if wanted.sort == "name" else here < there)
    order = (value, Prompt.id)
    if wanted.sort != "name":
        order = tuple(column.desc() for column in order)
    return statement.add_columns(value).order_by(*order).limit(wanted.limit + 1)


def _is_draft_of(author_id: UUID) -> ColumnElement[bool]:
    return and_(
        PromptVersion.status == VersionStatus.DRAFT.value, PromptVersion.author_id == author_id
    )


def _escape_like(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _holds(
    column: ColumnElement[str] | InstrumentedAttribute[str], part: str
) -> ColumnElement[bool]:
    return func.lower(column).like(func.lower(f"%{_escape_like(part)}%"))


def _text_holds(part: str, author_id: UUID) -> ColumnElement[bool]:
    """Whether the newest version or the author's draft holds the text; a chat is stored as JSON."""
    as_json = orjson.dumps(part).decode()[1:-1]
    newest = (
        select(PromptVersion.id)
        .where(
            PromptVersion.prompt_id == Prompt.id,
            PromptVersion.status != VersionStatus.DRAFT.value,
        )
        .order_by(PromptVersion.id.desc())
        .limit(1)
        .correlate(Prompt)
        .scalar_subquery()
    )
    return (
        select(PromptVersion.id)
        .where(
            PromptVersion.project_id == Prompt.project_id,
            PromptVersion.prompt_id == Prompt.id,
            or_(PromptVersion.id == newest, _is_draft_of(author_id)),
            case(
                (
                    PromptVersion.kind == "chat",
                    _holds(PromptVersion.compiled_template, as_json),
                ),
                else_=_holds(PromptVersion.compiled_template, part),
            ),
        )
        .correlate(Prompt)
        .exists()
    )


async def list_folders(
    session: AsyncSession, project_id: UUID, limit: int
) -> Sequence[tuple[str, int]]:
    """Each folder with how many prompts outside the archive are in it and under it, by name."""
    rows = (await session.execute(_FOLDERS, {"project_id": project_id, "most": limit})).all()
    return [(str(name), int(count)) for name, count in rows]


async def find_draft(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, author_id: UUID, *, lock: bool
) -> PromptVersion | None:
    statement = of_project(PromptVersion, project_id).where(
        PromptVersion.prompt_id == prompt_id,
        PromptVersion.author_id == author_id,
        PromptVersion.status == VersionStatus.DRAFT.value,
    )
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def find_newest_version(
    session: AsyncSession, project_id: UUID, prompt_id: UUID
) -> PromptVersion | None:
    """The version that was published last, whatever its number."""
    found = await list_versions(session, project_id, prompt_id, None, 0)
    return found[0] if found else None


async def find_version(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, version_num: str
) -> PromptVersion | None:
    if parse(version_num) is None:
        return None
    statement = of_project(PromptVersion, project_id).where(
        PromptVersion.prompt_id == prompt_id, PromptVersion.version_num == version_num
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def find_version_by_content(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, content_hash: bytes
) -> PromptVersion | None:
    statement = of_project(PromptVersion, project_id).where(
        PromptVersion.prompt_id == prompt_id,
        PromptVersion.content_hash == content_hash,
        PromptVersion.status != VersionStatus.DRAFT.value,
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def list_versions(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, after: UUID | None, limit: int
) -> Sequence[PromptVersion]:
    statement = of_project(PromptVersion, project_id).where(
        PromptVersion.prompt_id == prompt_id,
        PromptVersion.status != VersionStatus.DRAFT.value,
    )
    page = page_of(statement, PromptVersion, after, limit)
    return (await session.execute(page)).scalars().all()


async def list_samples(
    session: AsyncSession, project_id: UUID, prompt_id: UUID, sample_id: UUID | None = None
) -> Sequence[PromptSample]:
    """Every sample of the prompt, the oldest first, or the one of this id."""
    statement = of_project(PromptSample, project_id).where(PromptSample.prompt_id == prompt_id)
    if sample_id is not None:
        statement = statement.where(PromptSample.id == sample_id)
    return (await session.execute(statement.order_by(PromptSample.id))).scalars().all()


async def version_numbers(
    session: AsyncSession, project_id: UUID, prompt_id: UUID
) -> Sequence[str]:
    statement = select(PromptVersion.version_num).where(
        PromptVersion.project_id == project_id,
        PromptVersion.prompt_id == prompt_id,
        PromptVersion.version_num.is_not(None),
    )
    return [str(number) for number in (await session.execute(statement)).scalars()]


async def versions_by_id(
    session: AsyncSession, project_id: UUID, version_ids: Sequence[UUID]
) -> Sequence[tuple[UUID, str, VersionStatus]]:
    statement = select(PromptVersion.id, PromptVersion.version_num, PromptVersion.status).where(
        PromptVersion.project_id == project_id, PromptVersion.id.in_(version_ids)
    )
    rows = (await session.execute(statement)).all()
    return [(identifier, str(number), VersionStatus(status)) for identifier, number, status in rows]


async def prompts_by_id(
    session: AsyncSession, project_id: UUID, prompt_ids: Sequence[UUID]
) -> Sequence[Prompt]:
    statement = of_project(Prompt, project_id).where(Prompt.id.in_(prompt_ids))
    return (await session.execute(statement)).scalars().all()


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """The columns of a version or draft that running it takes, JSON as PostgreSQL writes it."""

    id: UUID
    prompt_id: UUID
    version_num: str | None
    kind: Literal["text", "chat"]
    compiled_template: str
    config_json: str
    structure_json: str | None
    variables_json: str
    content_hash: bytes
    # Set where the text includes snippets.
    source_template: str | None

    def config_document(self) -> dict[str, object]:
        """The configuration as it was stored."""
        return cast("dict[str, object]", orjson.loads(self.config_json))

    def config(self) -> PromptConfig:
        """The configuration with its defaults."""
        return PromptConfig.model_validate(self.config_document())


@dataclass(frozen=True, slots=True)
class FoundSnippet:
    """A published version that another includes; `snippets_json` is as PostgreSQL writes it."""

    prompt_id: UUID
    version_num: str
    kind: str
    compiled_template: str
    snippets_json: str

    def snippets(self) -> list[dict[str, Any]]:
        """The snippets that stand in it, each as it was stored."""
        return cast("list[dict[str, Any]]", orjson.loads(self.snippets_json))


async def find_snippet(
    session: AsyncSession, project_id: UUID, alias: str, number: str | None
) -> FoundSnippet | None:
    """The version of this number, or the highest that is not deprecated, of a prompt in use."""
    given = {"project_id": project_id, "alias": alias, "number": number}
    row = (await session.execute(_FIND_SNIPPET, given)).one_or_none()
    return None if row is None else FoundSnippet(*row)


async def load_snippet(
    pool: Pool, project_id: UUID, alias: str, number: str | None
) -> FoundSnippet | None:
    """As find_snippet; read with the role `system`."""
    row = await pool.fetchrow(_LOAD_SNIPPET, project_id, alias, number)
    return None if row is None else FoundSnippet(*row)


async def load_prompt_ref(pool: Pool, project_id: UUID, alias: str) -> PromptRef | None:
    """The prompt that answers to the alias, now or from before; read with the role `system`."""
    row = await pool.fetchrow(
        "SELECT p.id, p.alias, p.name, a.renamed_at FROM prompt_aliases a "
        "JOIN prompts p ON p.project_id = a.project_id AND p.id = a.prompt_id "
        "WHERE a.project_id = $1 AND a.alias = $2 AND p.archived_at IS NULL",
        project_id,
        alias,
    )
    return None if row is None else PromptRef(*row)


async def load_prompt_ref_by_id(pool: Pool, project_id: UUID, prompt_id: UUID) -> PromptRef | None:
    """The prompt of the id, archived ones left out; read with the role `system`."""
    row = await pool.fetchrow(
        "SELECT id, alias, name FROM prompts "
        "WHERE project_id = $1 AND id = $2 AND archived_at IS NULL",
        project_id,
        prompt_id,
    )
    return None if row is None else PromptRef(*row)


async def load_version(pool: Pool, project_id: UUID, version_id: UUID) -> StoredVersion | None:
    """The published version of the id; read with the role `system`."""
    row = await pool.fetchrow(
        _SELECT_STORED + "WHERE project_id = $1 AND id = $2 AND status <> 'Draft'",
        project_id,
        version_id,
    )
    return None if row is None else StoredVersion(*row)


async def load_draft(
    pool: Pool, project_id: UUID, prompt_id: UUID, author_id: UUID
) -> StoredVersion | None:
    """The author's draft; read with the role `system`."""
    row = await pool.fetchrow(
        _SELECT_STORED
        + "WHERE project_id = $1 AND prompt_id = $2 AND author_id = $3 AND status = 'Draft'",
        project_id,
        prompt_id,
        author_id,
    )
    return None if row is None else StoredVersion(*row)


async def load_version_id(
    pool: Pool, project_id: UUID, prompt_id: UUID, number: str
) -> UUID | None:
    """The id of the version of this number; read with the role `system`."""
    return await pool.fetchval(
        "SELECT id FROM prompt_versions "
        "WHERE project_id = $1 AND prompt_id = $2 AND version_num = $3",
        project_id,
        prompt_id,
        number,
    )


async def load_deprecated_at(pool: Pool, project_id: UUID, version_id: UUID) -> datetime | None:
    """When the version was deprecated; read with the role `system`."""
    return await pool.fetchval(
        "SELECT deprecated_at FROM prompt_versions WHERE project_id = $1 AND id = $2",
        project_id,
        version_id,
    )


async def keep_snapshot(
    pool: Pool, project_id: UUID, stored: StoredVersion, moment: datetime
) -> None:
    """Stores the content by its hash, where it is not there yet; with the role `system`."""
    await pool.execute(
        "INSERT INTO prompt_snapshots (project_id, content_hash, kind, compiled_template, "
        "structure_json, config_json, variables_json, created_at) "
        "VALUES ($1, $2, $3, $4, $5::jsonb, $6::json, $7::jsonb, $8) ON CONFLICT DO NOTHING",
        project_id,
        stored.content_hash,
        stored.kind,
        stored.compiled_template,
        stored.structure_json,
        stored.config_json,
        stored.variables_json,
        moment,
    )
