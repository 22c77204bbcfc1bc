"""What people send and get."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from promptops_server.access.models import Project, User
from promptops_server.access.people.types import InvitedMember, Notice, OpenLink, ProjectMember
from promptops_server.access.policy import Operation, operations_of
from promptops_server.access.types import KnownSession, LinkKind, NoticeKind, Role
from promptops_server.core.fields import Name, Text
from promptops_server.kit.ids import to_public

_SHORTEST = 12
_LONGEST = 200


def _long_enough(password: SecretStr) -> SecretStr:
    length = len(password.get_secret_value())
    if length < _SHORTEST:
        raise ValueError(f"A password has at least {_SHORTEST} characters.")
    if length > _LONGEST:
        raise ValueError(f"A password has at most {_LONGEST} characters.")
    return password


def _not_endless(password: SecretStr) -> SecretStr:
    if len(password.get_secret_value()) > _LONGEST:
        raise ValueError(f"A password has at most {_LONGEST} characters.")
    return password


NewPassword = Annotated[
    SecretStr,
    AfterValidator(_long_enough),
    Field(json_schema_extra={"minLength": _SHORTEST, "maxLength": _LONGEST}),
]
GivenPassword = Annotated[
    SecretStr, AfterValidator(_not_endless), Field(json_schema_extra={"maxLength": _LONGEST})
]
# What browsers take for an address (HTML, "valid e-mail address"), kept in lower case.
Email = Annotated[
    Text,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
        r"@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
    ),
]
# An address that somebody signs in with: any text, since a wrong one is just that.
_GivenEmail = Annotated[
    Text, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254)
]
_Token = Annotated[str, StringConstraints(max_length=200)]


class SessionCreate(BaseModel):
    """Signs in by e-mail address and password."""

    model_config = ConfigDict(extra="forbid")

    email: _GivenEmail
    password: GivenPassword


class SignedInUser(BaseModel):
    """Who is signed in."""

    id: str
    name: str
    email: str | None
    is_instance_admin: bool
    has_password: bool


class InstanceProject(BaseModel):
    """A project of the installation, as an administrator sees it from outside."""

    id: str
    name: str
    slug: str
    members: int
    created_at: datetime
    archived_at: datetime | None

    @classmethod
    def of(cls, project: Project, members: int) -> Self:
        """The public form of a row."""
        return cls(
            id=to_public("prj", project.id),
            name=project.name,
            slug=project.slug,
            members=members,
            created_at=project.created_at,
            archived_at=project.archived_at,
        )


class InstanceProjectUpdate(BaseModel):
    """What changes of a project; null or left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    archived: bool | None = None


class MemberProject(BaseModel):
    """A project that the person belongs to, what they are there, and what they `may` do."""

    id: str
    slug: str
    name: str
    role: Role
    may: list[Operation]


class NoticeRead(BaseModel):
    """What a person is told: that their password was reset, or a member's of their project."""

    id: str
    kind: NoticeKind
    user_name: str
    at: datetime


class SessionRead(BaseModel):
    """A session; `csrf_token` goes into X-CSRF-Token with every request that changes something."""

    user: SignedInUser
    projects: list[MemberProject]
    notices: list[NoticeRead]
    csrf_token: str
    expires_at: datetime

    @classmethod
    def of(cls, session: KnownSession, csrf_token: str, notices: Sequence[Notice]) -> Self:
        """The public form of a session."""
        return cls(
            user=SignedInUser(
                id=to_public("usr", session.user_id),
                name=session.user_name,
                email=session.email,
                is_instance_admin=session.is_instance_admin,
                has_password=session.has_password,
            ),
            projects=[
                MemberProject(
                    id=to_public("prj", member.project_id),
                    slug=member.slug,
                    name=member.name,
                    role=member.role,
                    may=operations_of(member.role),
                )
                for member in session.members
            ],
            notices=[
                NoticeRead(
                    id=to_public("ntc", notice.id),
                    kind=notice.kind,
                    user_name=notice.user_name,
                    at=notice.at,
                )
                for notice in notices
            ],
            csrf_token=csrf_token,
            expires_at=session.expires_at,
        )


class SessionEnd(BaseModel):
    """Signs out here, or with `everywhere` wherever this person is signed in."""

    model_config = ConfigDict(extra="forbid")

    everywhere: bool = False


