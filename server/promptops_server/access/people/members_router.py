"""Members and invitations over HTTP."""

from fastapi import APIRouter, Response

from promptops_server.access.deps import Authentication, Db, PersonInProject
from promptops_server.access.errors import (
    AlreadyMember,
    CsrfFailed,
    InvitationNotFound,
    LastOwner,
    MemberNotFound,
)
from promptops_server.access.people import members
from promptops_server.access.people.deps import Mail
from promptops_server.access.people.mail import letter_of
from promptops_server.access.people.schemas import (
    InvitationCreate,
    InvitationCreated,
    InvitationList,
    InvitationRead,
    MemberList,
    MemberRead,
    MemberUpdate,
)
from promptops_server.access.policy import Operation, allows
from promptops_server.access.types import LinkKind
from promptops_server.core.problems import errors

router = APIRouter(prefix="/api/v1", tags=["Members"])


@router.get("/members", responses=errors())
async def list_members(caller: PersonInProject, db: Db) -> MemberList:
    """The members of this project, who joined first coming first."""
    sees_all = allows(caller.scopes, Operation.MEMBERS_MANAGE)
    async with db.transaction(caller.project_id) as session:
        found = await members.list_members(session, caller)
    rows = [
        MemberRead.of(member, with_email=sees_all or member.user.id == caller.id)
        for member in found
    ]
    return MemberList(data=rows)


@router.patch(
    "/members/{user_id}",
    responses=errors(MemberNotFound, LastOwner, CsrfFailed, body=True),
)
async def change_role(
    user_id: str, wanted: MemberUpdate, caller: PersonInProject, db: Db
) -> MemberRead:
    """Gives a member another role, in force within a second. A project keeps an owner."""
    async with db.transaction(caller.project_id) as session:
        found = await members.change_role(session, caller, user_id, wanted.role)
    return MemberRead.of(found, with_email=True)


@router.delete(
    "/members/{user_id}",
    status_code=204,
    responses=errors(MemberNotFound, LastOwner, CsrfFailed),
)
async def remove_member(user_id: str, caller: PersonInProject, db: Db) -> Response:
    """Takes a member out of this project; oneself, whatever the role. A project keeps an owner."""
    async with db.transaction(caller.project_id) as session:
        await members.remove_member(session, caller, user_id)
    return Response(status_code=204)


@router.get("/invitations", responses=errors())
async def list_invitations(caller: PersonInProject, db: Db) -> InvitationList:
    """The invitations that can be used still, newest first."""
    async with db.transaction(caller.project_id) as session:
        found = await members.list_invitations(session, caller)
    return InvitationList(data=[InvitationRead.of(invited) for invited in found])


@router.post(
    "/invitations", status_code=201, responses=errors(AlreadyMember, CsrfFailed, body=True)
)
async def create_invitation(
    wanted: InvitationCreate,
    caller: PersonInProject,
    response: Response,
    db: Db,
    authentication: Authentication,
    mail: Mail,
) -> InvitationCreated:
    """Invites an address, for seven days; an open invitation of it ends.

    The link is in this answer and in the mail, where a mail server is set, and nowhere else.
    """
    async with db.transaction(caller.project_id) as session:
        invited, token, project_name = await members.invite(session, caller, wanted)
    response.headers["Cache-Control"] = "no-store"
    url = authentication.cookie.link(token)
    letter = letter_of(LinkKind.INVITATION, project_name)
    mailed = await mail.send(wanted.email, letter, url)
    return InvitationCreated(invitation=InvitationRead.of(invited), url=url, mailed=mailed)


@router.delete(
    "/invitations/{invitation}",
    status_code=204,
    responses=errors(InvitationNotFound, CsrfFailed),
)
async def withdraw_invitation(invitation: str, caller: PersonInProject, db: Db) -> Response:
    """Ends an invitation that nobody has used."""
    async with db.transaction(caller.project_id) as session:
        await members.withdraw_invitation(session, caller, invitation)
    return Response(status_code=204)
