"""The past of projects that are new here: read backwards, window by window, the newest first."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass

from sojourn.history.record import IssueRecord
from sojourn.jira.failures import CursorLost
from sojourn.jira.models import ProjectState
from sojourn.jira.sync import drift
from sojourn.jira.sync.hand import Hand
from sojourn.jira.sync.reading import Chunk
from sojourn.jira.window import Window

_DAY_MS = 86_400_000
_FEW = 2_000
"""So many work items are read as one window, however far back they go."""
LONG = 3_000
"""Where so many work items are known to be still to be read, they are read by processes of their own."""

_ENOUGH = 1_000
_MOST = 50 * _ENOUGH
"""Windows hold at least so many work items: few at first, so that something is there at once, then as many as were
there when the window before began, since each costs some calls; but not more than may be read twice where a cursor is
lost.
"""

_LONGEST_DAYS = 20_000


def begin(hand: Hand, states: Sequence[ProjectState]) -> None:
    """Have projects read anew, as if nothing were known of them: what is in the store stays until then."""
    now_ms = hand.source.now_ms()
    with hand.step():
        for state in states:
            state.swept_to_ms, state.floor_ms, state.is_whole = now_ms, None, False
            state.is_in_window, state.window_ms, state.cursor, state.last_id, state.width_days = False, None, "", "", 1
            state.items, state.done, state.compared_at = None, 0, None
            state.save()


@dataclass(frozen=True, slots=True)
class _Plan:
    """A window that is read next, and how many work items were left before it."""

    window: Window
    left: int


class Past:
    """Reads the past of projects. Make one for a run: it knows what comes next, so that this can be read ahead."""

    def __init__(self, hand: Hand, states: Sequence[ProjectState]) -> None:
        self._hand = hand
        self._states = states
        self._next: _Plan | None = None

    def read(self, is_enough: Callable[[], bool]) -> bool:
        """Read on in the project whose past is known least; False where nothing is left to read.

        Ends with the window, or after a page of it where `is_enough`.
        """
        state = _least_known(self._states)
        if state is None:
            return False
        if not state.is_in_window:
            self._begin_window(state)
            self._tell()
        window = Window(state.project, state.window_ms, state.floor_ms, newest_first=True)
        try:
            if not self._read(state, window, is_enough):
                return True
        except CursorLost:
            drift.fill(self._hand, window)
        self._end_window(state, drift.complete(self._hand, window, [state]))
        return True

    def _begin_window(self, state: ProjectState) -> None:
        plan = self._next
        if plan is None or (plan.window.project, plan.window.until_ms) != (state.project, state.floor_ms):
            plan = _plan(self._hand, state)
        with self._hand.step():
            state.items = plan.left if state.items is None else state.items
            state.window_ms, state.is_in_window, state.cursor, state.last_id = plan.window.since_ms, True, "", ""
            state.save()

    def _read(self, state: ProjectState, window: Window, is_enough: Callable[[], bool]) -> bool:
        """Read a window on from its place; False where that was ended before the end of the window."""
        is_long = sum(max((one.items or 0) - one.done, 0) for one in self._states if not one.is_whole) >= LONG
        self._next = self._after(state) if is_long else None
        then = self._next.window if self._next else None
        for chunk in self._hand.reading.window(window, state.cursor, state.last_id, is_long=is_long, then=then):

            def note(chunk: Chunk[IssueRecord] = chunk) -> None:
                state.cursor, state.last_id = chunk.cursor, chunk.last_id
                state.done += len(chunk.ids)
                state.save(update_fields=["cursor", "last_id", "done"])
                self._tell()

            self._hand.keep(chunk, note)
            if chunk.is_end_of_page and chunk.cursor and is_enough():
                return False
        return True

    def _after(self, state: ProjectState) -> _Plan | None:
        """The window to begin once the one is read that a project is in; None where another is to be read on."""
        ended = copy(state)
        _end(ended)
        following = _least_known([ended if one is state else one for one in self._states])
        if following is None or following.is_in_window:
            return None
        plan = _plan(self._hand, following)
        state.width_days = ended.width_days  # how far back to look first, the next time
        return plan

    def _end_window(self, state: ProjectState, missed: int) -> None:
        with self._hand.step():
            _end(state)
            state.save()
            drift.note(self._hand, [state], missed)

    def _tell(self) -> None:
        """How far the past of all projects is read, for who watches."""
        context = self._hand.context
        context.done = sum(state.done for state in self._states)
        context.total = sum(max(state.items or 0, state.done) for state in self._states)
        left = [state.key for state in self._states if not state.is_whole]
        context.line = f"Reading the past of {', '.join(left[:3])}{' and others' if len(left) > 3 else ''}"


def _least_known(states: Sequence[ProjectState]) -> ProjectState | None:
    """The project whose past is known least; None where all are known."""
    left = [state for state in states if not state.is_whole]
    return max(
        left,
        key=lambda state: (state.floor_ms is None, state.is_in_window, state.floor_ms or 0, state.project),
        default=None,
    )


def _plan(hand: Hand, state: ProjectState) -> _Plan:
    """The window that is next in a project which is in none."""
    left = hand.source.count(Window(state.project, until_ms=state.floor_ms))
    since_ms = None if left <= _FEW else _edge(hand, state)
    return _Plan(Window(state.project, since_ms, state.floor_ms, newest_first=True), left)


def _edge(hand: Hand, state: ProjectState) -> int | None:
    """Where a window begins that holds enough to be worth one; None is with the first work item."""
    enough = min(max(_ENOUGH, state.done), _MOST)
    until_ms = (state.swept_to_ms or 0) if state.floor_ms is None else state.floor_ms
    while state.width_days <= _LONGEST_DAYS:
        since_ms = until_ms - state.width_days * _DAY_MS
        if hand.source.count(Window(state.project, since_ms, state.floor_ms)) >= enough:
            return since_ms
        state.width_days *= 2
    return None


def _end(state: ProjectState) -> None:
    """Note that the window is read that a project is in."""
    state.floor_ms, state.is_whole = state.window_ms, state.window_ms is None
    state.is_in_window, state.window_ms, state.cursor, state.last_id = False, None, "", ""
