"""Commands about data feeds: feed api, list, revoke."""

from typing import Annotated, Literal

import typer

from sojourn.cli.app import AsJson, app, print_json, say, use_store

_HELP = """Addresses at which tools read presets.

Examples:

  sojourn feed api on

  sojourn feed list
"""
feed_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(feed_app, name="feed")


@feed_app.command()
def api(state: Annotated[Literal["on", "off"], typer.Argument(help="on or off.")]) -> None:
    """Let data feeds be read, or none.

    Examples:

      sojourn feed api on
    """
    use_store()
    from sojourn.feeds import feeds

    feeds.switch(on=state == "on")
    say(f"Data feeds are {state}.")


@feed_app.command(name="list")
def list_feeds(as_json: AsJson = False) -> None:
    """List everybody's feeds with how their last call ended.

    Examples:

      sojourn feed list
    """
    use_store()
    from django.utils import timezone

    from sojourn.feeds import feeds

    now = timezone.now()
    found = [
        {"id": str(one.pk), "preset": one.preset.name, "dataset": one.dataset, "owner": one.owner.get_username()}
        | {"over": feeds.over(one, now), "last_rows": one.last_rows, "last_problem": one.last_problem}
        | {"last_called_at": one.last_called_at.isoformat(timespec="seconds") if one.last_called_at else None}
        for one in feeds.listed()
    ]
    if as_json:
        print_json(found)
    for row in () if as_json else found:
        called = f"{row['last_rows']} rows at {row['last_called_at']}" if row["last_called_at"] else "not called yet"
        how = row["over"] or row["last_problem"] or called
        typer.echo(f"{row['id']}\t{row['preset']}\t{row['dataset'] or 'report'}\t{row['owner']}\t{how}")


@feed_app.command()
def revoke(number: Annotated[str, typer.Argument(help="The feed's id.")]) -> None:
    """Have a feed refused from now on, with its secrets and tokens.

    Examples:

      sojourn feed revoke 6f1c1a52-3a3f-4a53-9b8e-0c8c2f0e9f11
    """
    use_store()
    from django.utils import timezone

    from sojourn.feeds import feeds

    feeds.revoke(feeds.find(None, number), timezone.now())
    say("It is refused from now on.")
