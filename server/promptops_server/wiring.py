"""Fills every port: from the settings to the objects that a process works with."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import service as access
from promptops_server.access.cookies import SessionCookie
from promptops_server.access.people import users
from promptops_server.access.people.attempts import Attempts
from promptops_server.access.people.mail import Mailer
from promptops_server.access.people.passwords import Passwords
from promptops_server.access.people.schemas import UserCreate
from promptops_server.access.schemas import ApiKeyCreate, ProjectCreate
from promptops_server.access.service import Authenticator, LastUse, key_use_of, session_use_of
from promptops_server.access.types import NamesByKind, Role, Scope
from promptops_server.audit.service import COMMAND_LINE
from promptops_server.core.addresses import AddressPolicy, reachable_host
from promptops_server.core.db import Connection, Database, Pool, open_pool, url_of
from promptops_server.core.db import connect as open_connection
from promptops_server.core.draining import Draining
from promptops_server.core.errors import Forbidden, NotFound
from promptops_server.core.freshness import Freshness
from promptops_server.core.health import Check
from promptops_server.core.http import OutboundClient
from promptops_server.core.master_keys import check_master_key
from promptops_server.core.migrate import migrate
from promptops_server.core.pagination import Cursors
from promptops_server.core.secrets import MasterKey, load_master_key
from promptops_server.core.settings import Settings
from promptops_server.core.sidecars import (
    SidecarAddress,
    SidecarName,
    Sidecars,
    SidecarUnavailable,
)
from promptops_server.core.valkey import open_valkey, ping
from promptops_server.deployments.types import ReleaseChecks, SubjectKind, Subjects, SubjectsByKind
from promptops_server.embedded import demo
from promptops_server.embedded.control import SupervisorSidecars
from promptops_server.embedded.data_dir import find_data_dir
from promptops_server.instance.service import check_parts, status_of
from promptops_server.instance.types import Part, PartStatus, Places
from promptops_server.kit.ids import to_public
from promptops_server.prompts.subjects import PromptSubjects
from promptops_server.providers.client import ModelClient, Timeouts
from promptops_server.providers.service import AdaptorStarter, ModelTargets
from promptops_server.runs.assembly import RunPath, RunPathParts
from promptops_server.usage.ledger import Ledger
from promptops_server.usage.sweeper import LedgerSweeper

SUBJECTS: SubjectsByKind = {SubjectKind.PROMPT: PromptSubjects()}


class SubjectNames:
    """What an API key's allow-list may name: what can be deployed."""

    def __init__(self, subjects: Subjects) -> None:
        """Takes the subjects of one kind."""
        self._subjects = subjects

    async def find_id(self, session: AsyncSession, project_id: UUID, ref: str) -> UUID | None:
        """The id of what has this alias or public id, or None."""
        subject = await self._subjects.find(session, project_id, ref)
        return None if subject is None else subject.id


# Asked before every deployment and promotion, in this order.
RELEASE_CHECKS: ReleaseChecks = ()
RESOURCE_NAMES: NamesByKind = {"prompts": SubjectNames(SUBJECTS[SubjectKind.PROMPT])}
_log = logging.getLogger(__name__)
_SYSTEM_POOL = 4
_LEDGER_POOL = 4


class ConfiguredSidecars:
    """Sidecars that an operator runs, named by settings."""

    def __init__(self, settings: Settings) -> None:
        """Takes the addresses."""
        self._settings = settings

    async def ensure(self, name: SidecarName) -> SidecarAddress:
        """The configured address. Raises SidecarUnavailable where none is."""
        url = self._settings.adaptor_url
        if url is None:
            raise SidecarUnavailable(
                f"The {name} is not configured: set PROMPTOPS_{name.upper()}_URL."
            )
        token = self._settings.adaptor_token
        return SidecarAddress(url, None if token is None else token.get_secret_value())

    def forget(self, name: SidecarName) -> None:
        """Nothing is kept: the address is the operator's."""


def make_sidecars(settings: Settings) -> Sidecars:
    """The supervisor's sidecars under `up`, else those that the settings name."""
    if settings.adaptor_url is None and settings.supervisor_socket is not None:
        return SupervisorSidecars(settings.supervisor_socket)
    return ConfiguredSidecars(settings)


