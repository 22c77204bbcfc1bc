"""Who is asking, and whether they may."""

from uuid import UUID

from promptops_server.access import keys, repository
from promptops_server.access.errors import not_signed_in
from promptops_server.access.service.last_use import LastUse
from promptops_server.access.types import Caller, KnownKey, Scope
from promptops_server.core.db import Pool, retry_once
from promptops_server.core.errors import Forbidden
from promptops_server.core.freshness import FreshCache, Freshness
from promptops_server.kit.clock import utc_now

_KEYS_KEPT = 50_000


class Authenticator:
    """Tells by an API key who is asking; what was looked up once is kept while it is fresh."""

    def __init__(self, pool: Pool, freshness: Freshness, key_use: LastUse) -> None:
        """Takes a pool of the role `system`, and where the use of a key is noted."""

        async def load(digest: bytes) -> KnownKey | None:
            return await retry_once(lambda: repository.load_known_key(pool, digest))

        self._known = FreshCache(freshness, load, capacity=_KEYS_KEPT)
        self._key_use = key_use

    async def authenticate(self, text: str | None) -> Caller:
        """The caller that the key's text stands for.

        Raises Unauthorized for every text that is not a key in force, and StorageUnavailable
        where neither memory nor the database can tell. A malformed text costs no I/O.
        """
        if text is None or not keys.is_well_formed(text):
            raise not_signed_in()
        known = await self._known.get(keys.digest(text))
        moment = utc_now()
        if known is None or (known.expires_at is not None and known.expires_at <= moment):
            raise not_signed_in()
        self._key_use.note(known.caller.id, moment)
        return known.caller


def require(caller: Caller, scope: Scope) -> None:
    """Passes where the caller has the scope. Raises Forbidden naming it otherwise."""
    if not caller.may(scope):
        raise Forbidden(f"This API key lacks the scope {scope.value!r}.")


def require_prompt(caller: Caller, prompt_id: UUID) -> None:
    """Passes where the caller's allow-list has the prompt. Raises Forbidden otherwise."""
    if caller.prompts is not None and prompt_id not in caller.prompts:
        raise Forbidden("This API key is not allowed to use this prompt.")


def require_environment(caller: Caller, environment: str) -> None:
    """Passes where the caller's allow-list has the environment. Raises Forbidden otherwise."""
    if caller.environments is not None and environment not in caller.environments:
        raise Forbidden("This API key is not allowed to use this environment.")
