"""Who may do what: the one place that says it, for people by their role and for keys by scope.

A role brings scopes, as a key has some; an operation needs one of the scopes that stand with it.
docs/reference/roles.md shows the table, SessionRead tells each person what they may, and a test
asks every route of the API as each role.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from promptops_server.access.types import Role, Scope


class Operation(StrEnum):
    """What can be done in a project, as the interface is told it."""

    PROJECTS_READ = "projects.read"
    PROMPTS_READ = "prompts.read"
    PROMPTS_WRITE = "prompts.write"
    VERSIONS_PUBLISH = "versions.publish"
    DEPLOYMENTS_READ = "deployments.read"
    DEPLOYMENTS_WRITE = "deployments.write"
    DEPLOYMENTS_WRITE_PROTECTED = "deployments.write_protected"
    RUNS_READ = "runs.read"
    RUNS_READ_OWN = "runs.read_own"
    RUNS_RUN = "runs.run"
    RUNS_OVERRIDE = "runs.override"
    RUNS_MANAGE = "runs.manage"
    ENVIRONMENTS_READ = "environments.read"
    ENVIRONMENTS_MANAGE = "environments.manage"
    PROVIDERS_READ = "providers.read"
    PROVIDERS_MANAGE = "providers.manage"
    KEYS_MANAGE = "keys.manage"
    MEMBERS_READ = "members.read"
    MEMBERS_MANAGE = "members.manage"


class Reach(StrEnum):
    """What stands outside of any project."""

    # Anybody, signed in or not.
    ANYBODY = "anybody"
    # Who is signed in, about themselves.
    ONESELF = "oneself"
    # An instance administrator.
    INSTANCE = "instance"
    # An instance administrator, or a key with the scope admin.
    PROJECT_MAKER = "project maker"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an operation is, and the scopes of which one is enough for it."""

    text: str
    scopes: frozenset[Scope]
    # Not for keys, whatever their scopes.
    is_for_people: bool = False


# A scope brings those that its work needs: an author reads, an administrator does everything.
IMPLIED: Mapping[Scope, frozenset[Scope]] = MappingProxyType(
    {
        Scope.RUN: frozenset({Scope.RUN}),
        Scope.READ: frozenset({Scope.READ}),
        Scope.AUTHOR: frozenset({Scope.AUTHOR, Scope.READ}),
        Scope.ADMIN: frozenset(Scope),
    }
)

ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Scope.READ}),
        Role.RUNNER: frozenset({Scope.READ, Scope.RUN}),
        Role.EDITOR: frozenset({Scope.READ, Scope.RUN, Scope.AUTHOR}),
        Role.OWNER: frozenset(Scope),
    }
)


def _rule(text: str, *scopes: Scope) -> Rule:
    return Rule(text, frozenset(scopes))


RULES: Mapping[Operation, Rule] = MappingProxyType(
    {
        Operation.PROJECTS_READ: _rule("see the project", Scope.READ),
        Operation.PROMPTS_READ: _rule("read and preview prompts, versions, samples", Scope.READ),
        Operation.PROMPTS_WRITE: _rule("write prompts, drafts and samples", Scope.AUTHOR),
        Operation.VERSIONS_PUBLISH: _rule("publish, deprecate, restore versions", Scope.AUTHOR),
        Operation.DEPLOYMENTS_READ: _rule("see what serves where, and the ledger", Scope.READ),
        Operation.DEPLOYMENTS_WRITE: _rule("deploy, promote and roll back", Scope.AUTHOR),
        Operation.DEPLOYMENTS_WRITE_PROTECTED: _rule(
            "the same to a protected environment", Scope.ADMIN
        ),
        Operation.RUNS_READ: _rule("read runs and usage", Scope.READ),
        Operation.RUNS_READ_OWN: _rule("read a run that one has started", Scope.READ, Scope.RUN),
        Operation.RUNS_RUN: _rule("run, cancel, give feedback", Scope.RUN),
        Operation.RUNS_OVERRIDE: _rule(
            "run a draft; override what a version does not let a call change", Scope.AUTHOR
        ),
        Operation.RUNS_MANAGE: _rule("delete runs; say what is kept of them", Scope.ADMIN),
        Operation.ENVIRONMENTS_READ: _rule("see environments", Scope.READ),
        Operation.ENVIRONMENTS_MANAGE: _rule("make, protect and delete environments", Scope.ADMIN),
        Operation.PROVIDERS_READ: _rule("see providers, models and prices", Scope.READ),
        Operation.PROVIDERS_MANAGE: _rule("change and test providers; prices", Scope.ADMIN),
        Operation.KEYS_MANAGE: _rule("see and manage API keys", Scope.ADMIN),
        Operation.MEMBERS_READ: Rule(
            "see members; leave", frozenset({Scope.READ}), is_for_people=True
        ),
        Operation.MEMBERS_MANAGE: Rule(
            "invite and manage members", frozenset({Scope.ADMIN}), is_for_people=True
        ),
    }
)

