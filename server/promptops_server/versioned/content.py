"""The content hash: what two states have in common when they would run alike."""

import hashlib
import json
from collections.abc import Mapping


def content_hash(content: Mapping[str, object]) -> bytes:
    """The SHA-256 of the content as canonical JSON (sorted keys, no white space, UTF-8).

    The form is that of RFC 8785 for the values that occur here: strings, integers, booleans,
    null, lists and objects; a float is written as Python's shortest form.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).digest()
