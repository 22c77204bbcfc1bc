"""Optimistic locking of drafts: a draft counts its edits, and a write names the one it saw."""

from promptops_server.core.errors import AppError


class EditConflict(AppError):
    """The draft was changed since the caller last read it; nothing was written.

    `current_edit` in the document is the draft's edit now, null where there is none any more.
    """

    code = "edit_conflict"
    title = "Changed meanwhile"
    status = 412


class EditNotNamed(AppError):
    """An existing draft is changed only by who names the edit they saw."""

    code = "edit_not_named"
    title = "If-Match is required"
    status = 428


def etag_of(edit: int) -> str:
    """The ETag of a draft's edit."""
    return f'"{edit}"'


def check_edit(current: int | None, if_match: str | None) -> None:
    """Passes where `If-Match` names the current edit, or there is no draft yet and none is named.

    Raises EditNotNamed or EditConflict.
    """
    if current is None:
        if if_match not in (None, "*"):
            raise EditConflict(
                "There is no draft any more. Read the prompt again.", facts={"current_edit": None}
            )
        return
    if if_match is None:
        raise EditNotNamed("Send If-Match with the ETag of the draft that you read.")
    if if_match != etag_of(current):
        raise EditConflict(
            "The draft was changed since you read it. Read it again; nothing was overwritten.",
            facts={"current_edit": current},
        )
