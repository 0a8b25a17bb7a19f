"""Checking a sweep: Jira counts, and where more is there than was read, it is swept for what is lacking."""

from collections.abc import Sequence

from sojourn.jira.failures import CursorLost
from sojourn.jira.models import ProjectState
from sojourn.jira.sync.hand import Hand
from sojourn.jira.window import Window

_SWEEPS = 3
"""How often a window is swept again. What is lacking then is found by the next comparison of all ids."""


def complete(hand: Hand, window: Window, projects: Sequence[ProjectState]) -> int:
    """Read what a sweep of a window has missed; the answer is how many work items that were."""
    missed = 0
    for _ in range(_SWEEPS):
        counted = hand.source.count(window)
        if counted <= hand.there(window, projects).count() + hand.unread():
            break
        found = fill(hand, window)
        if not found:  # Cloud counts about right only
            break
        missed += found
    return missed


def fill(hand: Hand, window: Window) -> int:
    """Sweep a window for what the store lacks of it, and read that; the answer is how much it was."""
    found = 0
    for sweep in range(1, _SWEEPS + 1):
        try:
            for page in hand.source.ids(window):
                found += hand.read(hand.lacking(page.ids, window))
        except CursorLost:
            if sweep == _SWEEPS:
                raise
        else:
            break
    return found


def note(hand: Hand, states: Sequence[ProjectState], missed: int) -> None:
    """Keep, in a step, how much a sweep had missed."""
    if not missed:
        return
    for state in states:
        state.drift, state.drift_at = missed, hand.context.now()
        state.save(update_fields=["drift", "drift_at"])
    hand.context.log(f"A sweep had missed {missed:,} work items; they were read.")