def make_address_policy(settings: Settings) -> AddressPolicy:
    """What may be called on a user's behalf; the product's own ports never."""
    own = {(settings.host, settings.port)}
    urls = (settings.database_url, settings.redis_url, settings.adaptor_url)
    for url, port in zip(urls, (5432, 6379, 80), strict=True):
        parts = urlsplit(url or "")
        if parts.scheme != "unix" and parts.hostname and "host" not in parse_qs(parts.query):
            own.add((parts.hostname, parts.port or port))
    return AddressPolicy(private_hosts=settings.private_hosts(), own=frozenset(own))


def make_places(settings: Settings, *, from_outside: bool) -> Places:
    """Where the parts of this installation are looked for: by the API itself, or from a shell."""
    starts_adaptor = settings.adaptor_url is None and settings.supervisor_socket is not None
    adaptor_url = settings.adaptor_url
    if starts_adaptor:
        adaptor_url = f"unix:{find_data_dir(settings.data_dir).adaptor_socket}"
    connect: Callable[[], Awaitable[Connection]] | None = None
    if settings.database_url or settings.database_url_system:

        async def connect_as_system() -> Connection:
            return await open_connection(url_of(settings, "system"), "system")

        connect = connect_as_system
    host = reachable_host(settings.host)
    own = f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
    return Places(
        connect=connect,
        redis_url=settings.redis_url,
        local_model_url=settings.local_model_url,
        adaptor_url=adaptor_url,
        starts_adaptor=starts_adaptor,
        data_dir=settings.data_dir,
        api_url=own if from_outside else None,
    )


async def check_installation(settings: Settings) -> tuple[PartStatus, list[Part]]:
    """How each part is, seen from outside of the API, which may be away; and the worst."""
    parts = await check_parts(make_places(settings, from_outside=True))
    return status_of(parts), parts


def make_cookie(settings: Settings) -> SessionCookie:
    """How a session stands in a cookie at this installation's address."""
    return SessionCookie(settings.web_address(), allow_insecure=settings.insecure_http)


def make_mailer(settings: Settings) -> Mailer:
    """What sends mail. Raises ValueError with a sentence where the settings are wrong."""
    url = settings.smtp_url
    return Mailer(None if url is None else url.get_secret_value(), settings.mail_from)


@dataclass(slots=True)
class Services:
    """What an API process works with; close() ends all of it."""

    settings: Settings
    master_key: MasterKey
    address_policy: AddressPolicy
    database: Database
    cursors: Cursors
    redis: Redis
    system_pool: Pool
    ledger_pool: Pool
    freshness: Freshness
    key_use: LastUse
    session_use: LastUse
    authenticator: Authenticator
    passwords: Passwords
    attempts: Attempts
    mailer: Mailer
    targets: ModelTargets
    model_client: ModelClient
    ledger: Ledger
    sweeper: LedgerSweeper
    adaptor_starter: AdaptorStarter
    run_path: RunPath

    def health_checks(self) -> dict[str, Check]:
        """A look at each part that this process leans on, by the part's name."""
        return {
            "postgresql": lambda: self.system_pool.fetchval("SELECT 1"),
            "valkey": lambda: ping(self.redis),
        }

    async def close(self) -> None:
        """Writes what the ledger still holds, then closes every connection."""
        await self.run_path.close()
        await self.ledger.close()
        await self.sweeper.close()
        await self.adaptor_starter.close()
        await self.key_use.close()
        await self.session_use.close()
        await self.freshness.close()
        await self.model_client.close()
        await self.redis.aclose()
        await self.ledger_pool.close()
        await self.system_pool.close()
        await self.database.close()


