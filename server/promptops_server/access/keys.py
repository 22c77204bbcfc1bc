"""The text of an API key: `sk-po_`, 43 base62 characters, 6 of checksum.

256 bits from the system's random source, and a CRC32 over everything before it, so that a typing
error or a made-up key is told apart without a look into the database (the form GitHub described in
"Behind GitHub's new authentication token formats"). With 256 random bits a plain SHA-256 is a
safe way to store it; a slow hash would only help whoever wants to keep the server busy.
"""

import hashlib
import re
import secrets
import zlib

PREFIX = "sk-po_"
# Published, so that secret scanners can find keys.
PATTERN = r"sk-po_[0-9A-Za-z]{49}"
_SHAPE = re.compile(PATTERN, re.ASCII)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH = 43
_CHECKSUM_LENGTH = 6
SHOWN_LENGTH = 10


def _base62(value: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        value, digit = divmod(value, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def make_key() -> str:
    """A new key."""
    text = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return text + _checksum(text)


def is_well_formed(text: str) -> bool:
    """Whether the text has the form of a key and its checksum is right. Does no I/O."""
    if _SHAPE.fullmatch(text) is None:
        return False
    return text[-_CHECKSUM_LENGTH:] == _checksum(text[:-_CHECKSUM_LENGTH])


def digest(text: str) -> bytes:
    """What is stored of a key: the SHA-256 of its text."""
    return hashlib.sha256(text.encode("ascii")).digest()


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode("ascii")), _CHECKSUM_LENGTH)
