"""What is handed in about one work item, and what its clocks show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, TypeVar

from sojourn.core.sla.policy import OnFinished, ResetKind

T = TypeVar("T")
Steps = Sequence[tuple[int, T]]
"""A step function: from each instant on, in order, the value holds. Of several at one instant the last one does."""


class State(IntEnum):
    """Where a clock is."""

    NOT_STARTED = 0
    RUNNING = 1
    PAUSED = 2
    FINISHED = 3


class Verdict(IntEnum):
    """How a clock stands to its deadline."""

    STILL = 0
    SUCCESS = 1
    EXCEED = 2


@dataclass(frozen=True, slots=True)
class Reset:
    """A reset made by hand at `made_ms` for the instant `at_ms`; void from `undone_ms` on (docs/semantics.md 27)."""

    at_ms: int
    made_ms: int
    who: str
    why: str
    kind: ResetKind = "restart"
    finished: OnFinished = "nothing"
    undone_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """A deadline extended by hand at `made_ms`, after the old target or from then on (docs/semantics.md 25)."""

    by_ms: int
    made_ms: int
    who: str
    why: str
    basis: Literal["target", "now"] = "target"
    undone_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ByHand:
    """What people did to the clock of one work item."""

    resets: tuple[Reset, ...] = ()
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One work item: nothing of it lies before `created_ms`, and values are Jira ids, None where a field is empty.

    `goal` is the place of the goal that matches, None for none. Where `goal` or `scope` is None, the first goal always
    matches, and the item is always inside.
    """

    created_ms: int
    fields: Mapping[str, Steps[str | None]] = field(default_factory=dict)
    dates: Mapping[str, Steps[int | None]] = field(default_factory=dict)
    events: Mapping[str, Steps[str]] = field(default_factory=dict)
    goal: Steps[int | None] | None = None
    scope: Steps[bool] | None = None
    by_hand: ByHand = ByHand()


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds; `remaining` is None without a deadline."""

    elapsed: int
    paused: int
    remaining: int | None
    overdue: int


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a clock at an instant, and the conditions, or the person, that did it."""

    at_ms: int
    kind: str
    causes: tuple[object, ...] = ()


@dataclass(slots=True)
class Cycle:
    """From a start to a stop, or to what made it void; `end_ms` None while it is open."""

    start_ms: int
    end_ms: int | None = None
    void: bool = False
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock shows: of one cycle, or of several that count as one.

    `goal` is the goal's place, `calendar` the calendar's name; `goal_ms` and `deadline_ms` are None without a target.
    """

    start_ms: int
    end_ms: int | None
    state: State
    verdict: Verdict
    goal: int
    calendar: str
    goal_ms: int | None
    deadline_ms: int | None
    working: Times
    wall: Times
    percent: int | None
    critical: bool
    cycles: int
    events: tuple[Event, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """All cycles of a work item, void ones too, and the clocks that count them: one, but for the rule *each*."""

    state: State
    cycles: tuple[Cycle, ...]
    clocks: tuple[Clock, ...]
