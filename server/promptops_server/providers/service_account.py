"""A Google service account: how its key becomes a token for an hour.

https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
"""

import base64
import re
from dataclasses import dataclass, field
from typing import cast

import orjson
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

# The one address that a key file may name; else a signed request would go wherever it says.
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - An address.
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_EMAIL = re.compile(r"[a-z0-9.-]{1,200}@[a-z0-9.-]{1,200}\.gserviceaccount\.com")
_LIFETIME_S = 3600


class ServiceAccountRefused(ValueError):
    """The text is not the key file of a Google service account; says which part is wrong."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who signs, and with what."""

    email: str
    private_key: RSAPrivateKey = field(repr=False)

    def assertion(self, now_s: int) -> str:
        """The signed claim (RFC 7523, RS256) that is traded for a token; `now_s` is Unix time."""
        claims = {
            "iss": self.email,
            "scope": _SCOPE,
            "aud": TOKEN_URL,
            "iat": now_s,
            "exp": now_s + _LIFETIME_S,
        }
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = self.private_key.sign(signed.encode(), PKCS1v15(), SHA256())
        return f"{signed}.{_base64url(signature)}"


def _part(document: object) -> str:
    return _base64url(orjson.dumps(document))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_service_account(text: str) -> ServiceAccount:
    """The account of a key file's JSON. Raises ServiceAccountRefused."""
    try:
        document: object = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        document = None
    if not isinstance(document, dict):
        raise ServiceAccountRefused("Give the JSON of the service account's key file as a string.")
    found = cast("dict[str, object]", document)
    if found.get("type") != "service_account":
        raise ServiceAccountRefused("The key file's type must be service_account.")
    if found.get("token_uri", TOKEN_URL) != TOKEN_URL:
        raise ServiceAccountRefused(f"The key file's token_uri must be {TOKEN_URL}.")
    email = found.get("client_email")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise ServiceAccountRefused("The key file's client_email is no service account's.")
    return ServiceAccount(email, _private_key(found.get("private_key")))


def _private_key(pem: object) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(str(pem).encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ServiceAccountRefused("The key file's private_key is no RSA key.")
    return key
