"""What each kind of provider is configured with, and the one host that follows from it.

A host is computed here, from fields that were checked here: nothing in a request to run a prompt
can lead a credential elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from promptops_server.core.addresses import AddressRefused, endpoint_of
from promptops_server.providers.service_account import ServiceAccountRefused, read_service_account
from promptops_server.providers.types import DEFAULT_BASE_URLS, LONG_TAIL, ProviderKind

# A key becomes a header's value (RFC 9110, section 5.5): visible ASCII only. LiteLLM would read
# `os.environ/NAME` as the name of a variable of this process.
_KEY = r"(?!os\.environ/)[!-~]{1,4096}"
_PLACE = r"[a-z0-9-]{1,40}"
_AZURE_HOST = re.compile(
    r"[a-z0-9][a-z0-9-]{0,62}\."
    r"(?:openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com|openai\.azure\.us)"
)


@dataclass(frozen=True, slots=True)
class CredentialField:
    """A field of a kind's credentials; `shape` is the pattern that its whole value has to match."""

    name: str
    shape: str
    required: bool = True
    secret: bool = True


@dataclass(frozen=True, slots=True)
class KindRules:
    """The fields of a kind, and whether its address is given: always, if wanted, or never."""

    fields: tuple[CredentialField, ...]
    base_url: Literal["required", "optional", "never"] = "never"


class FieldRefused(ValueError):
    """A field that a provider of this kind cannot have, lacks, or that has not its form."""

    def __init__(self, pointer: str, message: str) -> None:
        """Keeps the JSON pointer and a sentence; never the value."""
        super().__init__(message)
        self.pointer = pointer
        self.message = message


_API_KEY = CredentialField("api_key", _KEY)
_OPTIONAL_KEY = CredentialField("api_key", _KEY, required=False)
_RULES: dict[ProviderKind, KindRules] = {
    ProviderKind.OPENAI: KindRules((_API_KEY,), "optional"),
    ProviderKind.ANTHROPIC: KindRules((_API_KEY,), "optional"),
    ProviderKind.GEMINI: KindRules((_API_KEY,), "optional"),
    ProviderKind.OPENAI_COMPATIBLE: KindRules((_OPTIONAL_KEY,), "required"),
    ProviderKind.LITELLM_PROXY: KindRules((_API_KEY,), "required"),
    ProviderKind.LOCAL: KindRules(()),
    ProviderKind.AZURE: KindRules(
        (
            _API_KEY,
            CredentialField("api_version", r"\d{4}-\d{2}-\d{2}(?:-preview)?", secret=False),
        ),
        "required",
    ),
    ProviderKind.BEDROCK: KindRules(
        (
            CredentialField("aws_access_key_id", r"[A-Z0-9]{16,128}"),
            CredentialField("aws_secret_access_key", r"[A-Za-z0-9/+=]{16,256}"),
            CredentialField("aws_session_token", r"[A-Za-z0-9/+=]{16,4096}", required=False),
            CredentialField("aws_region_name", _PLACE, secret=False),
        )
    ),
    ProviderKind.VERTEX_AI: KindRules(
        (
            CredentialField("vertex_project", _PLACE, secret=False),
            CredentialField("vertex_location", _PLACE, secret=False),
            CredentialField("vertex_credentials", r"(?s).{1,8192}"),
        )
    ),
}
_LONG_TAIL_RULES = KindRules((_API_KEY,))


def rules_of(kind: ProviderKind) -> KindRules:
    """What a provider of this kind is configured with."""
    return _LONG_TAIL_RULES if kind in LONG_TAIL else _RULES[kind]


def check_base_url(kind: ProviderKind, base_url: str | None) -> None:
    """Passes where a provider of this kind may have this address. Raises FieldRefused."""
    wanted = rules_of(kind).base_url
    if base_url is None:
        if wanted == "required":
            raise FieldRefused("#/base_url", "This kind of provider needs its address.")
        return
    if kind is ProviderKind.LOCAL:
        raise FieldRefused("#/kind", "The local model takes neither an address nor credentials.")
    if wanted == "never":
        sentence = "This provider's address follows from its kind and its credentials."
        raise FieldRefused("#/base_url", sentence)
    if kind is ProviderKind.AZURE:
        _check_azure(base_url)


def _check_azure(base_url: str) -> None:
    """Passes for an endpoint of Azure OpenAI, whose names only Microsoft gives out."""
    sentence = "Give the endpoint of an Azure resource, as https://NAME.openai.azure.com."
    try:
        endpoint = endpoint_of(base_url)
    except AddressRefused:
        raise FieldRefused("#/base_url", sentence) from None
    plain = base_url.rstrip("/").lower() in (f"https://{endpoint.host}", endpoint.origin)
    if not plain or endpoint.port != 443 or not _AZURE_HOST.fullmatch(endpoint.host):
        raise FieldRefused("#/base_url", sentence)


def check_credentials(kind: ProviderKind, given: Mapping[str, str]) -> None:
    """Passes where these are all the fields that the kind needs, each of its form.

    Raises FieldRefused, naming the field.
    """
    fields = rules_of(kind).fields
    if kind is ProviderKind.LOCAL and given:
        raise FieldRefused("#/kind", "The local model takes neither an address nor credentials.")
    for spec in fields:
        pointer = f"#/credentials/{spec.name}"
        if spec.name not in given:
            if spec.required:
                raise FieldRefused(pointer, f"This provider needs {spec.name}.")
        elif not re.fullmatch(spec.shape, given[spec.name]):
            raise FieldRefused(pointer, f"This is not what {spec.name} looks like.")
    names = [spec.name for spec in fields]
    for name in given:
        if name not in names:
            raise FieldRefused(
                f"#/credentials/{name}", f"This provider takes {', '.join(names)} and nothing else."
            )
    if kind is ProviderKind.VERTEX_AI:
        try:
            read_service_account(given["vertex_credentials"])
        except ServiceAccountRefused as refused:
            raise FieldRefused("#/credentials/vertex_credentials", str(refused)) from None


def base_url_of(
    kind: ProviderKind, base_url: str | None, credentials: Mapping[str, str]
) -> str | None:
    """The address of a provider whose fields were checked; None where only LiteLLM knows it."""
    if kind is ProviderKind.BEDROCK:
        region = credentials["aws_region_name"]
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"https://bedrock-runtime.{region}.{suffix}"
    if kind is ProviderKind.VERTEX_AI:
        location = credentials["vertex_location"]
        prefix = "" if location == "global" else f"{location}-"
        return f"https://{prefix}aiplatform.googleapis.com"
    return base_url or DEFAULT_BASE_URLS.get(kind)


def shown_credentials(kind: ProviderKind, credentials: Mapping[str, str]) -> dict[str, str]:
    """What may be seen of them: of a secret its last characters, where enough stay hidden."""
    secret = {spec.name: spec.secret for spec in rules_of(kind).fields}
    return {
        name: _hint(value) if secret.get(name, True) else value
        for name, value in credentials.items()
    }


_SHOWN_CHARACTERS = 4


def _hint(value: str) -> str:
    return value[-_SHOWN_CHARACTERS:] if len(value) >= 4 * _SHOWN_CHARACTERS else ""
