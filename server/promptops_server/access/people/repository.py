"""Every SQL statement about people, their links and what they are told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.models import Link, Membership, NoticeRow, Project, User
from promptops_server.access.people.types import InvitedMember, Notice, OpenLink, ProjectMember
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
        .where(Membership.user_id == user_id, Project.archived_at.is_(None))
        .order_by(Project.slug)
    )
    return tuple(Member(row[0], row[1], row[2], Role(row[3])) for row in rows)


async def list_all_projects(
    session: AsyncSession, after: UUID | None, limit: int
) -> list[tuple[Project, int]]:
    """One page of the installation's projects, newest first, each with how many belong to it."""
    members = (
        select(func.count())
        .where(Membership.project_id == Project.id)
        .correlate(Project)
        .scalar_subquery()
    )
    statement = select(Project, members).order_by(Project.id.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(Project.id < after)
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def count_members(session: AsyncSession, project_id: UUID) -> int:
    statement = select(func.count()).where(Membership.project_id == project_id)
    return (await session.execute(statement)).scalar_one()


async def find_project_held(session: AsyncSession, project_id: UUID) -> Project | None:
    statement = select(Project).where(Project.id == project_id).with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


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


async def find_membership(
    session: AsyncSession, project_id: UUID, user_id: UUID
) -> Membership | None:
    return await session.get(Membership, (project_id, user_id))


async def delete_membership(session: AsyncSession, membership: Membership) -> None:
    await session.delete(membership)


async def list_members(session: AsyncSession, project_id: UUID) -> list[ProjectMember]:
    rows = await session.execute(
        select(User, Membership.role, Membership.created_at)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.project_id == project_id)
        .order_by(Membership.created_at, User.id)
    )
    return [ProjectMember(row[0], Role(row[1]), row[2]) for row in rows]


async def find_member(
    session: AsyncSession, project_id: UUID, user_id: UUID
) -> ProjectMember | None:
    row = (
        await session.execute(
            select(User, Membership.role, Membership.created_at)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.project_id == project_id, User.id == user_id)
        )
    ).one_or_none()
    return None if row is None else ProjectMember(row[0], Role(row[1]), row[2])


async def list_owners(session: AsyncSession, project_id: UUID) -> Sequence[UUID]:
    """The owners of the project who can sign in."""
    statement = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.project_id == project_id,
            Membership.role == Role.OWNER.value,
            User.disabled_at.is_(None),
        )
    )
    return (await session.execute(statement)).scalars().all()


async def get_project_name(session: AsyncSession, project_id: UUID) -> str:
    statement = select(Project.name).where(Project.id == project_id)
    return (await session.execute(statement)).scalar_one()


def _unused_invitations(project_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (Link.project_id == project_id, Link.used_at.is_(None))


async def list_invitations(
    session: AsyncSession, project_id: UUID, moment: datetime
) -> list[InvitedMember]:
    rows = await session.execute(
        select(Link, User.name)
        .outerjoin(User, User.id == Link.created_by)
        .where(*_unused_invitations(project_id), Link.expires_at > moment)
        .order_by(Link.id.desc())
    )
    return [InvitedMember(row[0], row[1]) for row in rows]


async def count_invitations(session: AsyncSession, project_id: UUID) -> int:
    statement = select(func.count()).select_from(Link).where(*_unused_invitations(project_id))
    return (await session.execute(statement)).scalar_one()


async def delete_invitation(session: AsyncSession, project_id: UUID, link_id: UUID) -> bool:
    """Whether there was such an invitation that nobody had used."""
    statement = delete(Link).where(*_unused_invitations(project_id), Link.id == link_id)
    return (await session.execute(statement.returning(Link.id))).scalar_one_or_none() is not None


async def delete_invitation_of(session: AsyncSession, project_id: UUID, email: str) -> None:
    await session.execute(delete(Link).where(*_unused_invitations(project_id), Link.email == email))


async def list_users(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[User]:
    statement = select(User).order_by(User.id.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(User.id < after)
    return (await session.execute(statement)).scalars().all()


async def list_all_users(session: AsyncSession) -> Sequence[User]:
    return (await session.execute(select(User).order_by(User.id))).scalars().all()


async def list_administrators(session: AsyncSession) -> Sequence[UUID]:
    """The instance administrators who can sign in."""
    statement = select(User.id).where(User.is_instance_admin, User.disabled_at.is_(None))
    return (await session.execute(statement)).scalars().all()
