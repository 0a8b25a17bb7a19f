"""An explanation as lines of text."""

from collections.abc import Iterator
from typing import Any

from sojourn.core.instants import utc_text


def lines(told: dict[str, Any]) -> Iterator[str]:
    """The explanation of one work item and one SLA, for people; `told` is its JSON."""
    sla = told["sla"]
    yield f"{told['issue']}: SLA {sla['id']} {sla['name']}, version {sla['version']}"
    yield f"as of {utc_text(told['as_of_ms'])}: {told['state']}"
    yield from (f"not started: {reason}" for reason in told["why_not_started"])
    for clock in told["clocks"]:
        yield ""
        yield from _clock(clock)
    yield from _more(told)


def _clock(clock: dict[str, Any]) -> Iterator[str]:
    until = utc_text(clock["end_ms"]) if clock["end_ms"] is not None else "still open"
    yield f"clock from {utc_text(clock['start_ms'])}, {until}: {clock['state']}, {clock['verdict']}"
    for goal in clock["goals"]:
        name = goal["name"] or goal["jql"] or "all"
        if goal["taken"]:
            yield f"  goal {goal['goal']} ({name}) was taken at {utc_text(goal['as_of_ms'])}"
        elif goal["failed"]:
            yield f"  goal {goal['goal']} ({name}) was not: {' and '.join(goal['failed'])} did not hold"
    if clock["deadline_ms"] is not None:
        percent = f", {clock['percent']} %" if clock["percent"] is not None else ""
        yield f"  goal: {duration(clock['goal_ms'])}{percent}; deadline: {utc_text(clock['deadline_ms'])}"
    for name, times in (("working time", clock["working_ms"]), ("calendar time", clock["calendar_ms"])):
        shown = ", ".join(f"{part} {duration(times[part])}" for part in times if times[part] is not None)
        yield f"  {name}: {shown}"
    yield f"  intervals under the calendar {clock['calendar']} ({clock['tz']}):"
    for part in clock["intervals"]:
        sum_ = f"{part['worked_at_end_ms']} − {part['worked_at_begin_ms']} = {part['working_ms']} ms"
        yield (
            f"    {utc_text(part['begin_ms'])} – {utc_text(part['end_ms'])} {part['counts_as']}: {sum_}; "
            f"so far {duration(part['elapsed_so_far_ms'])}"
        )
    yield "  what happened:"
    yield from (f"    {_event(event)}" for event in clock["events"])
    if clock["next_ms"] is not None:
        yield f"  next: {utc_text(clock['next_ms'])}"


def _event(event: dict[str, Any]) -> str:
    causes = "; ".join(_cause(one) for one in event["by"])
    return f"{utc_text(event['at_ms'])} {event['kind']}{f': {causes}' if causes else ''}"


def _cause(cause: dict[str, Any]) -> str:
    if "who" in cause:
        return f"{cause['rule']} by {cause['who']}{': ' if cause['why'] else ''}{cause['why']}"
    return f"{cause['rule']}, value then: {cause['value'] or 'nothing'}" if "value" in cause else str(cause["rule"])


def _more(told: dict[str, Any]) -> Iterator[str]:
    if told["changed_nothing"]:
        yield "what changed nothing:"
    for one in told["changed_nothing"]:
        yield f"  {utc_text(one['at_ms'])} {one['field']}: {one['from'] or 'nothing'} → {one['to'] or 'nothing'}"
    yield from (f"by hand: {_cause(one)}" for one in told["by_hand"])
    yield from (f"warning: {one}" for one in told["warnings"])


def duration(ms: int) -> str:
    """Hours, minutes, seconds and what is left of a second: `26h 3m 0s`, to the millisecond.

    >>> duration(93_780_005)
    '26h 3m 0.005s'
    """
    sign, ms = ("−" if ms < 0 else ""), abs(ms)
    minutes, rest = divmod(ms, 60_000)
    seconds, left = divmod(rest, 1000)
    return f"{sign}{minutes // 60}h {minutes % 60}m {seconds}{f'.{left:03}' if left else ''}s"