async def open_services(settings: Settings, draining: Draining) -> Services:
    """Everything that an API process works with, running until `draining` begins and it is closed.

    Connections are opened when they are first needed, so a database that is away does not keep the
    process from starting. Raises MasterKeyRefused and ValueError, each with one sentence.
    """
    master_key = load_master_key(settings, create=False)
    policy = make_address_policy(settings)
    if settings.redis_url is None:
        raise ValueError("PROMPTOPS_REDIS_URL is not set: no Valkey to keep the limits in.")
    mailer = make_mailer(settings)
    system_pool = await open_pool(url_of(settings, "system"), "system", size=_SYSTEM_POOL)
    ledger_pool = await open_pool(url_of(settings, "ledger"), "ledger", size=_LEDGER_POOL)
    redis = open_valkey(settings.redis_url)
    freshness = Freshness(url_of(settings, "system"))
    sidecars = make_sidecars(settings)
    adaptor_starter = AdaptorStarter(system_pool, freshness, sidecars)
    await freshness.start()
    key_use = key_use_of(system_pool)
    key_use.start()
    session_use = session_use_of(system_pool)
    session_use.start()
    cookie = make_cookie(settings)
    if cookie.is_exposed and not cookie.is_refused:
        _log.warning("sessions go over plain HTTP, readable on their way: %s", cookie.origin)
    authenticator = Authenticator(
        system_pool,
        freshness,
        key_use=key_use,
        session_use=session_use,
        cookie=cookie,
    )
    targets = ModelTargets(system_pool, freshness)
    ledger = Ledger(ledger_pool)
    ledger.start()
    sweeper = LedgerSweeper(system_pool)
    sweeper.start()
    client = ModelClient(
        outbound=OutboundClient(policy, connect_timeout_s=settings.connect_timeout_s),
        sidecars=sidecars,
        master_key=master_key,
        timeouts=Timeouts(
            connect_s=settings.connect_timeout_s,
            first_token_s=settings.first_token_timeout_s,
            idle_s=settings.idle_timeout_s,
            deadline_s=settings.run_deadline_s,
        ),
        local_model_url=settings.local_model_url,
    )
    database = Database(settings)
    run_path = RunPath.of(
        RunPathParts(
            database=database,
            system_pool=system_pool,
            ledger_pool=ledger_pool,
            redis=redis,
            redis_url=settings.redis_url,
            freshness=freshness,
            authenticator=authenticator,
            targets=targets,
            client=client,
            ledger=ledger,
            draining=draining,
            deadline_s=settings.run_deadline_s,
            background_runs=settings.background_runs,
        )
    )
    run_path.start()
    return Services(
        settings=settings,
        master_key=master_key,
        address_policy=policy,
        database=database,
        cursors=Cursors(master_key.derive("cursors")),
        redis=redis,
        system_pool=system_pool,
        ledger_pool=ledger_pool,
        freshness=freshness,
        key_use=key_use,
        session_use=session_use,
        authenticator=authenticator,
        passwords=Passwords(),
        attempts=Attempts(redis),
        mailer=mailer,
        targets=targets,
        model_client=client,
        ledger=ledger,
        sweeper=sweeper,
        adaptor_starter=adaptor_starter,
        run_path=run_path,
    )


async def prepare_installation(settings: Settings, *, with_demo: bool) -> dict[str, object]:
    """Makes the master key where there is none, migrates, and makes the demo project.

    Returns what the first screen shows: the first administrator's sign-in link (or why nobody can
    sign in; None once it was used), the demo's API key (None where it is not known any more),
    prompt and variables. Raises MasterKeyRefused, MigrationRefused and ValueError.
    """
    master_key = load_master_key(settings, create=True)
    await migrate(settings)
    owner_url = settings.database_url
    if owner_url is None:
        raise ValueError("PROMPTOPS_DATABASE_URL is not set: no database to work with.")
    await check_master_key(owner_url, master_key, store_first=True)
    if not with_demo:
        return {}
    database = Database(settings)
    try:
        made = await demo.make_demo(database, settings.data_dir, master_key, SUBJECTS)
        token = await demo.first_sign_in(database)
    finally:
        await database.close()
    return {
        "sign_in": None if token is None else _sign_in(settings, token),
        "api_key": made.api_key,
        "demo_prompt": demo.FIRST_PROMPT,
        "curl_variables": demo.FIRST_VARIABLES,
    }


def _sign_in(settings: Settings, token: str) -> str:
    """The link of the token, or the sentence that says why nobody can sign in."""
    cookie = make_cookie(settings)
    if cookie.is_refused:
        return cookie.refusal
    return cookie.link(token)


