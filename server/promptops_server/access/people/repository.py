"""Every SQL statement about people, their links and what they are told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.models import Link, Membership, NoticeRow, Project, User
from promptops_server.access.people.types import Notice, OpenLink
from promptops_server.access.types import Member, NoticeKind, Role


def add(session: AsyncSession, *rows: User | Link | Membership | NoticeRow) -> None:
    session.add_all(rows)


async def find_user(session: AsyncSession, user_id: UUID, *, lock: bool = False) -> User | None:
    statement = select(User).where(User.id == user_id)
    return await _one_user(session, statement.with_for_update() if lock else statement)


async def find_user_by_email(
    session: AsyncSession, email: str, *, lock: bool = False
) -> User | None:
    statement = select(User).where(User.email == email)
    return await _one_user(session, statement.with_for_update() if lock else statement)


async def _one_user(session: AsyncSession, statement: Select[User]) -> User | None:
    # What is locked is read anew, also where the row was read before the lock.
    found = await session.execute(statement, execution_options={"populate_existing": True})
    return found.scalar_one_or_none()


async def list_projects_of(session: AsyncSession, user_id: UUID) -> tuple[Member, ...]:
    rows = await session.execute(
        select(Project.id, Project.slug, Project.name, Membership.role)
        .join(Membership, Membership.project_id == Project.id)
        .where(Membership.user_id == user_id)
        .order_by(Project.slug)
    )
    return tuple(Member(row[0], row[1], row[2], Role(row[3])) for row in rows)


async def find_open_link(session: AsyncSession, digest: bytes, moment: datetime) -> OpenLink | None:
    """The link, its account by id or by the address invited, and its project's name."""
    row = (
        await session.execute(
            select(Link, User, Project.name)
            .outerjoin(User, (User.id == Link.user_id) | (User.email == Link.email))
            .outerjoin(Project, Project.id == Link.project_id)
            .where(Link.token_sha256 == digest, Link.used_at.is_(None), Link.expires_at > moment)
        )
    ).one_or_none()
    return None if row is None else OpenLink(row[0], row[1], row[2])


async def spend_link(session: AsyncSession, digest: bytes, moment: datetime) -> bool:
    """Whether this call spent the link; of many at once one does."""
    statement = (
        update(Link)
        .where(Link.token_sha256 == digest, Link.used_at.is_(None), Link.expires_at > moment)
        .values(used_at=moment)
        .returning(Link.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def list_owners_around(session: AsyncSession, user_id: UUID) -> Sequence[UUID]:
    """The owners of every project that the person belongs to, the person left out."""
    theirs = select(Membership.project_id).where(Membership.user_id == user_id)
    statement = (
        select(Membership.user_id)
        .where(
            Membership.project_id.in_(theirs),
            Membership.role == Role.OWNER.value,
            Membership.user_id != user_id,
        )
        .distinct()
    )
    return (await session.execute(statement)).scalars().all()


async def list_notices(session: AsyncSession, user_id: UUID) -> list[Notice]:
    rows = await session.execute(
        select(NoticeRow.id, NoticeRow.kind, User.name, NoticeRow.created_at)
        .join(User, User.id == NoticeRow.about)
        .where(NoticeRow.user_id == user_id, NoticeRow.dismissed_at.is_(None))
        .order_by(NoticeRow.id.desc())
        .limit(100)
    )
    return [Notice(row[0], NoticeKind(row[1]), row[2], row[3]) for row in rows]


async def dismiss_notice(
    session: AsyncSession, user_id: UUID, notice_id: UUID, moment: datetime
) -> bool:
    """Whether the person has such a notice; dismissing one again changes nothing."""
    found = await session.get(NoticeRow, notice_id)
    if found is None or found.user_id != user_id:
        return False
    found.dismissed_at = found.dismissed_at or moment
    return True
