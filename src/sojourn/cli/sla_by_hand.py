"""What is done to the clock of one work item: sla reset, extend, by-hand, undo."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from sojourn.cli.app import AsJson, now_ms, print_json, say, use_store
from sojourn.cli.sla import Key, Sla, issue_of, sla_app
from sojourn.cli.sla_definitions import Reason
from sojourn.errors import UserError

_WHO = "the operator"


@sla_app.command()
def reset(
    key: Key,
    sla: Sla,
    at: Annotated[
        str, typer.Option(help="The instant it begins anew, such as 2024-01-31T18:00; now if not given.")
    ] = "",
    reason: Reason = "",
) -> None:
    """Begin a clock anew, for an instant.

    Examples:

      sojourn sla reset SUP-12 --sla 3 --reason "the customer called back"
    """
    use_store()
    from sojourn.reports.options import instant_ms
    from sojourn.sla import by_hand
    from sojourn.sla.definitions import find

    at_ms = instant_ms(at, ZoneInfo("UTC"), "--at") if at else None
    made = by_hand.reset(issue_of(key), find(sla), now_ms=now_ms(), who=_WHO, why=reason, at_ms=at_ms)
    say(f"Reset {made.pk} of SLA {sla} on {key}.")


@sla_app.command()
def extend(
    key: Key,
    by: Annotated[str, typer.Argument(help="Working time, such as 4h or 1d 4h.")],
    sla: Sla,
    from_now: Annotated[bool, typer.Option("--from-now", help="From now on, not after the old target.")] = False,
    reason: Reason = "",
) -> None:
    """Give an open clock more time.

    Examples:

      sojourn sla extend SUP-12 4h --sla 3 --reason "agreed by telephone"
    """
    use_store()
    from sojourn.sla import by_hand
    from sojourn.sla.definitions import find

    issue, definition = issue_of(key), find(sla)
    made = by_hand.extend(issue, definition, by, now_ms=now_ms(), who=_WHO, why=reason, from_now=from_now)
    say(f"Extension {made.pk} of SLA {sla} on {key}.")


@sla_app.command(name="by-hand")
def done_by_hand(key: Key, sla: Sla, as_json: AsJson = False) -> None:
    """List the resets and extensions of a clock, also those that were undone.

    Examples:

      sojourn sla by-hand SUP-12 --sla 3
    """
    use_store()
    from sojourn.sla import by_hand
    from sojourn.sla.definitions import find
    from sojourn.sla.shown import by_hand_as_json

    found = [by_hand_as_json(one) for one in by_hand.done_to(issue_of(key), find(sla))]
    if as_json:
        print_json(found)
        return
    for one in found:
        typer.echo("\t".join(_line(one)))


def _line(one: dict[str, Any]) -> list[str]:
    undone = f"undone {one['undone']} by {one['undone_by']}" if one["undone"] else ""
    return [f"{one['what']} {one['id']}", one["made"], one["who"], one["reason"], undone]


@sla_app.command()
def undo(
    what: Annotated[str, typer.Argument(help="reset or extension")],
    number: Annotated[int, typer.Argument(help="Its number, as `sojourn sla by-hand` tells it.")],
    reason: Reason = "",
) -> None:
    """Undo a reset or an extension: it never was.

    Examples:

      sojourn sla undo extension 7 --reason "the wrong work item"
    """
    use_store()
    from sojourn.sla import by_hand
    from sojourn.sla.models import Extension, Reset

    models: dict[str, type[Reset] | type[Extension]] = {"reset": Reset, "extension": Extension}
    if what not in models:
        raise UserError(f"{what!r:.60}: write reset or extension")
    one = models[what]._default_manager.filter(pk=number).first()
    if one is None:
        raise UserError(f"There is no {what} {number}. `sojourn sla by-hand` lists those of a clock.")
    by_hand.undo(one, now_ms=now_ms(), who=_WHO, why=reason)
    say(f"Undone: {what} {number}.")
