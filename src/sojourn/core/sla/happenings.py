"""What an SLA did to many items, as a stream of events that another SLA can listen to (docs/semantics.md 22)."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from sojourn.core.calendar import Calendar
from sojourn.core.sla import reference
from sojourn.core.sla.batch import NONE, Batch, Coded
from sojourn.core.sla.clock import Verdict
from sojourn.core.sla.columns import Clocks, by_walking
from sojourn.core.sla.cycles import edges, fired
from sojourn.core.sla.policy import Policy
from sojourn.core.sla.signals import Signals, grid_of
from sojourn.core.timeline import Int64Array, Timelines, in_order

KINDS: Final = ("started", "stopped", "reset", "cancelled", "breached")
_CODE: dict[str | None, int] = {kind: number for number, kind in enumerate(KINDS)}
_OF_EVENTS = dict(zip(("start", "stop", "reset", "cancel", "breach"), KINDS, strict=True))


def happenings(policy: Policy, batch: Batch, clocks: Clocks, calendars: Mapping[str, Calendar], as_of_ms: int) -> Coded:
    """The events of all items up to `as_of`, of void cycles too; `clocks` are what the policy shows of them then."""
    grid = grid_of(policy, batch, as_of_ms)
    happened = fired(policy, Signals(batch, grid))
    found = edges(happened, grid)
    walked = by_walking(policy, batch, grid, happened)
    begin, end, kind = found.begins >> 2, found.ends >> 2, found.ends & 3
    stopped = (kind == 1) & found.stops[end]
    ended = np.where(stopped, _CODE["stopped"], np.where(kind == 1, _CODE["reset"], _CODE["cancelled"]))
    late = (clocks.verdict == Verdict.EXCEED) & (clocks.deadline != NONE)
    parts = [
        (grid.item[begin], grid.at[begin], np.full(len(begin), _CODE["started"])),
        (grid.item[end], grid.at[end], ended),
        (
            clocks.item[late],
            np.maximum(clocks.deadline, clocks.start)[late],
            np.full(int(late.sum()), _CODE["breached"]),
        ),
    ]
    item, at, value = (np.concatenate([part[side] for part in parts]) for side in range(3))
    if walked:
        kept = ~np.isin(item, walked)
        rows = _walked(policy, batch, walked, calendars, as_of_ms)
        item, at, value = (np.append(column[kept], more) for column, more in zip((item, at, value), rows, strict=True))
    order = in_order(item, at, len(batch))
    item = item[order]
    return Coded(Timelines(at[order], value[order], np.searchsorted(item, np.arange(len(batch) + 1))), _CODE)


def _walked(
    policy: Policy, batch: Batch, items: list[int], calendars: Mapping[str, Calendar], as_of_ms: int
) -> Int64Array:
    rows = []
    for item in items:
        answer = reference.replay(policy, batch.item(item), calendars, as_of_ms)
        events = [event for cycle in answer.cycles for event in cycle.events]
        events += [event for clock in answer.clocks for event in clock.events if event.kind == "breach"]
        rows += [(item, event.at_ms, _CODE[_OF_EVENTS[event.kind]]) for event in events if event.kind in _OF_EVENTS]
    return np.array(rows, dtype=np.int64).reshape(len(rows), 3).T