async def make_sign_in_link(settings: Settings, *, project: str | None) -> str:
    """The address of a new one-time link for the first administrator; links before it end.

    Makes the administrator where there is none, and an owner of the project with this slug, or
    where none is named of the demo project. Raises Forbidden where nobody can sign in at this
    installation's address, and NotFound for the project.
    """
    cookie = make_cookie(settings)
    if cookie.is_refused:
        raise Forbidden(cookie.refusal)
    database = Database(settings)
    try:
        async with database.transaction(None) as session:
            administrator = await access.ensure_administrator(session)
            found = await access.find_project_id(session, project or demo.SLUG)
            if found is not None:
                await access.make_member(session, found, administrator.id, Role.OWNER)
            elif project is not None:
                raise NotFound(f"There is no project with the slug {project!r}.")
            elif not await access.is_member_somewhere(session, administrator.id):
                raise NotFound(
                    "There is no demo project. Name the project that the administrator is to own"
                    " with --project SLUG, or make one: promptops-server projects create."
                )
            token = await access.make_sign_in_link(session, administrator.id)
    finally:
        await database.close()
    return _sign_in(settings, token)


async def make_reset_link(settings: Settings, *, email: str) -> str:
    """The address of a link by which who has this e-mail address sets a new password.

    Raises UserNotFound and UserDisabled, and Forbidden where nobody can sign in.
    """

    async def make(session: AsyncSession) -> str:
        return await users.make_reset_link_by_email(session, COMMAND_LINE, email)

    return await _make_link(settings, make)


async def create_user(settings: Settings, *, email: str, name: str, is_admin: bool) -> str:
    """The address of the link by which a new person sets their password.

    Raises EmailTaken, Pydantic's ValidationError for a field that is wrong, and Forbidden where
    nobody can sign in.
    """
    wanted = UserCreate(email=email, name=name, is_instance_admin=is_admin)

    async def make(session: AsyncSession) -> str:
        return (await users.create_user(session, COMMAND_LINE, wanted))[1]

    return await _make_link(settings, make)


async def _make_link(
    settings: Settings, make: Callable[[AsyncSession], Coroutine[None, None, str]]
) -> str:
    cookie = make_cookie(settings)
    if cookie.is_refused:
        raise Forbidden(cookie.refusal)
    database = Database(settings)
    try:
        async with database.transaction(None) as session:
            token = await make(session)
    finally:
        await database.close()
    return cookie.link(token)


async def list_users(settings: Settings) -> str:
    """A line for each person: id, e-mail address, name, and what is special about them."""
    database = Database(settings)
    try:
        async with database.transaction(None) as session:
            found = await users.list_all(session)
    finally:
        await database.close()
    lines: list[str] = []
    for user in found:
        marks = ["administrator"] * user.is_instance_admin
        marks += ["disabled"] * (user.disabled_at is not None)
        marks += ["no password"] * (user.password_hash is None)
        lines.append(
            "\t".join([to_public("usr", user.id), user.email or "-", user.name, ", ".join(marks)])
        )
    return "\n".join(lines)


async def create_key(
    settings: Settings, *, project: str, name: str, scopes: list[str], requests_per_minute: int
) -> str:
    """The text of a new key of the project with this slug.

    Raises NotFound, and Pydantic's ValidationError for a field that is wrong.
    """
    wanted = ApiKeyCreate(
        name=name,
        scopes=[Scope(scope) for scope in scopes],
        requests_per_minute=requests_per_minute,
    )
    database = Database(settings)
    try:
        async with database.transaction(None) as session:
            found = await access.find_project_id(session, project)
            if found is None:
                raise NotFound(f"There is no project with the slug {project!r}.")
            _, text = await access.create_api_key(session, None, found, wanted)
    finally:
        await database.close()
    return text


async def create_project(settings: Settings, *, name: str, slug: str) -> str:
    """The text of the first key (scope admin) of a new project.

    Raises ProjectSlugTaken, and Pydantic's ValidationError for a field that is wrong.
    """
    wanted = ProjectCreate(name=name, slug=slug)
    database = Database(settings)
    try:
        async with database.transaction(None) as session:
            _, text = await access.create_project(session, None, wanted)
    finally:
        await database.close()
    return text
