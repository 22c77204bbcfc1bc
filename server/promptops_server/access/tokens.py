"""Tokens of sessions and of sign-in links: 256 random bits, kept as their SHA-256 only.

A session's CSRF token is derived from the session's own, so that it need not be stored: who can
read neither the cookie nor an answer of ours cannot make it.
"""

import base64
import hashlib
import hmac
import re
import secrets

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def make_token() -> str:
    """A new token: 43 characters that may stand in an address and in a cookie."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether the text has the form of a token."""
    return _SHAPE.fullmatch(text) is not None


def digest(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("ascii")).digest()


def csrf_token_of(session_token: str) -> str:
    """What a page of ours sends beside the cookie to change something."""
    tag = hmac.new(session_token.encode("ascii"), b"promptops csrf", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(tag).rstrip(b"=").decode()


def is_csrf_token(text: str, session_token: str) -> bool:
    """Whether the text is this session's CSRF token; takes the same time for every text."""
    return hmac.compare_digest(text.encode(errors="replace"), csrf_token_of(session_token).encode())
