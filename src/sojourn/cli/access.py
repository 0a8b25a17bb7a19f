"""Commands about who may see and do what: access grant, revoke, give, take, link, join, leave, list."""

from typing import Annotated, Any

import typer

from sojourn.cli.app import AsJson, app, print_json, say, use_store

_HELP = """Who may see which work items, and do what. WHO is a user, or group:NAME.

Examples:

  sojourn access grant ann --site example.atlassian.net --project SUP

  sojourn access give ann analyst

  sojourn access list
"""
access_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(access_app, name="access")

Who = Annotated[str, typer.Argument(help="A user, or group:NAME.")]
User = Annotated[str, typer.Argument(help="A user.")]
Group = Annotated[str, typer.Argument(help="The name of a group.")]
Name = Annotated[str, typer.Argument(help="A role or an area, as docs/access.md lists them.")]
Site = Annotated[str, typer.Option(help="The site of the work items.")]
Ends = Annotated[str, typer.Option(help="For how long, such as 90d. Default: until it is taken back.")]


@access_app.command()
def grant(
    who: Who,
    site: Site,
    project: Annotated[str, typer.Option(help="Only of this project, by key.")] = "",
    level: Annotated[str, typer.Option(help="Those of this security level. Default: those without one.")] = "",
    every_level: Annotated[bool, typer.Option("--every-level", help="Those of every level, and without one.")] = False,
    whose: Annotated[str, typer.Option(help="Only those of which they are the reporter or the assignee.")] = "",
    expires: Ends = "",
) -> None:
    """Let somebody see work items: those of a site or a project without a security level, or as the options say.

    Examples:

      sojourn access grant ann --site Demo

      sojourn access grant group:support --site Demo --project SUP --level Internal --expires 90d
    """
    use_store()
    from datetime import timedelta

    from django.utils import timezone

    from sojourn.access import granting
    from sojourn.core.duration import parse_duration

    place = granting.Place(site, project, level, every_level, whose)
    lifetime = timedelta(milliseconds=parse_duration(expires, path="--expires")) if expires else None
    made = granting.grant(who, place, timezone.now(), "the operator", lifetime)
    say(f"Granted, as number {made.pk}.")


@access_app.command()
def revoke(number: Annotated[int, typer.Argument(help="The grant's number.")]) -> None:
    """Take a grant back, at once.

    Examples:

      sojourn access revoke 7
    """
    use_store()
    from sojourn.access import granting

    granting.take_back(number)
    say("It is taken back.")


@access_app.command()
def give(who: Who, name: Name) -> None:
    """Give a role, in place of the one before, or an area beyond it.

    Examples:

      sojourn access give ann sla-manager

      sojourn access give group:support calendars
    """
    use_store()
    from sojourn.access import granting

    granting.give(who, name)
    say(f"{who} has it now.")


@access_app.command()
def take(who: Who, name: Name) -> None:
    """Take a role or an area away.

    Examples:

      sojourn access take ann calendars
    """
    use_store()
    from sojourn.access import granting

    granting.take(who, name)
    say(f"{who} has it no longer.")


@access_app.command()
def link(
    user: User, account: Annotated[str, typer.Argument(help="The id of the account in Jira.")], site: Site
) -> None:
    """Say who a user is in Jira, for what they may see as reporter or assignee.

    Examples:

      sojourn access link ann 5b10ac8d82e05b22cc7d4ef5 --site example.atlassian.net
    """
    use_store()
    from sojourn.access import granting

    granting.link(user, site, account)
    say(f"{user} is known there now.")


@access_app.command()
def join(user: User, group: Group) -> None:
    """Put a user into a group; one of a new name is made.

    Examples:

      sojourn access join ann support
    """
    use_store()
    from sojourn.access import granting

    granting.join(group, user)
    say(f"{user} is in it now.")


@access_app.command()
def leave(user: User, group: Group) -> None:
    """Take a user out of a group.

    Examples:

      sojourn access leave ann support
    """
    use_store()
    from sojourn.access import granting

    granting.leave(group, user)
    say(f"{user} is in it no longer.")


@access_app.command(name="list")
def list_all(as_json: AsJson = False) -> None:
    """List grants with their numbers, roles and areas, and who is who in Jira.

    Examples:

      sojourn access list
    """
    use_store()
    from sojourn.access import granting

    found: dict[str, list[dict[str, Any]]] = {
        "grants": [
            {
                "number": one.pk,
                "who": one.holder,
                "site": one.site.name,
                "project": one.project.key if one.project else None,
                "level": "every" if one.every_level else one.level.name if one.level else None,
                "whose": one.whose or None,
                "made_by": one.made_by,
                "ends_at": one.ends_at.isoformat(timespec="seconds") if one.ends_at else None,
            }
            for one in granting.listed()
        ],
        "rights": [{"who": one.holder, "name": one.name} for one in granting.rights()],
        "accounts": [
            {"who": one.user.get_username(), "site": one.site.name, "account": one.key} for one in granting.links()
        ],
    }
    if as_json:
        print_json(found)
    for kind, rows in () if as_json else found.items():
        for row in rows:
            told = ", ".join(f"{name} {value}" for name, value in row.items() if name != "who" and value is not None)
            typer.echo(f"{kind[:-1]}\t{row['who']}\t{told}")
