"""What Jira Service Management says of an SLA in a field of its own: the cycles of a work item."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TheirCycle:
    """A cycle as Jira tells it, in ms; None for what it does not say. `breached` is as of the reading."""

    start_ms: int
    stop_ms: int | None
    deadline_ms: int | None
    elapsed_ms: int | None
    goal_ms: int | None
    breached: bool


def cycles_of(payload: Mapping[str, Any], field: str) -> list[TheirCycle]:
    """The cycles in a field of a work item, in order; none where it holds none."""
    value = (payload.get("fields") or {}).get(field)
    return sorted(_cycles(value), key=lambda one: one.start_ms) if isinstance(value, Mapping) else []


def _cycles(value: Mapping[str, Any]) -> Iterator[TheirCycle]:
    for one in (*(value.get("completedCycles") or ()), value.get("ongoingCycle")):
        start_ms = _number(one, "startTime", "epochMillis")
        if start_ms is not None:
            yield TheirCycle(
                start_ms,
                _number(one, "stopTime", "epochMillis"),
                _number(one, "breachTime", "epochMillis"),
                _number(one, "elapsedTime", "millis"),
                _number(one, "goalDuration", "millis"),
                bool(one.get("breached")),
            )


def _number(one: Any, name: str, part: str) -> int | None:
    found = one.get(name) if isinstance(one, Mapping) else None
    number = found.get(part) if isinstance(found, Mapping) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
