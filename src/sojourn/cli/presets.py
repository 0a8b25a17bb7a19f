"""Commands about presets: preset list, save, delete."""

from typing import Annotated

import typer

from sojourn.cli.app import AsJson, app, confirm, print_json, say, use_store

_HELP = """Reports with all their options, saved under a name.

Examples:

  sojourn preset save "Support, weekly" --user ann --report time-in-status --option project=SUP

  sojourn preset list --user ann
"""
preset_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(preset_app, name="preset")

Owner = Annotated[str, typer.Option(help="Whose presets.")]


@preset_app.command(name="list")
def list_presets(user: Owner, as_json: AsJson = False) -> None:
    """List the presets that somebody may open, with their numbers.

    Examples:

      sojourn preset list --user ann
    """
    use_store()
    from sojourn.access import granting
    from sojourn.feeds import presets

    found = [
        {"number": one.pk, "name": one.name, "report": one.report, "options": one.options, "version": one.version}
        | {"owner": one.owner.get_username(), "shared_with": presets.shared_with(one)}
        for one in presets.listed(granting.user(user))
    ]
    if as_json:
        print_json(found)
    for row in () if as_json else found:
        typer.echo(f"{row['number']}\t{row['name']}\t{row['report']}\tversion {row['version']}\t{row['owner']}")


@preset_app.command()
def save(
    name: Annotated[str, typer.Argument(help="What it is called; one of that name gets a new version.")],
    user: Owner,
    report: Annotated[str, typer.Option(help="The report, as `sojourn report --list` names it.")] = "time-in-status",
    option: Annotated[list[str] | None, typer.Option(help="NAME=TEXT, such as project=SUP. May be repeated.")] = None,
    share: Annotated[
        list[str] | None, typer.Option(help="everyone, user:NAME, group:NAME or role:NAME. May be repeated.")
    ] = None,
) -> None:
    """Save a report with its options under a name of a user.

    Examples:

      sojourn preset save Weekly --user ann --option project=SUP --option shape=long --share group:support
    """
    use_store()
    from django.db import transaction
    from django.utils import timezone

    from sojourn.access import granting
    from sojourn.feeds import presets

    options: dict[str, list[str]] = {}
    for text in option or ():
        key, _, value = text.partition("=")
        options.setdefault(key.replace("-", "_"), []).append(value)
    account, now = granting.user(user), timezone.now()
    there = presets.listed(account).filter(owner=account, name=name, report=report).first()
    with transaction.atomic():
        if there is None:
            preset = presets.save(account, name, report, options, now)
        else:
            preset = presets.change(there, name, options, now)
        if share is not None:
            presets.share(preset, share)
    say(f"Saved as number {preset.pk}, version {preset.version}.")


@preset_app.command()
def delete(
    number: Annotated[int, typer.Argument(help="The preset's number.")],
    user: Owner,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a preset with its versions; asks first where something hangs on it.

    Examples:

      sojourn preset delete 7 --user ann
    """
    use_store()
    from sojourn.access import granting
    from sojourn.errors import UserError
    from sojourn.feeds import presets

    account = granting.user(user)
    preset = presets.find(account, number)
    if preset.owner != account:
        raise UserError(f"The preset {number} is {preset.owner.get_username()}'s.")
    lost = presets.hanging_on(preset)
    if lost and not yes:
        confirm(f"Delete the preset {preset.name}? It is {', '.join(lost)}.")
    preset.delete()
    say("It is deleted.")
