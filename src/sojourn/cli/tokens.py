"""Commands about personal access tokens: token create, list, revoke."""

from typing import Annotated

import typer

from sojourn.cli.app import AsJson, app, print_json, say, use_store

_HELP = """Tokens with which programs ask the REST API in the name of a user.

Examples:

  sojourn token create --user ann

  sojourn token list
"""
token_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(token_app, name="token")


@token_app.command()
def create(
    user: Annotated[str, typer.Option(help="The user in whose name the token asks.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read (default), write, sla:read or sla:write. May be repeated."),
    ] = None,
    expires: Annotated[str, typer.Option(help="How long it holds, such as 90d or 12h. Default: until revoked.")] = "",
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Make a token and print it on stdout, once: only a hash of it is kept.

    Examples:

      sojourn token create --user ann --expires 90d

      sojourn token create --user ann --scope read --scope write > token.txt

      sojourn token create --user ann --scope sla:read --scope sla:write
    """
    use_store()
    from datetime import timedelta

    from django.utils import timezone

    from sojourn.access import tokens
    from sojourn.core.duration import parse_duration

    lifetime = timedelta(milliseconds=parse_duration(expires, path="--expires")) if expires else None
    token = tokens.create(user, scope or ["read"], timezone.now(), lifetime, label)
    say("This token is shown only now. Keep it as you keep a password.")
    typer.echo(token)


@token_app.command(name="list")
def list_tokens(as_json: AsJson = False) -> None:
    """List the tokens by name, without their secrets.

    Examples:

      sojourn token list
    """
    use_store()
    from sojourn.access import tokens

    moments = ("created_at", "expires_at", "revoked_at", "last_used_at")
    found = [
        {"name": one.name, "label": one.label, "user": one.user.get_username(), "scopes": one.scopes}
        | {moment: at.isoformat(timespec="seconds") if (at := getattr(one, moment)) else None for moment in moments}
        for one in tokens.listed()
    ]
    if as_json:
        print_json(found)
    for token in () if as_json else found:
        when = ", ".join(f"{moment[:-3].replace('_', ' ')} {token[moment]}" for moment in moments if token[moment])
        typer.echo(f"{token['name']}\t{token['user']}\t{' '.join(token['scopes'])}\t{when}\t{token['label']}".rstrip())


@token_app.command()
def revoke(name: Annotated[str, typer.Argument(help="The token's name, such as sjn_1a2b3c4d.")]) -> None:
    """Refuse a token from now on.

    Examples:

      sojourn token revoke sjn_1a2b3c4d
    """
    use_store()
    from django.utils import timezone

    from sojourn.access import tokens

    tokens.revoke(name, timezone.now())
    say("It is refused from now on.")