class PasswordChange(BaseModel):
    """A new password; `current_password` is needed where there is one."""

    model_config = ConfigDict(extra="forbid")

    current_password: GivenPassword | None = None
    new_password: NewPassword


class ProfileUpdate(BaseModel):
    """What changes of oneself; null and what is left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    email: Email | None = None


class LinkInspect(BaseModel):
    """The token of a link: what stands behind the `#` in its address."""

    model_config = ConfigDict(extra="forbid")

    token: _Token


class LinkAccept(BaseModel):
    """Uses a link.

    `sign_in` takes nothing else, or what its person lacks yet (password, email) and a name.
    `password_reset` takes a password. `invitation` takes a name and a password; of who has an
    account already only that account's password, unless they are signed in.
    """

    model_config = ConfigDict(extra="forbid")

    token: _Token
    password: GivenPassword | None = None
    name: Name | None = None
    email: Email | None = None


class LinkRead(BaseModel):
    """What a link is for.

    `user_name` is of the account that it is for, null where it makes one. `needs_password`: a
    password has to be sent with it, a new one or the account's own.
    """

    kind: LinkKind
    email: str | None
    user_name: str | None
    project_name: str | None
    role: Role | None
    needs_password: bool
    expires_at: datetime

    @classmethod
    def of(cls, found: OpenLink, signed_in: UUID | None) -> Self:
        """The public form of a link, to who is signed in so."""
        account, link = found.account, found.link
        return cls(
            kind=found.kind,
            email=link.email if account is None else account.email,
            user_name=None if account is None else account.name,
            project_name=found.project_name,
            role=None if link.role is None else Role(link.role),
            needs_password=found.needs_password(signed_in),
            expires_at=link.expires_at,
        )


class UserRead(BaseModel):
    """A person, as instance administrators see them."""

    id: str
    name: str
    email: str | None
    is_instance_admin: bool
    has_password: bool
    disabled: bool
    created_at: datetime
    signed_in_at: datetime | None

    @classmethod
    def of(cls, user: User) -> Self:
        """The public form of a row."""
        return cls(
            id=to_public("usr", user.id),
            name=user.name,
            email=user.email,
            is_instance_admin=user.is_instance_admin,
            has_password=user.password_hash is not None,
            disabled=user.disabled_at is not None,
            created_at=user.created_at,
            signed_in_at=user.signed_in_at,
        )


class UserCreate(BaseModel):
    """A new person of the installation."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: Name
    is_instance_admin: bool = False


class UserUpdate(BaseModel):
    """What changes of a person; null and what is left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    is_instance_admin: bool | None = None
    disabled: bool | None = None


class UserCreated(BaseModel):
    """A new person; `url` is the link that sets their password, shown this once."""

    user: UserRead
    url: str
    mailed: bool


class ResetLink(BaseModel):
    """The link that resets a password, shown this once, and until when it is valid."""

    url: str
    expires_at: datetime
    mailed: bool


class MemberRead(BaseModel):
    """A member; `email` is null for who is no owner, but for one's own."""

    id: str
    name: str
    email: str | None
    role: Role
    joined_at: datetime
    has_signed_in: bool

    @classmethod
    def of(cls, member: ProjectMember, *, with_email: bool) -> Self:
        """The public form of a member."""
        return cls(
            id=to_public("usr", member.user.id),
            name=member.user.name,
            email=member.user.email if with_email else None,
            role=member.role,
            joined_at=member.joined_at,
            has_signed_in=member.user.signed_in_at is not None,
        )


class MemberList(BaseModel):
    """The members of a project."""

    data: list[MemberRead]


class MemberUpdate(BaseModel):
    """The role that a member gets."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class InvitationCreate(BaseModel):
    """Whom to invite, and what they will be."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    role: Role


class InvitationRead(BaseModel):
    """An invitation that can be used still."""

    id: str
    email: str
    role: Role
    invited_by: str | None
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invited: InvitedMember) -> Self:
        """The public form of an invitation."""
        link = invited.link
        return cls(
            id=to_public("inv", link.id),
            email=link.email or "",
            role=Role(link.role),
            invited_by=invited.invited_by,
            created_at=link.created_at,
            expires_at=link.expires_at,
        )


class InvitationList(BaseModel):
    """The open invitations into a project."""

    data: list[InvitationRead]


class InvitationCreated(BaseModel):
    """A new invitation; `url` is its link, shown this once."""

    invitation: InvitationRead
    url: str
    mailed: bool
