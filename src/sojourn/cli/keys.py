"""Commands about the instance's key: key rotate, key reseal."""

from typing import Annotated

import typer

from sojourn.cli.app import app, say, use_store

_HELP = """The key that seals secrets in the store and signs sessions.

Examples:

  sojourn key rotate

  sojourn key reseal --forget
"""
key_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(key_app, name="key")


@key_app.command()
def rotate() -> None:
    """Put a new key in force; the one before still opens what it sealed.

    Examples:

      sojourn key rotate
    """
    use_store()
    from django.conf import settings

    from sojourn import home
    from sojourn.errors import UserError

    if settings.VALUES["SECRET_KEY"]:
        raise UserError(
            "the key comes from the environment: put another into SECRET_KEY, and this one into SECRET_KEY_FALLBACKS"
        )
    home.rotate(settings.SOJOURN_HOME)
    say("There is a new key. Restart every process of the service, then run `sojourn key reseal --forget`.")


@key_app.command()
def reseal(
    forget: Annotated[bool, typer.Option("--forget", help="Delete older keys from the key file afterwards.")] = False,
) -> None:
    """Seal every secret in the store anew, with the key in force.

    With --forget, sessions and page cursors that older keys signed end.

    Examples:

      sojourn key reseal

      sojourn key reseal --forget
    """
    use_store()
    from django.conf import settings

    from sojourn import home, sealed

    say(f"{sealed.reseal()} secrets are sealed with the key in force.")
    if forget and not settings.VALUES["SECRET_KEY"]:
        say(f"{home.forget(settings.SOJOURN_HOME)} older keys are deleted.")
