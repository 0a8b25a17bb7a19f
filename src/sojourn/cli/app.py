"""The root of the command, and what every command shares: errors, the store, what goes to which stream."""

import gc
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from sojourn import __version__
from sojourn.errors import UserError

app = typer.Typer(
    name="sojourn",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_LOCK = 0x536F6A6F75726E  # "Sojourn"
_PATIENCE_S = 600
_NEW_OBJECTS = 50_000
"""How many may be made before garbage is looked for; rows make many and leave none, so Python's 700 only cost time."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def main() -> None:
    """Run the command line. Exit code 0: done; 1: problems were found; 2: wrong use."""
    gc.set_threshold(_NEW_OBJECTS)
    try:
        app()
    except UserError as error:
        fail(str(error), *_pointed(error))
    except Exception as error:
        from django.db import DatabaseError

        if not isinstance(error, OSError | DatabaseError):
            raise
        fail(str(error))


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """How long work items stayed where they were, and whether that was in time.

    Examples:

      sojourn demo

      sojourn import export.jsonl

      sojourn report time-in-status --project SUP --calendar Support
    """
    if version:
        typer.echo(__version__)
        raise typer.Exit


def fail(message: str, *below: str) -> None:
    """Say on stderr, in one line and those below it, what is wrong and end as wrong use."""
    typer.echo("\n".join((f"sojourn: {' '.join(message.split())}", *below)), err=True)
    sys.exit(2)


def _pointed(error: UserError) -> list[str]:
    """Of a query in JQL the line that is wrong, and marks under the place."""
    from sojourn.cli.pointing import pointed
    from sojourn.jql import JqlError

    return pointed(error) if isinstance(error, JqlError) else []


def say(message: str) -> None:
    """Tell a person something; stdout is for answers."""
    typer.echo(message, err=True)


def confirm(question: str) -> None:
    """Ask on stderr; go on only at a yes, and end with 1 at anything else."""
    typer.echo(f"{question} [y/N]: ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort


def now_ms() -> int:
    """The machine's clock, in ms UTC, for commands that use no store."""
    return round(time.time() * 1000)


def print_json(value: Any) -> None:
    """Print an answer for a program."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def allow_private(address: str) -> None:
    """Let this process and those it starts call a private address, beside those of the environment."""
    allowed = os.environ.get("SOJOURN_ALLOW_PRIVATE")
    os.environ["SOJOURN_ALLOW_PRIVATE"] = f"{allowed},{address}" if allowed else address


def use_store() -> None:
    """Set Django up and bring the store's tables up to date; what is loaded by then is no garbage for the rest."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import DatabaseError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sojourn.settings")
    try:
        django.setup()
        if _is_behind():
            with _alone():
                if _is_behind():  # of several processes that start at once, one brings the tables up to date
                    # In a new store these take a third of the time where they come first: there are many, and each
                    # looks at all tables that refer to users.
                    call_command("migrate", "oauth2_provider", verbosity=0)
                    call_command("migrate", verbosity=0)
        _settle_language()
        gc.freeze()
    except DatabaseError as error:
        raise UserError(f"the store cannot be used: {error}") from error
    except ImproperlyConfigured as error:
        raise UserError(f"the settings are wrong: {error}") from error


def _is_behind() -> bool:
    """Whether the store's tables are not those of this version; told by names, as loading migrations takes a while."""
    from django.apps import apps
    from django.db import connection

    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return True
        cursor.execute("SELECT app, name FROM django_migrations")
        done = set(cursor.fetchall())
    return any(
        (one.label, file.stem) not in done
        for one in apps.get_app_configs()
        for file in Path(one.path, "migrations").glob("[0-9]*.py")
    )


def _settle_language() -> None:
    """Make the text index anew where it was made in another language than the setting names."""
    from django.conf import settings

    from sojourn.history.models import Site

    others = Site.objects.exclude(text_language=settings.SOJOURN_TEXT_LANGUAGE)
    if others.exists():
        from sojourn.history.text import renew

        with _alone():
            renew(settings.SOJOURN_TEXT_LANGUAGE)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold a lock of the store, so that no other process changes its tables."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        return
    path = f"{connection.settings_dict['NAME']}.lock"
    with closing(sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
