"""Who is asking, and whether they may."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from promptops_server.access import keys, repository, tokens
from promptops_server.access.cookies import SessionCookie
from promptops_server.access.errors import (
    CsrfFailed,
    ProjectNotFound,
    ProjectNotNamed,
    not_signed_in,
)
from promptops_server.access.policy import Operation, allows
from promptops_server.access.service.last_use import LastUse
from promptops_server.access.types import (
    SESSION_IDLE,
    Caller,
    EnvironmentRef,
    KnownKey,
    KnownSession,
    Scope,
)
from promptops_server.core.db import Pool, retry_once
from promptops_server.core.errors import Forbidden
from promptops_server.core.freshness import FreshCache, Freshness
from promptops_server.kit.clock import utc_now

_KEPT = 50_000
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person's session, and the CSRF token that goes with it."""

    session: KnownSession
    csrf_token: str

    def caller_in(self, project: str | None) -> Caller:
        """The person as a caller in the project of this slug or public id, or in their only one.

        Raises ProjectNotFound, ProjectNotNamed, and Forbidden for who belongs to no project.
        """
        callers = self.session.callers
        if project is not None:
            if project not in callers:
                raise ProjectNotFound("You belong to no such project.")
            return callers[project]
        members = self.session.members
        if len(members) == 0:
            raise Forbidden("You belong to no project yet.")
        if len(members) > 1:
            raise ProjectNotNamed(
                "You belong to several projects. Name one, by slug or id, in the X-Project header."
            )
        return callers[members[0].slug]


class Authenticator:
    """Tells who is asking, by an API key or a session; what was looked up is kept while fresh."""

    def __init__(
        self,
        pool: Pool,
        freshness: Freshness,
        *,
        key_use: LastUse,
        session_use: LastUse,
        cookie: SessionCookie,
    ) -> None:
        """Takes a pool of the role `system`, and where the use of keys and sessions is noted."""

        async def load(digest: bytes) -> KnownKey | None:
            return await retry_once(lambda: repository.load_known_key(pool, digest))

        async def load_session(key: tuple[bytes, int]) -> KnownSession | None:
            moment = utc_now()
            return await retry_once(
                lambda: repository.load_session(pool, key[0], moment, moment - SESSION_IDLE)
            )

        self._known = FreshCache(freshness, load, capacity=_KEPT)
        self._load_session = load_session
        self._sessions = FreshCache(freshness, load_session, capacity=_KEPT)
        self._key_use = key_use
        self._session_use = session_use
        self.cookie = cookie

    async def caller_of(self, headers: Mapping[str, str], method: str) -> Caller:
        """Who asks with these headers (names in lower case): an API key, else a session.

        Raises Unauthorized, StorageUnavailable, and for a session CsrfFailed and what `caller_in`
        raises. An API key that is sent decides, also where a cookie is there too.
        """
        key = headers.get("x-api-key")
        if key is not None:
            return await self.authenticate(key)
        signed_in = await self.session_of(headers, method)
        return signed_in.caller_in(headers.get("x-project"))

    async def session_of(self, headers: Mapping[str, str], method: str) -> SignedIn:
        """The session of the cookie in these headers.

        Raises Unauthorized for none that is in force, StorageUnavailable, and CsrfFailed where
        the method changes something and Origin or X-CSRF-Token are not this product's own.
        """
        token = self.cookie.find(headers.get("cookie"))
        if token is None or not tokens.is_token(token):
            raise not_signed_in()
        moment = utc_now()
        # Looked up anew each day: a session that is in use is then never taken for an idle one.
        known = await self._sessions.get((tokens.digest(token), moment.toordinal()))
        if known is None or known.expires_at <= moment:
            raise not_signed_in()
        if method not in _SAFE_METHODS:
            self._check_csrf(headers, token)
        self._session_use.note(known.id, moment)
        return SignedIn(known, tokens.csrf_token_of(token))

    async def opened(self, token: str) -> SignedIn:
        """The session of a token that was just made. Raises Unauthorized, StorageUnavailable."""
        known = await self._load_session((tokens.digest(token), 0))
        if known is None:
            raise not_signed_in()
        return SignedIn(known, tokens.csrf_token_of(token))

    def _check_csrf(self, headers: Mapping[str, str], token: str) -> None:
        if headers.get("origin") != self.cookie.origin:
            raise CsrfFailed(f"Only a page at {self.cookie.origin} may change something by cookie.")
        if not tokens.is_csrf_token(headers.get("x-csrf-token", ""), token):
            raise CsrfFailed("Send the csrf_token of GET /api/v1/session as X-CSRF-Token.")

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
        who = "Your role" if caller.kind == "user" else "This API key"
        raise Forbidden(f"{who} lacks the scope {scope.value!r}.")


def require_operation(caller: Caller, operation: Operation) -> None:
    """Passes where the caller may do this. Raises Forbidden naming it otherwise."""
    if not allows(caller.scopes, operation):
        who = "Your role" if caller.kind == "user" else "This API key"
        raise Forbidden(f"{who} lacks the right {operation.value!r}.")


def require_release(caller: Caller, environment: EnvironmentRef) -> None:
    """Passes where the caller may release to the environment. Raises Forbidden otherwise.

    To a protected one an owner may, a key with the scope admin, and a key whose allow-list names
    it: whoever made that key has decided so.
    """
    require_environment(caller, environment.name)
    if environment.is_protected and caller.environments is None:
        require_operation(caller, Operation.DEPLOYMENTS_WRITE_PROTECTED)


def require_prompt(caller: Caller, prompt_id: UUID) -> None:
    """Passes where the caller's allow-list has the prompt. Raises Forbidden otherwise."""
    if caller.prompts is not None and prompt_id not in caller.prompts:
        raise Forbidden("This API key is not allowed to use this prompt.")


def require_environment(caller: Caller, environment: str) -> None:
    """Passes where the caller's allow-list has the environment. Raises Forbidden otherwise."""
    if caller.environments is not None and environment not in caller.environments:
        raise Forbidden("This API key is not allowed to use this environment.")
