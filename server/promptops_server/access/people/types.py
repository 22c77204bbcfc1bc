"""What the rules about people hand to each other."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from promptops_server.access.models import Link, User
from promptops_server.access.types import LinkKind, NoticeKind, Role


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person is told until they dismiss it."""

    id: UUID
    kind: NoticeKind
    user_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that can be used now; `account` is whom it is for, None where it makes somebody."""

    link: Link
    account: User | None
    project_name: str | None

    @property
    def kind(self) -> LinkKind:
        """What using it does."""
        return LinkKind(self.link.kind)

    @property
    def is_for_an_account(self) -> bool:
        """Whether it brings somebody who has an account into a project."""
        return self.link.project_id is not None and self.account is not None

    def needs_password(self, signed_in: UUID | None) -> bool:
        """Whether a password has to be sent with it by who is signed in so."""
        if self.kind == LinkKind.SIGN_IN:
            return False
        if self.is_for_an_account and self.account is not None:
            return self.account.id != signed_in
        return True


@dataclass(frozen=True, slots=True)
class ProjectMember:
    """A person in a project."""

    user: User
    role: Role
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class InvitedMember:
    """An invitation into a project, and the name of who made it, if they are there still."""

    link: Link
    invited_by: str | None
