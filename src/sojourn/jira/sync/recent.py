"""The recent: what was updated since the watermark, and what webhooks named."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db import connection

from sojourn.history.models import Issue
from sojourn.history.record import IssueRecord
from sojourn.jira.failures import CursorLost
from sojourn.jira.models import Again, ProjectState
from sojourn.jira.sync import drift
from sojourn.jira.sync.hand import Hand
from sojourn.jira.sync.reading import Chunk
from sojourn.jira.window import Window

OVERLAP_MS = 10 * 60_000
"""How far behind the watermark a sweep begins: Jira's search can be behind for some time."""

_FORGET = "DELETE FROM jira_again WHERE id = %s AND marks = %s AND tries = %s"
_SWEEPS = 3
_AT_ONCE = 500
_RECONCILED = 50


def catch_up(hand: Hand, states: Sequence[ProjectState], *, is_all: bool) -> None:
    """Read what was updated in projects since their watermarks, and move these to Jira's clock at the beginning.

    Where they are all the projects there are, one sweep serves all.
    """
    if not states:
        return
    for group in [list(states)] if is_all else [[state] for state in states]:
        for sweep in range(1, _SWEEPS + 1):
            try:
                missed = _sweep(hand, group, is_all=is_all)
            except CursorLost:
                _forget_place(hand)
                if sweep == _SWEEPS:
                    raise
            else:
                _move_watermarks(hand, group, missed)
                break


def _sweep(hand: Hand, states: list[ProjectState], *, is_all: bool) -> int:
    """Sweep once, from where a run before was killed; the answer is how many work items had been missed."""
    place = _place(hand, states, is_all=is_all)
    window = Window("" if is_all else states[0].project, since_ms=place["since_ms"])
    seen: set[str] = set()
    missed = 0
    for _ in range(_SWEEPS):
        before = len(seen)
        was_begun = bool(place["is_swept"] or place["cursor"] or place["last_id"])
        if not place["is_swept"]:
            _read(hand, window, place, seen)
        missed += len(seen) - before if before else 0
        found_nothing = len(seen) == before  # Cloud counts about right only
        if was_begun or found_nothing or hand.source.count(window) <= len(seen):
            break
        place.update(cursor="", last_id="", is_swept=False)
    return missed + drift.complete(hand, window, states)


def _place(hand: Hand, states: list[ProjectState], *, is_all: bool) -> dict[str, Any]:
    """Where to go on: since when, as of when, and which page."""
    what = "" if is_all else states[0].project
    known = (hand.context.cursor or {}).get("recent")
    if known and known["what"] == what:
        return dict(known)
    since_ms = min(state.swept_to_ms or 0 for state in states) - OVERLAP_MS
    new = {"what": what, "since_ms": since_ms, "began_ms": hand.source.now_ms()}
    return {**new, "cursor": "", "last_id": "", "is_swept": False}


def _read(hand: Hand, window: Window, place: dict[str, Any], seen: set[str]) -> None:
    named = hand.connection.again.order_by("-since").values_list("issue", flat=True)[: 2 * _RECONCILED]
    reconcile = [issue for issue in named if issue.isdecimal()][:_RECONCILED]
    for chunk in hand.reading.window(window, place["cursor"], place["last_id"], reconcile):
        seen.update(chunk.ids)

        def note(chunk: Chunk[IssueRecord] = chunk) -> None:
            is_swept = chunk.is_end_of_page and not chunk.cursor
            place.update(cursor=chunk.cursor, last_id=chunk.last_id, is_swept=is_swept)
            hand.context.cursor = {**(hand.context.cursor or {}), "recent": dict(place)}
            hand.context.line = "Reading what was updated"

        hand.keep(chunk, note)


def _forget_place(hand: Hand) -> None:
    hand.context.cursor = {**(hand.context.cursor or {}), "recent": None}


def _move_watermarks(hand: Hand, states: list[ProjectState], missed: int) -> None:
    began_ms = hand.context.cursor["recent"]["began_ms"]
    with hand.step():
        for state in states:
            state.swept_to_ms = began_ms
            state.save(update_fields=["swept_to_ms"])
        drift.note(hand, states, missed)
        _forget_place(hand)


def work_off(hand: Hand) -> None:
    """Read the work items that are to be read again and are due."""
    due = hand.connection.again.filter(due_at__lte=hand.context.now()).order_by("due_at", "pk")
    while rows := list(due[:_AT_ONCE]):
        ids = _ids(hand, rows)
        left = {row.pk: row for row in rows}
        failing = {ids[row.issue] for row in rows if row.problem and row.issue in ids}
        for chunk in _read_again(hand, sorted(set(ids.values()) - failing), sorted(failing)):
            read = set(chunk.ids)
            done = [left.pop(row.pk) for row in rows if ids.get(row.issue) in read]
            hand.keep(chunk, partial(_forget, done))
        with hand.step():
            _forget(left.values())  # by keys that nobody knows: of new work items, which the next sweep finds


def _read_again(hand: Hand, hinted: list[str], failing: list[str]) -> Iterator[Chunk[IssueRecord]]:
    """Work items by id; each that could not be read before by itself, so that it spoils no other."""
    yield from hand.reading.these(hinted)
    for issue in failing:
        yield from hand.reading.these([issue])


def _ids(hand: Hand, rows: list[Again]) -> dict[str, str]:
    """Jira's ids of the work items that rows name."""
    keys = [row.issue for row in rows if not row.issue.isdecimal()]
    known = Issue.objects.filter(site=hand.connection.site_id, key__in=keys).values_list("key", "jira_id")
    return {row.issue: row.issue for row in rows if row.issue.isdecimal()} | dict(known)


def _forget(rows: Iterable[Again]) -> None:
    """Delete rows that are still what they were before they were read, and that have no new problem."""
    with connection.cursor() as cursor:
        cursor.executemany(_FORGET, [(row.pk, row.marks, row.tries) for row in rows])
