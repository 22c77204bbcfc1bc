"""Who belongs to a project, and who is invited."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import tokens
from promptops_server.access.errors import (
    AlreadyMember,
    InvitationNotFound,
    LastOwner,
    MemberNotFound,
)
from promptops_server.access.models import Link, Membership
from promptops_server.access.people import repository
from promptops_server.access.people.schemas import InvitationCreate
from promptops_server.access.people.types import InvitedMember, ProjectMember
from promptops_server.access.policy import Operation
from promptops_server.access.repository import lock_project
from promptops_server.access.service import require_operation
from promptops_server.access.types import LINK_LIFETIMES, Caller, LinkKind, Role
from promptops_server.audit.service import Actor, Target, record
from promptops_server.core.db import mark_changed
from promptops_server.core.errors import Conflict
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id

_MOST_INVITATIONS = 200


async def list_members(session: AsyncSession, caller: Caller) -> Sequence[ProjectMember]:
    """The members of the caller's project, who joined first coming first."""
    return await repository.list_members(session, caller.project_id)


async def change_role(
    session: AsyncSession, caller: Caller, public_id: str, role: Role
) -> ProjectMember:
    """The member with another role. Raises MemberNotFound and LastOwner."""
    member = await _get_for_change(session, caller, public_id)
    before = Role(member.role)
    if before != role:
        if before == Role.OWNER:
            await _require_another_owner(session, member)
        member.role = role.value
        _tell(session, caller, "member.role_changed", member.user_id, before=before, after=role)
        mark_changed(session)
        # Flushed here, since the member is read again.
        await session.flush()
    found = await repository.find_member(session, caller.project_id, member.user_id)
    if found is None:
        raise MemberNotFound("There is no such member in this project.")
    return found


async def remove_member(session: AsyncSession, caller: Caller, public_id: str) -> None:
    """Takes somebody out of the project; everybody may leave it.

    Raises MemberNotFound, LastOwner, and Forbidden for another one where the caller is no owner.
    """
    member = await _get_for_change(session, caller, public_id)
    if member.user_id != caller.id:
        require_operation(caller, Operation.MEMBERS_MANAGE)
    if member.role == Role.OWNER.value:
        await _require_another_owner(session, member)
    _tell(session, caller, "member.removed", member.user_id, before=Role(member.role))
    await repository.delete_membership(session, member)
    mark_changed(session)


async def invite(
    session: AsyncSession, caller: Caller, wanted: InvitationCreate
) -> tuple[InvitedMember, str, str]:
    """A new invitation, its link's token, and the project's name; one before it ends.

    Raises AlreadyMember, and Conflict where too many are open.
    """
    await lock_project(session, caller.project_id)
    user = await repository.find_user_by_email(session, wanted.email)
    if user is not None and await repository.find_member(session, caller.project_id, user.id):
        raise AlreadyMember("This person is a member already.")
    await repository.delete_invitation_of(session, caller.project_id, wanted.email)
    if await repository.count_invitations(session, caller.project_id) >= _MOST_INVITATIONS:
        raise Conflict(f"A project has at most {_MOST_INVITATIONS} open invitations.")
    token = tokens.make_token()
    moment = utc_now()
    link = Link(
        id=new_id(),
        kind=LinkKind.INVITATION.value,
        user_id=None,
        project_id=caller.project_id,
        email=wanted.email,
        role=wanted.role.value,
        token_sha256=tokens.digest(token),
        created_by=caller.id,
        created_at=moment,
        expires_at=moment + LINK_LIFETIMES[LinkKind.INVITATION],
        used_at=None,
    )
    repository.add(session, link)
    record(
        session,
        "invitation.made",
        Actor("user", caller.id),
        Target("invitation", link.id),
        project_id=caller.project_id,
        facts={"role": wanted.role.value},
    )
    name = await repository.get_project_name(session, caller.project_id)
    return InvitedMember(link, caller.name), token, name


async def list_invitations(session: AsyncSession, caller: Caller) -> Sequence[InvitedMember]:
    """The invitations into the caller's project that can be used still, newest first."""
    return await repository.list_invitations(session, caller.project_id, utc_now())


async def withdraw_invitation(session: AsyncSession, caller: Caller, public_id: str) -> None:
    """Ends an invitation. Raises InvitationNotFound."""
    link_id = from_public("inv", public_id)
    if link_id is None or not await repository.delete_invitation(
        session, caller.project_id, link_id
    ):
        raise InvitationNotFound("There is no such open invitation in this project.")
    record(
        session,
        "invitation.withdrawn",
        Actor("user", caller.id),
        Target("invitation", link_id),
        project_id=caller.project_id,
    )


async def _get_for_change(session: AsyncSession, caller: Caller, public_id: str) -> Membership:
    # Of two owners who leave at once, one sees the other gone.
    await lock_project(session, caller.project_id)
    user_id = from_public("usr", public_id)
    found = user_id and await repository.find_membership(session, caller.project_id, user_id)
    if not found:
        raise MemberNotFound("There is no such member in this project.")
    return found


async def _require_another_owner(session: AsyncSession, member: Membership) -> None:
    owners = await repository.list_owners(session, member.project_id)
    if set(owners) <= {member.user_id}:
        raise LastOwner("This is the project's last owner: make another one first.")


def _tell(
    session: AsyncSession,
    caller: Caller,
    action: str,
    user_id: UUID,
    *,
    before: Role,
    after: Role | None = None,
) -> None:
    facts = {"from": before.value} | ({} if after is None else {"to": after.value})
    record(
        session,
        action,
        Actor("user", caller.id),
        Target("user", user_id),
        project_id=caller.project_id,
        facts=facts,
    )
