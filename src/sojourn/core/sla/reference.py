"""The plain way: one work item, instant by instant, with every event. The columns are tested against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from sojourn.core.calendar import Calendar
from sojourn.core.sla.clock import Answer, Clock, Cycle, Event, Extension, Item, Reset, State
from sojourn.core.sla.conditions import Condition
from sojourn.core.sla.firing import causes, fires, holds, instants, stands, value_at
from sojourn.core.sla.policy import OnFinished, Policy, ResetKind
from sojourn.core.sla.reading import Decision, Goals, Stretch, read_clock
from sojourn.core.sla.target import Chosen


def replay(policy: Policy, item: Item, calendars: Mapping[str, Calendar], as_of_ms: int) -> Answer:
    """The cycles and clocks of a work item as they stood at `as_of`.

    Errors: KeyError for a calendar that is not handed in; UserError for instants beyond the year 9999.
    """
    cycles, told = retold(policy, item, calendars, as_of_ms)
    clocks = tuple(one.clock for one in told)
    return Answer(clocks[-1].state if clocks else State.NOT_STARTED, cycles, clocks)


class Told(NamedTuple):
    """A clock with what each stretch of its time counted as, and what its target was made of from when on."""

    clock: Clock
    stretches: tuple[Stretch, ...]
    decisions: tuple[Decision, ...]


def retold(
    policy: Policy, item: Item, calendars: Mapping[str, Calendar], as_of_ms: int
) -> tuple[tuple[Cycle, ...], tuple[Told, ...]]:
    """The same with all that makes it so: the cycles, void ones too, and the clocks. Errors as of `replay`."""
    walk = _Walk(policy, item, as_of_ms)
    for at_ms in instants(item, as_of_ms):
        walk.step(at_ms)
    return tuple(walk.cycles), tuple(_clock(walk, chosen, calendars) for chosen in _counted(policy, walk.cycles))


def _counted(policy: Policy, cycles: list[Cycle]) -> list[list[Cycle]]:
    """The cycles of each clock (docs/semantics.md 26)."""
    valid = [cycle for cycle in cycles if not cycle.void]
    if not valid:
        return []
    match policy.cycles:
        case "first":
            return [valid[:1]]
        case "last":
            return [valid[-1:]]
        case "each":
            return [[cycle] for cycle in valid]
    return [valid]


@dataclass
class _Walk:
    """The state machine. `chosen` is, per instant of an open cycle, what the target was made of then."""

    policy: Policy
    item: Item
    as_of_ms: int
    cycles: list[Cycle] = field(default_factory=list)
    chosen: dict[int, Chosen] = field(default_factory=dict)
    extensions: dict[int, list[Extension]] = field(default_factory=dict)

    @property
    def open(self) -> Cycle | None:
        return self.cycles[-1] if self.cycles and self.cycles[-1].end_ms is None else None

    def step(self, at_ms: int) -> None:
        """All that happens at one instant, in the order of docs/semantics.md 24."""
        policy, item = self.policy, self.item
        self._start(at_ms)
        if self.open:
            self._pause(self.open, at_ms)
            self._choose(at_ms)
        if self.open and fires(policy.stop, item, at_ms):
            self._end(self.open, at_ms, "stop", causes(policy.stop, item, at_ms))
        if fires(policy.reset, item, at_ms):
            found = causes(policy.reset, item, at_ms)
            self._reset(at_ms, policy.reset_kind, policy.reset_finished, found)
        for reset in item.by_hand.resets:
            if reset.at_ms == at_ms and self._known(reset):
                self._reset(at_ms, reset.kind, reset.finished, (reset,))
        if self.open and (fires(policy.cancel, item, at_ms) or not self._inside(at_ms)):
            self._end(self.open, at_ms, "cancel", causes(policy.cancel, item, at_ms), void=True)
        self._extend(at_ms)

    def _known(self, done: Reset | Extension) -> bool:
        undone = done.undone_ms is not None and done.undone_ms <= self.as_of_ms
        return done.made_ms <= self.as_of_ms and not undone

    def _goal(self, at_ms: int) -> int | None:
        return 0 if self.item.goal is None else value_at(self.item.goal, at_ms, None)

    def _inside(self, at_ms: int) -> bool:
        scope = self.item.scope is None or value_at(self.item.scope, at_ms, False)
        return at_ms >= self.item.created_ms and scope and self._goal(at_ms) is not None

    def _start(self, at_ms: int) -> None:
        start = self.policy.start
        if self.open or not self._inside(at_ms) or not holds(start, self.item, at_ms):
            return
        if fires(start, self.item, at_ms) or not self._inside(at_ms - 1):
            self._begin(at_ms, causes(start, self.item, at_ms))

    def _begin(self, at_ms: int, found: tuple[object, ...]) -> None:
        self.cycles.append(Cycle(at_ms, events=[Event(at_ms, "start", found)]))
        if holds(self.policy.pause, self.item, at_ms):
            self._log(at_ms, "pause", self.policy.pause)
        self._choose(at_ms)

    def _pause(self, cycle: Cycle, at_ms: int) -> None:
        paused = [event.kind for event in cycle.events if event.kind in ("pause", "resume")][-1:] == ["pause"]
        if holds(self.policy.pause, self.item, at_ms) != paused:
            self._log(at_ms, "resume" if paused else "pause", self.policy.pause)

    def _log(self, at_ms: int, kind: str, condition: Condition) -> None:
        self.cycles[-1].events.append(Event(at_ms, kind, causes(condition, self.item, at_ms)))

    def _choose(self, at_ms: int) -> None:
        """Where no goal matches at the instant of the end, the goal until then counts."""
        goal = self._goal(at_ms)
        if goal is None:
            goal = max(self.chosen.items())[1].goal
        self.chosen[at_ms] = Chosen.at(self.policy.goals[goal], goal, self.item, at_ms)

    def _end(self, cycle: Cycle, at_ms: int, kind: str, found: tuple[object, ...], *, void: bool = False) -> None:
        cycle.end_ms, cycle.void = at_ms, void
        cycle.events.append(Event(at_ms, kind, found))

    def _reset(self, at_ms: int, kind: ResetKind, finished: OnFinished, found: tuple[object, ...]) -> None:
        """Docs/semantics.md 27."""
        running = self.open
        done = [cycle for cycle in self.cycles if cycle.end_ms is not None and not cycle.void]
        if running:
            self._end(running, at_ms, "reset", found, void=True)
        if finished != "nothing":
            for cycle in done:
                cycle.void = True
                cycle.events.append(Event(at_ms, "reset", found))
        again = kind == "restart" if running else bool(done) and finished == "restart"
        if again and self._inside(at_ms) and stands(self.policy.start, self.item, at_ms):
            self._begin(at_ms, found)

    def _extend(self, at_ms: int) -> None:
        for extension in self.item.by_hand.extensions:
            if extension.made_ms == at_ms and self._known(extension) and self.open:
                self.extensions.setdefault(self.open.start_ms, []).append(extension)


def _clock(walk: _Walk, cycles: list[Cycle], calendars: Mapping[str, Calendar]) -> Told:
    last = cycles[-1]
    end_ms = walk.as_of_ms if last.end_ms is None else last.end_ms
    stretches = tuple(_stretches(walk, cycles, end_ms))
    extensions = [one for cycle in cycles for one in walk.extensions.get(cycle.start_ms, [])]
    decisions = [
        Decision(at_ms, chosen, tuple(one for one in extensions if one.made_ms <= at_ms))
        for at_ms, chosen in sorted(walk.chosen.items())
        if any(cycle.start_ms <= at_ms <= (end_ms if cycle.end_ms is None else cycle.end_ms) for cycle in cycles)
    ]
    decisions = [one for before, one in pairwise([None, *decisions]) if one and (not before or not one.same_as(before))]
    if last.end_ms is not None:
        state = State.FINISHED
    else:
        paused = holds(walk.policy.pause, walk.item, instants(walk.item, walk.as_of_ms)[-1])
        state = State.PAUSED if paused else State.RUNNING
    given = Goals(walk.policy.goals, calendars)
    clock = read_clock(cycles, stretches, decisions, given, end_ms, state, walk.policy.critical_percent)
    return Told(clock, stretches, tuple(decisions))


def _stretches(walk: _Walk, cycles: list[Cycle], end_ms: int) -> list[Stretch]:
    """What each stretch of time from the first start to the end counts as."""
    start_ms = cycles[0].start_ms
    edges = [at_ms for at_ms in instants(walk.item, walk.as_of_ms) if start_ms <= at_ms < end_ms]
    found = []
    for begin, end in pairwise([*edges, end_ms]):
        inside = any(cycle.start_ms <= begin and (cycle.end_ms is None or begin < cycle.end_ms) for cycle in cycles)
        if walk.policy.cycles == "all" and not inside:
            found.append(Stretch(begin, end, "gap"))
        else:
            found.append(Stretch(begin, end, "paused" if holds(walk.policy.pause, walk.item, begin) else "running"))
    return found
