"""Keyset pages: a cursor says after which id or name to go on, and for which question it was made.

A cursor is signed (HMAC-SHA256), and carries the project and a hash of the filters, so that one
used by another project, or with other filters, is refused rather than answered wrongly.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from promptops_server.core.errors import FieldProblem, InvalidRequest

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_TAG = 16

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page, newest first; `next_cursor` is null on the last."""

    data: list[T]
    has_more: bool
    next_cursor: str | None


class Cursors:
    """Signs and reads cursors with a key that every process of an installation shares."""

    def __init__(self, key: bytes) -> None:
        """Takes the signing key, derived from the master key."""
        self._key = key

    def after(self, cursor: str | None, question: str) -> UUID | None:
        """The id after which the page begins, or None for the first page.

        `question` names project, list and filters. Raises InvalidRequest for a cursor of another
        question, or one that this server did not make.
        """
        if cursor is None:
            return None
        identifier = self._read(cursor, question)
        if len(identifier) != 16:
            raise _refused()
        return UUID(bytes=identifier)

    def after_name(self, cursor: str | None, question: str) -> str | None:
        """The name after which a page of a list by name begins, or None for the first page.

        Raises InvalidRequest as `after` does.
        """
        return None if cursor is None else self._read(cursor, question).decode()

    def page(self, rows: Sequence[T], ids: Sequence[UUID], limit: int, question: str) -> Page[T]:
        """The page of up to `limit` rows; `rows` holds one more where there is a next page."""
        return self._page(rows, [identifier.bytes for identifier in ids], limit, question)

    def page_by_name(
        self, rows: Sequence[T], names: Sequence[str], limit: int, question: str
    ) -> Page[T]:
        """The same for a list that is sorted by a unique name instead of an id."""
        return self._page(rows, [name.encode() for name in names], limit, question)

    def _page(
        self, rows: Sequence[T], places: Sequence[bytes], limit: int, question: str
    ) -> Page[T]:
        more = len(rows) > limit
        cursor = None
        if more:
            last = places[limit - 1]
            signed = last + self._tag(last, question)
            cursor = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
        return Page[T](data=list(rows[:limit]), has_more=more, next_cursor=cursor)

    def _read(self, cursor: str, question: str) -> bytes:
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        place, tag = raw[:-_TAG], raw[-_TAG:]
        if not hmac.compare_digest(tag, self._tag(place, question)):
            raise _refused()
        return place

    def _tag(self, place: bytes, question: str) -> bytes:
        message = place + hashlib.sha256(question.encode()).digest()
        return hmac.new(self._key, message, hashlib.sha256).digest()[:_TAG]


def _refused() -> InvalidRequest:
    message = "This cursor was made for another list or other filters."
    return InvalidRequest(
        message, errors=[FieldProblem("invalid_request", "#/query/cursor", message)]
    )
