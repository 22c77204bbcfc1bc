"""The command line: `promptops-server COMMAND`.

Each command imports what it needs when it runs, so that `--help` answers at once.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from promptops_server.core.settings import Settings

_REFUSED = 2
_KEY_NOTE = "This key is shown once:"


def _complain(sentence: str) -> int:
    print(f"promptops-server: {sentence}", file=sys.stderr)
    return _REFUSED


def _settings() -> "Settings":
    from pydantic import ValidationError

    from promptops_server.core.settings import ENV_PREFIX, Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ENV_PREFIX + str(first["loc"][0]).upper()
        raise SystemExit(_complain(f"{name}: {first['msg']}.")) from None


def _settings_beside_up() -> "Settings":
    """The settings, with the database that `up` runs here where no other is named."""
    from promptops_server.embedded.postgres import find_running_database

    settings = _settings()
    if settings.database_url is None and settings.database_url_app is None:
        url = find_running_database(settings.data_dir)
        if url is None:
            sentence = "No database: set PROMPTOPS_DATABASE_URL, or start `promptops-server up`."
            raise SystemExit(_complain(sentence))
        return settings.model_copy(update={"database_url": url})
    return settings


def _up(_: argparse.Namespace) -> int:
    from promptops_server.embedded.supervisor import run_up

    return run_up(_settings())


def _serve(_: argparse.Namespace) -> int:
    from promptops_server.app import create_app
    from promptops_server.core.draining import Draining
    from promptops_server.core.logs import configure_logs
    from promptops_server.core.migrate import MigrationRefused
    from promptops_server.core.secrets import MasterKeyRefused
    from promptops_server.core.serving import check_before_serving, serve

    settings = _settings()
    configure_logs(settings.log_level)
    try:
        asyncio.run(check_before_serving(settings))
        draining = Draining()
        serve(create_app(settings, draining), settings, draining)
    except (MasterKeyRefused, MigrationRefused, ValueError) as refused:
        return _complain(str(refused))
    return 0


def _migrate(_: argparse.Namespace) -> int:
    from promptops_server.core.db import CONNECTION_ERRORS
    from promptops_server.core.migrate import MigrationRefused, migrate

    try:
        before, after = asyncio.run(migrate(_settings()))
    except MigrationRefused as refused:
        return _complain(str(refused))
    except CONNECTION_ERRORS as error:
        return _complain(f"The database does not answer ({type(error).__name__}).")
    print(f"The database is at revision {after}" + (" already." if before == after else "."))
    return 0


def _prepare(_: argparse.Namespace) -> int:
    from promptops_server.core.migrate import MigrationRefused
    from promptops_server.core.secrets import MasterKeyRefused
    from promptops_server.wiring import prepare_installation

    try:
        demo = asyncio.run(prepare_installation(_settings(), with_demo=True))
    except (MasterKeyRefused, MigrationRefused, ValueError) as refused:
        print(refused, file=sys.stderr)
        return _REFUSED
    print(json.dumps(demo))
    return 0


def _demo(_: argparse.Namespace) -> int:
    from promptops_server.core.migrate import MigrationRefused
    from promptops_server.core.secrets import MasterKeyRefused
    from promptops_server.wiring import prepare_installation

    try:
        demo = asyncio.run(prepare_installation(_settings(), with_demo=True))
    except (MasterKeyRefused, MigrationRefused, ValueError) as refused:
        return _complain(str(refused))
    print("The demo project is there. Its API key:")
    print(demo["api_key"] or "(not known any more: promptops-server keys create --project demo)")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    import logging

    from promptops_server.embedded.beside import settings_beside_up
    from promptops_server.wiring import check_installation

    # What is away is told below, in sentences.
    logging.disable(logging.WARNING)
    worst, parts = asyncio.run(check_installation(settings_beside_up(_settings())))
    if arguments.json:
        told = [
            {"name": p.name, "status": p.status, "problem": p.problem, "facts": dict(p.facts)}
            for p in parts
        ]
        print(json.dumps({"status": worst, "parts": told}, indent=2))
    else:
        for part in parts:
            facts = ", ".join(f"{name} {value}" for name, value in part.facts.items())
            print(f"{part.status:<9} {part.name:<12} {facts}".rstrip())
            if part.problem is not None:
                print(f"          {part.problem}")
    return 1 if worst == "down" else 0


def _openapi(_: argparse.Namespace) -> int:
    from promptops_server.app import make_api

    print(json.dumps(make_api().openapi(), indent=2, ensure_ascii=False))
    return 0


def _show_secret(making: "Coroutine[None, None, str]", note: str) -> int:
    """Prints what is made on stdout, alone, so that a script can take it; the note on stderr."""
    from pydantic import ValidationError

    from promptops_server.core.errors import AppError

    try:
        text = asyncio.run(making)
    except ValidationError as error:
        first = error.errors()[0]
        return _complain(f"{first['loc'][0]}: {first['msg']}.")
    except AppError as error:
        return _complain(error.detail)
    print(note, file=sys.stderr)
    print(text)
    return 0


def _keys_create(arguments: argparse.Namespace) -> int:
    from promptops_server.wiring import create_key

    making = create_key(
        _settings_beside_up(),
        project=arguments.project,
        name=arguments.name,
        scopes=arguments.scope,
        requests_per_minute=arguments.requests_per_minute,
    )
    return _show_secret(making, _KEY_NOTE)


def _projects_create(arguments: argparse.Namespace) -> int:
    from promptops_server.wiring import create_project

    making = create_project(_settings_beside_up(), name=arguments.name, slug=arguments.slug)
    return _show_secret(making, _KEY_NOTE)


def _users_link(arguments: argparse.Namespace) -> int:
    from promptops_server.wiring import make_sign_in_link

    making = make_sign_in_link(_settings_beside_up(), project=arguments.project)
    return _show_secret(making, "This link signs in once, within an hour:")


def _users_reset(arguments: argparse.Namespace) -> int:
    from promptops_server.wiring import make_reset_link

    making = make_reset_link(_settings_beside_up(), email=arguments.email)
    return _show_secret(making, "This link sets a new password once, within 24 hours:")


def _users_add(arguments: argparse.Namespace) -> int:
    from promptops_server.wiring import create_user

    making = create_user(
        _settings_beside_up(),
        email=arguments.email,
        name=arguments.name,
        is_admin=arguments.admin,
    )
    return _show_secret(making, "This link sets their password once, within seven days:")


def _users_list(_: argparse.Namespace) -> int:
    from promptops_server.wiring import list_users

    return _show_secret(list_users(_settings_beside_up()), "id, e-mail, name, what is special:")


def _add_users(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    users = commands.add_parser("users", help="Manage people.", description="Manage people.")
    user_commands = users.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "Make a one-time sign-in link for the first administrator and print it."
    link = user_commands.add_parser("link", help=text, description=text)
    link.add_argument(
        "--project", metavar="SLUG", help="also make the administrator an owner of this project"
    )
    link.set_defaults(run=_users_link)
    text = "Make a person and print the link that sets their password, this once."
    new = user_commands.add_parser("add", help=text, description=text)
    new.add_argument("email", metavar="EMAIL", help="their e-mail address")
    new.add_argument("--name", required=True, help="their name")
    new.add_argument("--admin", action="store_true", help="an instance administrator")
    new.set_defaults(run=_users_add)
    text = "Make a link that sets a new password and print it, this once."
    reset = user_commands.add_parser("reset", help=text, description=text)
    reset.add_argument("email", metavar="EMAIL", help="whose password")
    reset.set_defaults(run=_users_reset)
    text = "List the people of this installation."
    user_commands.add_parser("list", help=text, description=text).set_defaults(run=_users_list)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="promptops-server",
        description="PromptOps: write, version, release and run prompts by name.",
        epilog="Settings come from the environment (PROMPTOPS_...): docs/reference/settings.md.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> None:
        commands.add_parser(name, help=text, description=text).set_defaults(run=run)

    add("up", _up, "Run everything: PostgreSQL, Valkey, a local model and the API.")
    add("serve", _serve, "Run one API process against the servers that the settings name.")
    add("migrate", _migrate, "Bring the database to the schema of this release.")
    add("demo", _demo, "Make the demo project, where it is not there yet.")
    add("prepare", _prepare, "Migrate and make the demo project; `up` calls this.")
    text = "Look at every part of this installation, and say what is wrong and what to do."
    doctor = commands.add_parser("doctor", help=text, description=text)
    doctor.add_argument("--json", action="store_true", help="as JSON")
    doctor.set_defaults(run=_doctor)
    add("openapi", _openapi, "Print the OpenAPI document.")
    keys = commands.add_parser("keys", help="Manage API keys.", description="Manage API keys.")
    key_commands = keys.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "Make an API key and print it, this once."
    create = key_commands.add_parser("create", help=text, description=text)
    create.add_argument("--project", required=True, metavar="SLUG", help="the project's slug")
    create.add_argument("--name", default="Command line", help="a name to know the key by")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=["run", "read", "author", "admin"],
        help="what the key may do; may be given several times",
    )
    create.add_argument(
        "--requests-per-minute", type=int, default=600, metavar="N", help="its limit (600)"
    )
    create.set_defaults(run=_keys_create)
    projects = commands.add_parser(
        "projects", help="Manage projects.", description="Manage projects."
    )
    project_commands = projects.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "Make a project and print its first API key, this once."
    create = project_commands.add_parser("create", help=text, description=text)
    create.add_argument("--name", required=True, help="a name for people")
    create.add_argument("--slug", required=True, help="a name for machines")
    create.set_defaults(run=_projects_create)
    _add_users(commands)
    return parser


def main() -> None:
    """Runs the command that the arguments name and exits with its code."""
    arguments = _parser().parse_args()
    run: Callable[[argparse.Namespace], int] = arguments.run
    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