_PROMPT = "/api/v1/prompts/{prompt}"
_VERSION = f"{_PROMPT}/versions/{{version}}"
_DEPLOYMENT = "/api/v1/deployments/{deployment}"
_RUN = "/api/v1/runs/{run_id}"

# What each route is. One that does more where more is asked for (a release to a protected
# environment, a run of a draft) stands with the least.
ROUTES: Mapping[str, Operation | Reach] = MappingProxyType(
    {
        "GET /api/v1/health/live": Reach.ANYBODY,
        "GET /api/v1/health/ready": Reach.ANYBODY,
        "GET /api/v1/health/parts": Reach.INSTANCE,
        "POST /api/v1/session": Reach.ANYBODY,
        "POST /api/v1/links/inspect": Reach.ANYBODY,
        "POST /api/v1/links/accept": Reach.ANYBODY,
        "GET /api/v1/session": Reach.ONESELF,
        "PUT /api/v1/session/password": Reach.ONESELF,
        "PATCH /api/v1/session/user": Reach.ONESELF,
        "POST /api/v1/session/notices/{notice}/dismiss": Reach.ONESELF,
        "POST /api/v1/session/end": Reach.ONESELF,
        "GET /api/v1/projects": Operation.PROJECTS_READ,
        "POST /api/v1/projects": Reach.PROJECT_MAKER,
        "GET /api/v1/environments": Operation.ENVIRONMENTS_READ,
        "POST /api/v1/environments": Operation.ENVIRONMENTS_MANAGE,
        "PATCH /api/v1/environments/{environment}": Operation.ENVIRONMENTS_MANAGE,
        "DELETE /api/v1/environments/{environment}": Operation.ENVIRONMENTS_MANAGE,
        "GET /api/v1/keys": Operation.KEYS_MANAGE,
        "POST /api/v1/keys": Operation.KEYS_MANAGE,
        "GET /api/v1/keys/{key_id}": Operation.KEYS_MANAGE,
        "PATCH /api/v1/keys/{key_id}": Operation.KEYS_MANAGE,
        "DELETE /api/v1/keys/{key_id}": Operation.KEYS_MANAGE,
        "POST /api/v1/keys/{key_id}/rotate": Operation.KEYS_MANAGE,
        "GET /api/v1/members": Operation.MEMBERS_READ,
        "PATCH /api/v1/members/{user_id}": Operation.MEMBERS_MANAGE,
        # Whom else than oneself: MEMBERS_MANAGE.
        "DELETE /api/v1/members/{user_id}": Operation.MEMBERS_READ,
        "GET /api/v1/invitations": Operation.MEMBERS_MANAGE,
        "POST /api/v1/invitations": Operation.MEMBERS_MANAGE,
        "DELETE /api/v1/invitations/{invitation}": Operation.MEMBERS_MANAGE,
        "GET /api/v1/instance/settings": Reach.INSTANCE,
        "GET /api/v1/instance/projects": Reach.INSTANCE,
        "PATCH /api/v1/instance/projects/{project}": Reach.INSTANCE,
        "GET /api/v1/users": Reach.INSTANCE,
        "POST /api/v1/users": Reach.INSTANCE,
        "PATCH /api/v1/users/{user}": Reach.INSTANCE,
        "POST /api/v1/users/{user}/reset": Reach.INSTANCE,
        "GET /api/v1/models": Operation.PROVIDERS_READ,
        "GET /api/v1/prices": Operation.PROVIDERS_READ,
        "PUT /api/v1/prices": Operation.PROVIDERS_MANAGE,
        "DELETE /api/v1/prices/{price_id}": Operation.PROVIDERS_MANAGE,
        "GET /api/v1/providers": Operation.PROVIDERS_READ,
        "POST /api/v1/providers": Operation.PROVIDERS_MANAGE,
        "GET /api/v1/providers/kinds": Operation.PROVIDERS_READ,
        "GET /api/v1/providers/{provider}": Operation.PROVIDERS_READ,
        "PATCH /api/v1/providers/{provider}": Operation.PROVIDERS_MANAGE,
        "DELETE /api/v1/providers/{provider}": Operation.PROVIDERS_MANAGE,
        "POST /api/v1/providers/{provider}/test": Operation.PROVIDERS_MANAGE,
        "GET /api/v1/prompts": Operation.PROMPTS_READ,
        "POST /api/v1/prompts": Operation.PROMPTS_WRITE,
        "GET /api/v1/prompts/folders": Operation.PROMPTS_READ,
        f"GET {_PROMPT}": Operation.PROMPTS_READ,
        f"PATCH {_PROMPT}": Operation.PROMPTS_WRITE,
        f"DELETE {_PROMPT}/aliases/{{alias}}": Operation.PROMPTS_WRITE,
        f"POST {_PROMPT}/archive": Operation.PROMPTS_WRITE,
        f"POST {_PROMPT}/unarchive": Operation.PROMPTS_WRITE,
        f"POST {_PROMPT}/duplicate": Operation.PROMPTS_WRITE,
        f"GET {_PROMPT}/diff": Operation.PROMPTS_READ,
        f"GET {_PROMPT}/draft": Operation.PROMPTS_WRITE,
        f"PUT {_PROMPT}/draft": Operation.PROMPTS_WRITE,
        f"DELETE {_PROMPT}/draft": Operation.PROMPTS_WRITE,
        f"GET {_PROMPT}/draft/bump": Operation.PROMPTS_WRITE,
        f"POST {_PROMPT}/render": Operation.PROMPTS_READ,
        "POST /api/v1/render": Operation.PROMPTS_READ,
        f"GET {_PROMPT}/samples": Operation.PROMPTS_READ,
        f"POST {_PROMPT}/samples": Operation.PROMPTS_WRITE,
        f"PUT {_PROMPT}/samples/{{sample_id}}": Operation.PROMPTS_WRITE,
        f"DELETE {_PROMPT}/samples/{{sample_id}}": Operation.PROMPTS_WRITE,
        f"GET {_PROMPT}/versions": Operation.PROMPTS_READ,
        f"POST {_PROMPT}/versions": Operation.VERSIONS_PUBLISH,
        f"GET {_VERSION}": Operation.PROMPTS_READ,
        f"POST {_VERSION}/deprecate": Operation.VERSIONS_PUBLISH,
        f"POST {_VERSION}/restore": Operation.VERSIONS_PUBLISH,
        "GET /api/v1/deployments": Operation.DEPLOYMENTS_READ,
        "POST /api/v1/deployments": Operation.DEPLOYMENTS_WRITE,
        f"GET {_DEPLOYMENT}": Operation.DEPLOYMENTS_READ,
        f"GET {_DEPLOYMENT}/releases": Operation.DEPLOYMENTS_READ,
        f"POST {_DEPLOYMENT}/promote": Operation.DEPLOYMENTS_WRITE,
        f"POST {_DEPLOYMENT}/rollback": Operation.DEPLOYMENTS_WRITE,
        "POST /api/v1/run/{prompt_alias}": Operation.RUNS_RUN,
        "GET /api/v1/runs": Operation.RUNS_READ,
        "DELETE /api/v1/runs": Operation.RUNS_MANAGE,
        "GET /api/v1/runs/export": Operation.RUNS_READ,
        "GET /api/v1/runs/live": Operation.RUNS_READ,
        f"GET {_RUN}": Operation.RUNS_READ_OWN,
        f"DELETE {_RUN}": Operation.RUNS_RUN,
        f"GET {_RUN}/events": Operation.RUNS_READ_OWN,
        f"GET {_RUN}/feedback": Operation.RUNS_READ_OWN,
        f"POST {_RUN}/feedback": Operation.RUNS_RUN,
        f"PATCH {_RUN}/feedback/{{feedback}}": Operation.RUNS_RUN,
        f"DELETE {_RUN}/feedback/{{feedback}}": Operation.RUNS_RUN,
        f"DELETE {_RUN}/record": Operation.RUNS_MANAGE,
        "GET /api/v1/run-settings": Operation.RUNS_READ,
        "PUT /api/v1/run-settings": Operation.RUNS_MANAGE,
        "GET /api/v1/usage": Operation.RUNS_READ,
        "GET /api/v1/usage/export": Operation.RUNS_READ,
        "GET /api/v1/usage/series": Operation.RUNS_READ,
    }
)


def scopes_of(named: Iterable[Scope]) -> frozenset[Scope]:
    """The scopes that a key has by those that it was given."""
    return frozenset(implied for scope in named for implied in IMPLIED[scope])


def allows(scopes: frozenset[Scope], operation: Operation) -> bool:
    """Whether who has these scopes may do this."""
    return not scopes.isdisjoint(RULES[operation].scopes)


def operations_of(role: Role) -> list[Operation]:
    """All that a person with this role may do in their project, in the order of the table."""
    return [operation for operation in Operation if allows(ROLE_SCOPES[role], operation)]
