"""The past of projects that are new here: read backwards, window by window, the newest first."""

from collections.abc import Callable, Sequence

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
"""Where so many work items are known to be still to be read, they are read by a process of their own."""

_ENOUGH = 1_000
_MOST = 50 * _ENOUGH
"""Windows hold at least so many work items: few at first, so that something is there at once, then as many again as
are there, since between two windows nothing is read ahead; but not more than may be read twice where a cursor is lost.
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


def read(hand: Hand, states: Sequence[ProjectState], is_enough: Callable[[], bool]) -> bool:
    """Read on in the project whose past is known least; False where nothing is left to read.

    Ends with the window, or after a page of it where `is_enough`.
    """
    left = [state for state in states if not state.is_whole]
    if not left:
        return False
    state = max(
        left, key=lambda state: (state.floor_ms is None, state.is_in_window, state.floor_ms or 0, state.project)
    )
    if not state.is_in_window:
        _begin_window(hand, state)
        _tell(hand, states)
    window = Window(state.project, state.window_ms, state.floor_ms, newest_first=True)
    try:
        if not _read(hand, state, window, states, is_enough):
            return True
    except CursorLost:
        drift.fill(hand, window)
    _end_window(hand, state, drift.complete(hand, window, [state]))
    return True


def _begin_window(hand: Hand, state: ProjectState) -> None:
    left = hand.source.count(Window(state.project, until_ms=state.floor_ms))
    since_ms = None if left <= _FEW else _edge(hand, state)
    with hand.step():
        state.items = left if state.items is None else state.items
        state.window_ms, state.is_in_window, state.cursor, state.last_id = since_ms, True, "", ""
        state.save()


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


def _read(
    hand: Hand, state: ProjectState, window: Window, states: Sequence[ProjectState], is_enough: Callable[[], bool]
) -> bool:
    """Read a window on from its place; False where that was ended before the end of the window."""
    is_long = sum(max((one.items or 0) - one.done, 0) for one in states if not one.is_whole) >= LONG
    for chunk in hand.reading.window(window, state.cursor, state.last_id, is_long=is_long):

        def note(chunk: Chunk = chunk) -> None:
            state.cursor, state.last_id = chunk.cursor, chunk.last_id
            state.done += len(chunk.ids)
            state.save(update_fields=["cursor", "last_id", "done"])
            _tell(hand, states)

        hand.keep(chunk, note)
        if chunk.is_end_of_page and chunk.cursor and is_enough():
            return False
    return True


def _end_window(hand: Hand, state: ProjectState, missed: int) -> None:
    with hand.step():
        state.floor_ms, state.is_whole = state.window_ms, state.window_ms is None
        state.is_in_window, state.window_ms, state.cursor, state.last_id = False, None, "", ""
        state.save()
        drift.note(hand, [state], missed)


def _tell(hand: Hand, states: Sequence[ProjectState]) -> None:
    """How far the past of all projects is read, for who watches."""
    context = hand.context
    context.done = sum(state.done for state in states)
    context.total = sum(max(state.items or 0, state.done) for state in states)
    left = [state.key for state in states if not state.is_whole]
    context.line = f"Reading the past of {', '.join(left[:3])}{' and others' if len(left) > 3 else ''}"
