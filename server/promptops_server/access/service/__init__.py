"""The rules of access, a file per use case."""

from promptops_server.access.service.authentication import (
    Authenticator,
    require,
    require_environment,
    require_prompt,
)
from promptops_server.access.service.keys import (
    create_api_key,
    get_api_key,
    revoke_api_key,
    rotate_api_key,
    update_api_key,
)
from promptops_server.access.service.last_use import LastUse, key_use_of
from promptops_server.access.service.projects import (
    create_project,
    find_project_id,
    list_environment_names,
)

__all__ = [
    "Authenticator",
    "LastUse",
    "create_api_key",
    "create_project",
    "find_project_id",
    "get_api_key",
    "key_use_of",
    "list_environment_names",
    "require",
    "require_environment",
    "require_prompt",
    "revoke_api_key",
    "rotate_api_key",
    "update_api_key",
]
