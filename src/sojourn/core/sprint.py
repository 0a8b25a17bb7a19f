"""A sprint: which work items it began with, won, lost, completed and left over (docs/semantics.md 41)."""

from dataclasses import dataclass

import numpy as np

from sojourn.core.flow import Moments
from sojourn.core.timeline import BoolArray, Timelines


@dataclass(frozen=True, slots=True)
class Sprint:
    """Of each of n work items what it was to a sprint: bool[n] each.

    Those committed and those added are together all that were in it, and each of them is one of the last four.
    """

    committed: BoolArray
    added: BoolArray
    removed: BoolArray
    finished_before: BoolArray
    completed: BoolArray
    carried_over: BoolArray

    @property
    def members(self) -> BoolArray:
        """Whether it was in the sprint while the sprint ran."""
        return self.committed | self.added


def sprint(memberships: Timelines, inside: BoolArray, found: Moments, begin_ms: int, last_ms: int) -> Sprint:
    """What work items were to the sprint from `begin_ms` to `last_ms`, the last instant that counts.

    `inside` says of each entry of the timelines whether the sprint is in its value; the moments are those that were
    known at `last_ms`. What changes at `begin_ms` itself belongs to what the sprint begins with.
    """
    committed = _at(memberships, inside, begin_ms)
    during = inside & (memberships.at > begin_ms) & (memberships.at <= last_ms)
    came = np.bincount(memberships.item()[during], minlength=len(memberships)) > 0
    member, stayed = committed | came, _at(memberships, inside, last_ms)
    kept = member & stayed
    before = found.finished < begin_ms
    return Sprint(
        committed=committed,
        added=came & ~committed,
        removed=member & ~stayed,
        finished_before=kept & before,
        completed=kept & found.is_finished & ~before,
        carried_over=kept & ~found.is_finished,
    )


def _at(memberships: Timelines, inside: BoolArray, at_ms: int) -> BoolArray:
    """Whether each work item was inside at an instant; what changes at it has happened."""
    happened = np.append(0, np.cumsum(memberships.at <= at_ms))
    count = happened[memberships.offsets[1:]] - happened[memberships.offsets[:-1]]
    latest = memberships.offsets[:-1] + np.maximum(count - 1, 0)
    holding: BoolArray = (count > 0) & inside[latest]
    return holding
