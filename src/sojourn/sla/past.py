"""The cycles of a work item under one SLA, each by itself: what happened to it, when, by whom and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sojourn.core.sla.clock import Clock, Cycle, Event, Extension, Reset
from sojourn.core.sla.conditions import Created, Happened, Leaf, leaves
from sojourn.core.sla.mapped import all_leaves
from sojourn.core.sla.reference import retold
from sojourn.history.item import steps
from sojourn.history.models import Issue
from sojourn.sla.counting import Counted, count
from sojourn.sla.fields import Fields, names_of
from sojourn.sla.models import Definition
from sojourn.sla.wording import Names, leaf_told

_Authors = Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class PastEvent:
    """What happened: `start`, `pause`, `resume`, `reset`, `cancel`, `stop`, `critical`, `breach`, `target`.

    `who` is None where nobody did it, or nobody is known to have; `why` is a reason that was given, or the rule.
    """

    at_ms: int
    kind: str
    who: str | None
    why: str


@dataclass(frozen=True, slots=True)
class PastCycle:
    """A cycle, and its clock as if it were the only one, None where it became void; `end_ms` None while it is open."""

    start_ms: int
    end_ms: int | None
    clock: Clock | None
    events: tuple[PastEvent, ...]


def cycles_of(issue: Issue, definition: Definition, as_of_ms: int) -> list[PastCycle]:
    """All cycles as of an instant, void ones too, in order; none where the SLA counts nothing. Errors as of `count`."""
    counted = _counted(issue, definition, as_of_ms)
    if counted is None:
        return []
    item = counted.batch.item(0)
    policy = replace(counted.ready.policy, cycles="each")
    cycles, told = retold(policy, item, counted.rule.calendars, as_of_ms)
    clocks = iter(one.clock for one in told)
    reader = _Reader(counted, names_of(issue.site, counted.rule.policy, item), _authors(issue))
    return [reader.cycle(one, None if one.void else next(clocks)) for one in cycles]


def _counted(issue: Issue, definition: Definition, as_of_ms: int) -> Counted | None:
    parts = (one for some in count(Issue.objects.filter(pk=issue.pk), [definition], as_of_ms) for one in some)
    return next((one for one in parts if len(one.issues)), None)


def _authors(issue: Issue) -> _Authors:
    return {
        (one.field, at_ms): author.name
        for one in steps(issue)
        for at_ms, author in zip(one.at, one.author, strict=True)
        if author is not None
    }


@dataclass(frozen=True)
class _Reader:
    """Puts the events of one work item into words."""

    counted: Counted
    names: Names
    authors: _Authors

    def cycle(self, cycle: Cycle, clock: Clock | None) -> PastCycle:
        events = clock.events if clock else tuple(cycle.events)
        return PastCycle(cycle.start_ms, cycle.end_ms, clock, tuple(map(self._event, events)))

    def _event(self, event: Event) -> PastEvent:
        causes = list(self._causes(event))
        who = next((name for name, _ in causes if name), None)
        return PastEvent(event.at_ms, event.kind, who, ", ".join(dict.fromkeys(why for _, why in causes if why)))

    def _causes(self, event: Event) -> Iterator[tuple[str | None, str]]:
        said = dict(zip(all_leaves(self.counted.ready.policy), all_leaves(self.counted.rule.policy), strict=True))
        if event.kind == "resume":  # nothing fires; what held does not hold any more
            for leaf in leaves(self.counted.rule.policy.pause):
                who = self.authors.get((_field(leaf), event.at_ms))
                if who is not None:
                    yield who, f"not any more: {leaf_told(leaf, self.names)}"
        for one in event.causes:
            if isinstance(one, Reset | Extension):
                yield one.who, one.why
            elif isinstance(one, Leaf):
                leaf = said.get(one, one)
                yield self.authors.get((_field(leaf), event.at_ms)), leaf_told(leaf, self.names)


def _field(leaf: Leaf) -> str:
    match leaf:
        case Happened(stream, _):
            return stream
        case Created():
            return ""
    return Fields.plain(leaf.field)
