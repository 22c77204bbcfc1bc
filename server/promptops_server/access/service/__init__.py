"""The rules of access, a file per use case."""

from promptops_server.access.service.authentication import (
    Authenticator,
    SignedIn,
    require,
    require_environment,
    require_operation,
    require_prompt,
    require_release,
)
from promptops_server.access.service.environments import (
    create_environment,
    delete_environment,
    hold_environment,
    list_environment_names,
    update_environment,
)
from promptops_server.access.service.keys import (
    create_api_key,
    get_api_key,
    key_names,
    revoke_api_key,
    rotate_api_key,
    update_api_key,
)
from promptops_server.access.service.last_use import LastUse, key_use_of, session_use_of
from promptops_server.access.service.names import person_names
from promptops_server.access.service.projects import (
    create_project,
    find_project_id,
    list_projects,
    make_first_key,
    make_project,
)
from promptops_server.access.service.signing_in import (
    ensure_administrator,
    is_member_somewhere,
    make_link_for,
    make_member,
    make_sign_in_link,
    open_session,
    sign_out,
)

__all__ = [
    "Authenticator",
    "LastUse",
    "SignedIn",
    "create_api_key",
    "create_environment",
    "create_project",
    "delete_environment",
    "ensure_administrator",
    "find_project_id",
    "get_api_key",
    "hold_environment",
    "is_member_somewhere",
    "key_names",
    "key_use_of",
    "list_environment_names",
    "list_projects",
    "make_first_key",
    "make_link_for",
    "make_member",
    "make_project",
    "make_sign_in_link",
    "open_session",
    "person_names",
    "require",
    "require_environment",
    "require_operation",
    "require_prompt",
    "require_release",
    "revoke_api_key",
    "rotate_api_key",
    "session_use_of",
    "sign_out",
    "update_api_key",
    "update_environment",
]
