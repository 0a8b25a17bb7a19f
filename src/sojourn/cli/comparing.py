"""`sojourn sla compare`: what an SLA says of cycles beside what Jira Service Management says of them in its field."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from sojourn.cli.app import AsJson, now_ms, print_json, say, use_store
from sojourn.cli.sla import Sla, sla_app
from sojourn.errors import UserError

if TYPE_CHECKING:
    from sojourn.core.sla.clock import Clock
    from sojourn.jira.sla_field import TheirCycle
    from sojourn.sla.models import Definition

_DIFFERENT = ("only ours", "only theirs", "verdict", "stop", "deadline", "elapsed")


@dataclass(frozen=True, slots=True)
class Compared:
    """One cycle of a work item: how the two differ, nothing where they do not, and what each says."""

    key: str
    differ: tuple[str, ...]
    ours: "Clock | None"
    theirs: "TheirCycle | None"


@sla_app.command()
def compare(
    sla: Sla,
    field: Annotated[str, typer.Option(help="The field, such as customfield_10030.")],
    tolerance: Annotated[int, typer.Option(help="How many ms instants and times may differ.", min=0)] = 1000,
    as_json: AsJson = False,
) -> None:
    """Compare the cycles of an SLA with those that Jira Service Management keeps in a field of its own.

    A cycle is compared with the one that starts at the same instant. Of a cycle that is open only its start and its
    deadline are compared: the field says how it stood when it was read. Exit code 1 where some differ.

    Examples:

      sojourn sla compare --sla 3 --field customfield_10030

      sojourn sla compare --sla 3 --field customfield_10030 --tolerance 60000 --json
    """
    use_store()
    from sojourn.sla.definitions import find

    found = list(_compared(find(sla), field, tolerance))
    if not any(one.theirs for one in found):
        raise UserError(f"no work item has cycles in the field {field!r:.60}; Jira's API names it customfield_…")
    different = [one for one in found if one.differ]
    counts = Counter(what for one in different for what in one.differ)
    if as_json:
        alike = len(found) - len(different)
        print_json({"cycles": len(found), "alike": alike, "differ": [_json(one) for one in different]})
    else:
        for one in different:
            typer.echo(f"{one.key}\t{', '.join(one.differ)}\t{_said(one.ours, one.theirs)}")
    say(f"{len(found) - len(different):,} of {len(found):,} cycles are alike.")
    for what in _DIFFERENT:
        if counts[what]:
            say(f"{what}: {counts[what]:,}")
    if different:
        raise typer.Exit(1)


def _compared(definition: "Definition", field: str, tolerance: int) -> Iterator[Compared]:
    from sojourn.history.models import Issue
    from sojourn.history.raw import payloads
    from sojourn.jira.sla_field import cycles_of
    from sojourn.sla.counting import count_cycles

    issues = Issue.objects.filter(deleted_ms=None)
    keys = dict(issues.values_list("pk", "key"))
    ours: dict[int, dict[int, Clock]] = {}
    for some in count_cycles(issues, [definition], now_ms()):
        for one in some:
            for place, item in enumerate(one.clocks.item.tolist()):
                clock = one.clock(place)
                ours.setdefault(int(one.issues[item]), {})[clock.start_ms] = clock
    for number, payload in payloads(issues):
        mine = ours.get(number, {})
        for theirs in cycles_of(payload, field):
            start_ms = _nearest(theirs.start_ms, mine, tolerance)
            same = mine.pop(start_ms) if start_ms is not None else None
            yield Compared(keys[number], _differences(same, theirs, tolerance), same, theirs)
        for clock in mine.values():
            yield Compared(keys[number], ("only ours",), clock, None)


def _nearest(start_ms: int, mine: "dict[int, Clock]", tolerance: int) -> int | None:
    near = min(mine, key=lambda other: abs(other - start_ms), default=None)
    return near if near is not None and abs(near - start_ms) <= tolerance else None


def _differences(ours: "Clock | None", theirs: "TheirCycle", tolerance: int) -> tuple[str, ...]:
    if ours is None:
        return ("only theirs",)

    def apart(one: int | None, other: int | None) -> bool:
        return one is not None and other is not None and abs(one - other) > tolerance

    found = ["deadline"] if apart(ours.deadline_ms, theirs.deadline_ms) else []
    if (ours.end_ms is None) != (theirs.stop_ms is None) or apart(ours.end_ms, theirs.stop_ms):
        found.append("stop")
    if ours.end_ms is not None and theirs.stop_ms is not None:
        is_late = ours.deadline_ms is not None and ours.end_ms > ours.deadline_ms
        found += ["verdict"] if is_late != theirs.breached else []
        found += ["elapsed"] if apart(ours.working.elapsed, theirs.elapsed_ms) else []
    return tuple(found)


def _said(ours: "Clock | None", theirs: "TheirCycle | None") -> str:
    from sojourn.core.instants import utc_text

    def shown(start: int, stop: int | None, deadline: int | None, elapsed: int | None) -> str:
        parts = [utc_text(start), *("–" if at is None else utc_text(at) for at in (stop, deadline))]
        return " ".join((*parts, "–" if elapsed is None else f"{elapsed} ms"))

    mine = shown(ours.start_ms, ours.end_ms, ours.deadline_ms, ours.working.elapsed) if ours else "–"
    other = shown(theirs.start_ms, theirs.stop_ms, theirs.deadline_ms, theirs.elapsed_ms) if theirs else "–"
    return f"ours {mine}; theirs {other}"


def _json(one: Compared) -> dict[str, object]:
    ours, theirs = one.ours, one.theirs
    return {
        "key": one.key,
        "differ": list(one.differ),
        "ours": ours
        and {
            "start_ms": ours.start_ms,
            "stop_ms": ours.end_ms,
            "deadline_ms": ours.deadline_ms,
            "elapsed_ms": ours.working.elapsed,
        },
        "theirs": theirs
        and {
            "start_ms": theirs.start_ms,
            "stop_ms": theirs.stop_ms,
            "deadline_ms": theirs.deadline_ms,
            "elapsed_ms": theirs.elapsed_ms,
        },
    }
