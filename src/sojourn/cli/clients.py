"""Commands about clients of the authorization server: client add, list, remove."""

from typing import Annotated

import typer

from sojourn.cli.app import AsJson, app, print_json, say, use_store

_HELP = """Programs that ask people for access by OAuth 2.0.

Examples:

  sojourn client add "My notebook" --redirect http://127.0.0.1:8765/callback --public

  sojourn client list
"""
client_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(client_app, name="client")


@client_app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the consent page calls it.")],
    redirect: Annotated[list[str], typer.Option(help="Where the code goes, letter for letter. May be repeated.")],
    public: Annotated[bool, typer.Option("--public", help="It cannot keep a secret; it has to use PKCE.")] = False,
) -> None:
    """Register a client; prints its id and, once, its secret.

    Examples:

      sojourn client add Warehouse --redirect https://warehouse.example.com/oauth/callback
    """
    use_store()
    from sojourn.feeds import consents

    made, secret = consents.add_client(name, redirect, public=public)
    if secret:
        say("The secret is shown only now. Keep it as you keep a password.")
    typer.echo(f"client_id\t{made.client_id}")
    if secret:
        typer.echo(f"client_secret\t{secret}")


@client_app.command(name="list")
def list_clients(as_json: AsJson = False) -> None:
    """List the clients, without their secrets.

    Examples:

      sojourn client list
    """
    use_store()
    from sojourn.feeds import consents

    found = [
        {"name": one.name, "client_id": one.client_id, "type": one.client_type, "redirects": one.redirect_uris.split()}
        for one in consents.clients()
    ]
    if as_json:
        print_json(found)
    for row in () if as_json else found:
        typer.echo(f"{row['name']}\t{row['client_id']}\t{row['type']}\t{' '.join(row['redirects'])}")


@client_app.command()
def remove(name: Annotated[str, typer.Argument(help="The client's name.")]) -> None:
    """Forget a client: every token it has is refused from now on.

    Examples:

      sojourn client remove Warehouse
    """
    use_store()
    from sojourn.feeds import consents

    consents.remove_client(name)
    say("It is forgotten.")
