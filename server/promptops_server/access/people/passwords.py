"""Passwords: Argon2id in a thread, a few at a time.

The parameters are argon2-cffi's own, the second choice of RFC 9106 (64 MiB, three passes); each
hash names its own, so that they can change. A password is taken as NFKC (NIST SP 800-63B-4,
section 3.1.1.2): the same characters by another keyboard are the same password.
"""

import asyncio
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from promptops_server.core.errors import FieldProblem, InvalidRequest

# Each takes 64 MiB and a processor for a while: more at once would starve the runs beside them.
_AT_ONCE = 2


class Passwords:
    """Makes and checks hashes without holding up the event loop."""

    def __init__(self) -> None:
        """Makes the hash that stands in where there is none."""
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """The hash of a new password, to be stored."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether the password is the one that the hash was made of; never where there is none.

        Takes the same work in each case, so that time tells nobody who has an account.
        """
        async with self._turns:
            is_right = await asyncio.to_thread(self._verify, password, stored or self._nobodys)
        return is_right and stored is not None

    def _verify(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, _normal(password))
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def require_own(password: str, *facts: str | None, pointer: str) -> None:
    """Passes unless the password is one of the facts that others know of the person.

    Raises InvalidRequest that points to the field.
    """
    known = {_normal(fact).strip().casefold() for fact in facts if fact}
    if _normal(password).strip().casefold() in known:
        sentence = "A password is not the name or the e-mail address itself."
        raise at_fault(pointer, sentence)


def at_fault(field: str, sentence: str) -> InvalidRequest:
    """The error that points to a field of the body."""
    pointer = f"#/{field}"
    problem = FieldProblem("invalid_request", pointer, sentence)
    return InvalidRequest(f"{pointer}: {sentence}", errors=[problem])
