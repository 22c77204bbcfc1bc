"""Keyset pages: a cursor says after which id to go on, and for which question it was made.

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
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        identifier, tag = raw[:16], raw[16:]
        if len(raw) != 16 + _TAG or not hmac.compare_digest(tag, self._tag(identifier, question)):
            message = "This cursor was made for another list or other filters."
            raise InvalidRequest(
                message, errors=[FieldProblem("invalid_request", "#/query/cursor", message)]
            )
        return UUID(bytes=identifier)

    def page(self, rows: Sequence[T], ids: Sequence[UUID], limit: int, question: str) -> Page[T]:
        """The page of up to `limit` rows; `rows` holds one more where there is a next page."""
        more = len(rows) > limit
        cursor = None
        if more:
            last = ids[limit - 1].bytes
            signed = last + self._tag(last, question)
            cursor = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
        return Page[T](data=list(rows[:limit]), has_more=more, next_cursor=cursor)

    def _tag(self, identifier: bytes, question: str) -> bytes:
        message = identifier + hashlib.sha256(question.encode()).digest()
        return hmac.new(self._key, message, hashlib.sha256).digest()[:_TAG]
