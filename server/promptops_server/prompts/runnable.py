"""Prompts as the run path needs them, kept in memory while they are true."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson

from promptops_server.core.db import Pool, retry_once
from promptops_server.core.freshness import FreshCache, Freshness
from promptops_server.kit.clock import utc_now
from promptops_server.prompts import repository
from promptops_server.prompts.compiling import in_its_place
from promptops_server.prompts.config import request_fields
from promptops_server.prompts.errors import VersionNotFound
from promptops_server.prompts.rendering import PromptTemplate, parse_compiled
from promptops_server.prompts.repository import FoundSnippet, StoredVersion
from promptops_server.prompts.schemas import content_from
from promptops_server.prompts.snippets import compile_with_snippets
from promptops_server.prompts.types import PromptRef, RunnableVersion

_PROMPTS_KEPT = 50_000
_VERSIONS_KEPT = 5_000
_DRAFTS_KEPT = 500


class RunnablePrompts:
    """Aliases, compiled versions and drafts; reads with the role `system`."""

    def __init__(
        self, pool: Pool, freshness: Freshness, clock: Callable[[], datetime] = utc_now
    ) -> None:
        """Takes a pool of the role `system`, and the clock of what it stores."""
        self._pool = pool
        self._clock = clock

        async def load_ref(key: tuple[UUID, str]) -> PromptRef | None:
            return await retry_once(lambda: repository.load_prompt_ref(pool, *key))

        async def load_by_id(key: tuple[UUID, UUID]) -> PromptRef | None:
            return await retry_once(lambda: repository.load_prompt_ref_by_id(pool, *key))

        async def load_deprecated(key: tuple[UUID, UUID]) -> datetime | None:
            return await retry_once(lambda: repository.load_deprecated_at(pool, *key))

        async def load_numbered(key: tuple[UUID, UUID, str]) -> RunnableVersion:
            found = await retry_once(lambda: repository.load_version_id(pool, *key))
            if found is None:
                # Raised and not returned, since an error is not kept: the number may come to be.
                raise VersionNotFound("This prompt has no such version.")
            return await self.version(key[0], found)

        self._refs = FreshCache(freshness, load_ref, capacity=_PROMPTS_KEPT)
        self._by_id = FreshCache(freshness, load_by_id, capacity=_PROMPTS_KEPT)
        self._deprecated = FreshCache(freshness, load_deprecated, capacity=_VERSIONS_KEPT)
        # What a number stands for never changes, so a compiled template stays.
        self._versions = FreshCache(
            freshness, self._load_version, capacity=_VERSIONS_KEPT, immutable=True
        )
        self._numbered = FreshCache(
            freshness, load_numbered, capacity=_VERSIONS_KEPT, immutable=True
        )
        # Templates of drafts whose snapshot is stored, by project and content hash.
        self._drafts: OrderedDict[tuple[UUID, bytes], PromptTemplate] = OrderedDict()

    async def find(self, project_id: UUID, alias: str) -> PromptRef | None:
        """The prompt that answers to the alias in the project, or None.

        `renamed_at` is set where the alias is one that the prompt had before.
        """
        return await self._refs.get((project_id, alias))

    async def by_id(self, project_id: UUID, prompt_id: UUID) -> PromptRef | None:
        """The prompt of this id, or None where the project has none or it is archived."""
        return await self._by_id.get((project_id, prompt_id))

    async def version(self, project_id: UUID, version_id: UUID) -> RunnableVersion:
        """The published version, compiled. Raises VersionNotFound."""
        return await self._versions.get((project_id, version_id))

    async def numbered(
        self, project_id: UUID, prompt_id: UUID, number: str
    ) -> RunnableVersion | None:
        """The version of this number, compiled, or None where the prompt has no such."""
        try:
            return await self._numbered.get((project_id, prompt_id, number))
        except VersionNotFound:
            return None

    async def deprecated_at(self, project_id: UUID, version_id: UUID) -> datetime | None:
        """When the version was deprecated, or None where it is not."""
        return await self._deprecated.get((project_id, version_id))

    async def draft(
        self, project_id: UUID, prompt_id: UUID, author_id: UUID
    ) -> RunnableVersion | None:
        """The author's draft as it is now, compiled, or None where there is none.

        Its content is stored by its hash before it is returned. Raises the template's fault, and
        InvalidRequest for a builder's form with nothing in it.
        """
        stored = await retry_once(
            lambda: repository.load_draft(self._pool, project_id, prompt_id, author_id)
        )
        if stored is None:
            return None
        if stored.source_template is not None:
            stored = await self._with_snippets(project_id, stored, stored.source_template)
        key = (project_id, stored.content_hash)
        template = self._drafts.get(key)
        if template is None:
            template = await compile_stored(stored)
            moment = self._clock()
            await retry_once(
                lambda: repository.keep_snapshot(self._pool, project_id, stored, moment)
            )
            self._drafts[key] = template
            if len(self._drafts) > _DRAFTS_KEPT:
                self._drafts.popitem(last=False)
        else:
            self._drafts.move_to_end(key)
        return _runnable(stored, template)

    async def _with_snippets(
        self, project_id: UUID, stored: StoredVersion, source: str
    ) -> StoredVersion:
        """The draft with its snippets as they are now."""

        async def find(alias: str, number: str | None) -> FoundSnippet | None:
            return await retry_once(
                lambda: repository.load_snippet(self._pool, project_id, alias, number)
            )

        content = content_from(stored.kind, source, stored.config())
        compiled = await compile_with_snippets(find, stored.prompt_id, content)
        if compiled.problem is not None:
            raise compiled.problem
        return replace(
            stored,
            compiled_template=compiled.compiled_template,
            variables_json=orjson.dumps(compiled.variables).decode(),
            content_hash=compiled.content_hash,
        )

    async def _load_version(self, key: tuple[UUID, UUID]) -> RunnableVersion:
        stored = await retry_once(lambda: repository.load_version(self._pool, *key))
        if stored is None:
            raise VersionNotFound("There is no such version.")
        return _runnable(stored, await compile_stored(stored))


async def compile_stored(stored: StoredVersion) -> PromptTemplate:
    """The template of a stored version. Raises as parse_compiled; a large one leaves the loop."""
    text = stored.compiled_template
    return await in_its_place(len(text), parse_compiled, stored.kind, text)


def _runnable(stored: StoredVersion, template: PromptTemplate) -> RunnableVersion:
    config = stored.config()
    return RunnableVersion(
        id=stored.id,
        prompt_id=stored.prompt_id,
        version_num=stored.version_num,
        template=template,
        model=config.model,
        parameters=config.parameters.model_dump(exclude_none=True),
        request_fields=request_fields(stored.config_document()),
        fallback_models=tuple(config.fallback_models),
        overridable=frozenset(config.overridable),
        max_retries=config.max_retries,
        timeout_s=config.timeout_s,
        content_hash=stored.content_hash,
    )
