"""Secrets at rest: envelope encryption under a master key.

Each secret has a data key of its own (AES-256-GCM), which is wrapped by the master key. The
record's identity is the associated data of both, so that a ciphertext copied to another row, field
or host does not open (NIST SP 800-38D for GCM; AWS Encryption SDK concepts for the shape).

Layout of a sealed value: version (1 byte), nonce of the wrapping (12), wrapped data key (48),
nonce of the secret (12), ciphertext with its tag.
"""

import base64
import binascii
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from promptops_server.core.errors import SecretsUnavailable
from promptops_server.core.settings import Settings

_VERSION = b"\x01"
_NONCE = 12
_KEY = 32
_WRAPPED = _KEY + 16
_CHECK_TEXT = b"promptops master key check"
_MASTER_KEY_FILE = "master.key"


class MasterKeyRefused(Exception):
    """The master key is missing, malformed or not the one that sealed this database."""


class MasterKey:
    """Seals and opens secrets. Its id is derived from the key and tells nothing about it."""

    def __init__(self, key: bytes) -> None:
        """Takes 32 bytes."""
        if len(key) != _KEY:
            raise MasterKeyRefused("The master key must be 32 bytes, given in base64.")
        self._aead = AESGCM(key)
        self._key = key
        self.id = hashlib.sha256(b"promptops key id" + key).hexdigest()[:16]

    def seal(self, plaintext: bytes, identity: str) -> bytes:
        """The sealed form of the plaintext, which opens only with the same identity."""
        data_key = secrets.token_bytes(_KEY)
        wrap_nonce = secrets.token_bytes(_NONCE)
        nonce = secrets.token_bytes(_NONCE)
        associated = self._associated(identity)
        wrapped = self._aead.encrypt(wrap_nonce, data_key, associated)
        sealed = AESGCM(data_key).encrypt(nonce, plaintext, associated)
        return _VERSION + wrap_nonce + wrapped + nonce + sealed

    def open(self, sealed: bytes, identity: str) -> bytes:
        """The plaintext. Raises SecretsUnavailable where key, identity or bytes do not fit."""
        body = sealed[1:]
        wrap_nonce, body = body[:_NONCE], body[_NONCE:]
        wrapped, body = body[:_WRAPPED], body[_WRAPPED:]
        nonce, ciphertext = body[:_NONCE], body[_NONCE:]
        associated = self._associated(identity)
        try:
            if sealed[:1] != _VERSION:
                raise InvalidTag
            data_key = self._aead.decrypt(wrap_nonce, wrapped, associated)
            return AESGCM(data_key).decrypt(nonce, ciphertext, associated)
        except (InvalidTag, ValueError):
            raise SecretsUnavailable(
                "A stored credential does not open with this server's master key."
            ) from None

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for another purpose, as signing cursors (HKDF-SHA256, RFC 5869)."""
        hkdf = HKDF(SHA256(), _KEY, salt=None, info=f"promptops {purpose}".encode())
        return hkdf.derive(self._key)

    def check_value(self) -> bytes:
        """A sealed constant, kept in the database to know the right key by."""
        return self.seal(_CHECK_TEXT, "check")

    def opens(self, check_value: bytes) -> bool:
        """Whether this is the key that made the check value."""
        try:
            return self.open(check_value, "check") == _CHECK_TEXT
        except SecretsUnavailable:
            return False

    def _associated(self, identity: str) -> bytes:
        return f"v1|{self.id}|{identity}".encode()


def load_master_key(settings: Settings, *, create: bool) -> MasterKey:
    """The master key of PROMPTOPS_MASTER_KEY, of the file a setting names, or of the data folder.

    With `create`, a missing file in the data folder is made, readable by its owner only. Raises
    MasterKeyRefused with a sentence.
    """
    if settings.master_key is not None:
        return _decoded(settings.master_key.get_secret_value(), "PROMPTOPS_MASTER_KEY")
    path = settings.master_key_file or settings.data_dir / _MASTER_KEY_FILE
    try:
        if create and settings.master_key_file is None and not path.exists():
            _write_new(path)
        mode = path.stat().st_mode & 0o077
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise MasterKeyRefused(
            f"The master key cannot be read from {path} ({type(error).__name__}). "
            "Give it with PROMPTOPS_MASTER_KEY or PROMPTOPS_MASTER_KEY_FILE."
        ) from None
    if mode:
        raise MasterKeyRefused(
            f"The master key file {path} is readable by others. Run: chmod 600 {path}"
        )
    return _decoded(text.strip(), str(path))


def _decoded(text: str, where: str) -> MasterKey:
    try:
        return MasterKey(base64.b64decode(text, validate=True))
    except (binascii.Error, MasterKeyRefused):
        raise MasterKeyRefused(
            f"The master key in {where} is malformed: 32 bytes in base64 are wanted "
            "(openssl rand -base64 32)."
        ) from None


def _write_new(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(base64.b64encode(secrets.token_bytes(_KEY)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
