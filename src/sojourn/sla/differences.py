"""What a recount changes in what is shown, against the clocks that are stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from sojourn.core.sla.batch import NONE
from sojourn.core.sla.clock import State, Verdict
from sojourn.core.sla.columns import Clocks
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.jql.idset import OneOf
from sojourn.sla.counting import Counted
from sojourn.sla.models import Clock
from sojourn.sla.packed import unpacked

_NO_CLOCK = "none"


@dataclass
class Difference:
    """How many work items were looked at, of how many something changes, of how many the verdict, from what to what.

    `issues` are the numbers of those whose verdict changes, as many as were asked for.
    """

    looked_at: int = 0
    changed: int = 0
    verdicts: dict[tuple[str, str], int] = field(default_factory=dict)
    issues: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def verdicts_changed(self) -> int:
        """Of how many work items the verdict changes."""
        return sum(self.verdicts.values())

    def __str__(self) -> str:
        count = self.verdicts_changed
        moves = ", ".join(f"{one} → {other} {many}" for (one, other), many in sorted(self.verdicts.items()))
        told = "1 verdict changes" if count == 1 else f"{count} verdicts change"
        return f"{told}: {moves}" if moves else told


def verdict_of(verdict: int, state: int | None) -> str:
    """The verdict of a clock in a word; `none` where there is no clock."""
    return _NO_CLOCK if state is None else Verdict(verdict).name


@dataclass(frozen=True)
class Stored:
    """What is shown of a work item: the lasting of its last clock and its verdict; `row` is where it is stored."""

    last: tuple[int, ...]
    verdict: str
    row: Clock | None = None


def stored(definition: int, issues: Int64Array, as_of_ms: int) -> dict[int, Stored]:
    """The stored clocks of work items, by work item, with their verdicts as of an instant."""
    rows = list(Clock.objects.filter(OneOf(issues, "issue_id"), definition=definition).exclude(start_ms=None))
    if not rows:
        return {}
    table = unpacked([bytes(row.clocks) for row in rows])
    last = np.flatnonzero(np.diff(table.item, append=-1))
    stays = _stays(table, last)
    late = (table.end[last] == NONE) & (table.deadline[last] != NONE) & (table.deadline[last] < as_of_ms)
    late &= ~_waits(table, last)
    verdicts = np.where(late, Verdict.EXCEED, table.verdict[last]).tolist()
    return {
        row.issue_id: Stored(shown, verdict_of(verdict, row.state), row)
        for row, shown, verdict in zip(rows, stays, verdicts, strict=True)
    }


def _stays(table: Clocks, last: Int64Array) -> Iterator[tuple[int, ...]]:
    """What of the clocks does not change by time passing, but for their verdicts, which go one way only."""
    finished = table.state[last] == State.FINISHED
    columns = [getattr(table, name)[last] for name in ("start", "end", "goal", "goal_ms", "cycles")]
    columns.append(np.where(_waits(table, last), table.elapsed[last], table.deadline[last]))
    columns.append(np.where(finished, table.elapsed[last], 0))
    return zip(*(column.tolist() for column in columns), strict=True)


def _waits(table: Clocks, last: Int64Array) -> BoolArray:
    """Whether a pause may have put the deadline off."""
    return np.asarray((table.state[last] == State.PAUSED) & (table.remaining[last] > 0))


def told(counted: Iterable[Counted]) -> dict[int, Stored]:
    """What is counted of work items, by work item."""
    found: dict[int, Stored] = {}
    for one in counted:
        clocks = one.clocks
        last = np.flatnonzero(np.diff(clocks.item, append=-1))
        issues, verdicts = one.issues[clocks.item[last]].tolist(), clocks.verdict[last].tolist()
        for issue, shown, verdict in zip(issues, _stays(clocks, last), verdicts, strict=True):
            found[issue] = Stored(shown, verdict_of(verdict, 0))
    return found


def compared(before: dict[int, Stored], after: dict[int, Stored], into: Difference, most: int = 0) -> list[Stored]:
    """Those of the earlier ones of which something else is shown later; adds up what changes."""
    changed = []
    for issue in sorted(before.keys() | after.keys()):
        old, new = before.get(issue), after.get(issue)
        words = old.verdict if old else _NO_CLOCK, new.verdict if new else _NO_CLOCK
        if words[0] != words[1]:
            into.verdicts[words] = into.verdicts.get(words, 0) + 1
            if len(into.issues) < most:
                into.issues.append((issue, *words))
        if words[0] != words[1] or (old and new and old.last != new.last):
            into.changed += 1
            changed += [old] if old else []
    return changed
