"""Commands about definitions of SLAs: sla list, show, publish, remove, export, import."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sojourn.cli.app import AsJson, confirm, now_ms, print_json, say, use_store
from sojourn.cli.sla import sla_app
from sojourn.errors import UserError

if TYPE_CHECKING:
    from sojourn.sla.definitions import By
    from sojourn.sla.models import AppliesTo

_WHO = "the operator"
Number = Annotated[int, typer.Argument(help="The id of the SLA.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Reason = Annotated[str, typer.Option(help="Why, for the log.")]
ForWhat = Annotated[str, typer.Option("--applies-to", help="For which cycles it is published: new, open or all.")]


def _by(why: str) -> "By":
    from sojourn.sla.definitions import By

    return By(_WHO, now_ms(), why)


def _for_what(text: str) -> "AppliesTo":
    from sojourn.sla.models import AppliesTo

    try:
        return AppliesTo(text)
    except ValueError:
        raise UserError(f"--applies-to: new, open or all, not {text!r:.60}") from None


@sla_app.command(name="list")
def list_slas(as_json: AsJson = False) -> None:
    """List the definitions.

    Examples:

      sojourn sla list
    """
    use_store()
    from sojourn.sla import definitions
    from sojourn.sla.shown import definition_as_json
    from sojourn.sla.uses import latest_of

    there = list(definitions.listed())
    last = latest_of(there)
    found = [definition_as_json(one, last[one.pk]) for one in there]
    if as_json:
        print_json(found)
        return
    for one in found:
        state = "draft" if one["published"] is None else f"version {one['published']}"
        switched = "" if one["enabled"] else ", switched off"
        typer.echo(f"{one['id']}\t{one['name']}\t{one['site'] or 'all sites'}\t{state}{switched}")


@sla_app.command()
def show(
    number: Number,
    version: Annotated[int, typer.Option(help="This version. Default: what holds, or the last draft.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Print what an SLA says as the JSON of its policy, or all about the version with --json.

    Examples:

      sojourn sla show 3 > resolution.json

      sojourn sla show 3 --version 2 --json
    """
    use_store()
    from sojourn.sla import definitions
    from sojourn.sla.shown import policy_as_json, version_as_json

    one = definitions.find(number)
    said = definitions.version(one, version) if version else one.published or definitions.latest(one)
    print_json(version_as_json(said) if as_json else policy_as_json(said))


@sla_app.command()
def publish(
    number: Number,
    version: Annotated[int, typer.Option(help="This version. Default: the last one.")] = 0,
    applies_to: ForWhat = "open",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Make a version of an SLA hold; what differs from the version that holds is shown first.

    Examples:

      sojourn sla publish 3

      sojourn sla publish 3 --version 2 --applies-to all --reason "the old goal was agreed"
    """
    use_store()
    from sojourn.sla import definitions
    from sojourn.sla.json_differences import differences

    chosen_for = _for_what(applies_to)
    one = definitions.find(number)
    chosen = definitions.version(one, version) if version else definitions.latest(one)
    if one.published:
        for difference in differences(definitions.content(one.published), definitions.content(chosen)):
            say(difference.text)
    if not yes:
        confirm(f"Publish version {chosen.number} of {one.name} for {applies_to} cycles?")
    made = definitions.publish(number, chosen.number, chosen_for, _by(reason))
    say(f"Version {made.number} of {made.name} holds; its clocks are counted in the background.")


@sla_app.command()
def remove(number: Number, reason: Reason = "", yes: Yes = False) -> None:
    """Show an SLA nowhere from now on; its versions, clocks and log are kept.

    Examples:

      sojourn sla remove 3
    """
    use_store()
    from sojourn.sla import definitions

    one = definitions.find(number)
    if not yes:
        confirm(f"Remove the SLA {one.pk} {one.name}?")
    definitions.remove(number, _by(reason))
    say(f"Removed {one.name}.")


@sla_app.command(name="export")
def export_slas() -> None:
    """Print all calendars and definitions as YAML, to be kept as code.

    Examples:

      sojourn sla export > slas.yaml
    """
    use_store()
    from sojourn.cli.yaml_text import yaml_text
    from sojourn.sla import as_code

    typer.echo(yaml_text(as_code.exported()), nl=False)


@sla_app.command(name="import")
def import_slas(
    file: Annotated[Path, typer.Argument(help="YAML as `sojourn sla export` prints it.")],
    applies_to: ForWhat = "open",
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Save and publish what a file says otherwise than the store; the differences are shown first.

    A definition goes by its name and site. What the file does not name is left alone; importing again changes nothing.

    Examples:

      sojourn sla import slas.yaml --reason "reviewed in July"
    """
    use_store()
    from sojourn.sla import as_code

    chosen_for, by = _for_what(applies_to), _by(reason)
    steps = as_code.planned(_read(file), by.at_ms)
    if not steps:
        say("Nothing differs.")
        return
    as_code.rehearse(steps, chosen_for, by)
    for step in steps:
        for line in step.lines:
            say(line)
    if not yes:
        confirm(f"Change these {len(steps)}?")
    as_code.apply(steps, chosen_for, by)
    say(f"Changed {len(steps)}.")


def _read(file: Path) -> Any:
    from sojourn.cli.yaml_text import read_yaml

    try:
        return read_yaml(file.read_bytes(), str(file))
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from error
