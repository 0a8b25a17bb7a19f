"""Status history, counts, entrance dates and transitions against a slow, plain evaluation of the rules."""

import itertools
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from sojourn.errors import Refused
from sojourn.history import read
from sojourn.reports import by_value
from tests.builders import change, issue, store
from tests.reports.asking import DAY, HOUR
from tests.reports.plain import (
    CALENDARS,
    START_MS,
    STATUSES,
    Asked,
    ask,
    asked_at_random,
    check_frames,
    counted,
    happened,
    ms,
    random_items,
    rows,
    window_stays,
)

pytestmark = pytest.mark.django_db

NAMES = ("status-history", "status-count", "status-entrance-dates", "transition-count")
MIDDAY, TUESDAY = "2024-01-01T12:00:00.000+0000", "2024-01-02T09:00:00.000+0000"


def at(moment: int | None) -> datetime | None:
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC)


@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_a_status_history_is_the_list_of_stays(calendar: str, worked: Any) -> None:
    items = random_items(11)
    for asked in asked_at_random(11, 15):
        found = rows("status-history", calendar, **asked.options)
        keys = ("issue_key", "value", "entered", "left", "ms", "elapsed_ms", "is_entry", "moved_by", "is_current")
        assert [tuple(row[key] for key in keys) for row in found] == [
            (
                *(item.key, stay.value, at(stay.entered), at(None if stay.current else stay.left)),
                *(worked(stay.entered, stay.left), stay.left - stay.entered, stay.entry, stay.by, stay.current),
            )
            for item in items.values()
            for stay in counted(window_stays(item.status, asked), asked)
        ]


def test_status_counts_and_entrance_dates_are_those_of_the_stays() -> None:
    items = random_items(12)
    for asked in asked_at_random(12, 15):
        want = {}
        for item in items.values():
            for stay in counted(window_stays(item.status, asked), asked):
                entries = want.setdefault((item.key, stay.value), [])
                entries += [at(stay.entered)] if stay.entry else []
        counts = rows("status-count", shape="long", **asked.options)
        assert {(row["issue_key"], row["value"]): row["visits"] for row in counts} == {
            cell: len(entries) for cell, entries in want.items()
        }
        dates = rows("status-entrance-dates", shape="long", **asked.options)
        assert {(r["issue_key"], r["value"]): (r["first_entered"], r["last_entered"], r["visits"]) for r in dates} == {
            cell: ((*entries, None)[0], (None, *entries)[-1], len(entries)) for cell, entries in want.items()
        }
        for given, wide in (
            ({}, {cell: len(entries) for cell, entries in want.items()}),
            ({"entry": "first"}, {cell: min(entries) for cell, entries in want.items() if entries}),
            ({"entry": "last"}, {cell: max(entries) for cell, entries in want.items() if entries}),
        ):
            found = rows("status-entrance-dates" if given else "status-count", **given, **asked.options)
            cells = {(row["issue_key"], name): row[name] for row in found for name in STATUSES}
            assert {cell: value for cell, value in cells.items() if value is not None} == wide
            now = {item.key: happened(item.status, asked) for item in items.values()}
            assert {row["issue_key"]: row["current"] for row in found} == {
                key: entries[-1].value for key, entries in now.items() if entries
            }


def plain_transitions(items: Any, asked: Asked) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], list[str]] = {}
    for item in items.values():
        inside = happened(item.status, asked)
        moves = list(itertools.pairwise(inside))
        if asked.trim[0] is not None:
            moves = [move for move in moves if move[1].at >= asked.trim[0]]
        stays = window_stays(item.status, asked)
        if asked.stop_on_done and any(stay.value == "Done" for stay in stays):
            dones = [place for place, move in enumerate(moves) if move[1].value == "Done"]
            moves = moves[: dones[-1] + 1] if dones else []
        for before, after in moves:
            found.setdefault((before.value, after.value), []).append(item.key)
    return {pair: (len(keys), len(set(keys))) for pair, keys in found.items()}


def test_transitions_are_counted_where_they_happened() -> None:
    items = random_items(13)
    for asked in asked_at_random(13, 25):
        given = {name: text for name, text in asked.options.items() if name != "current"}
        want = plain_transitions(items, asked)
        found = rows("transition-count", **given)
        pairs = {(row["from"], row["to"]): (row["transitions"], row["work_items"]) for row in found}
        assert (pairs, len(pairs)) == (want, len(found))
        wide = rows("transition-count", shape="wide", **given)
        cells = {(row["from"], name): row[name] for row in wide for name in STATUSES if row[name] is not None}
        assert cells == {pair: counts[0] for pair, counts in want.items()}


def test_transitions_of_windows_that_meet_add_up() -> None:
    random_items(14)
    end, total = START_MS + 50 * DAY, Counter[tuple[str, str]]()
    days = [None, *(START_MS + n * DAY for n in (3, 6, 9)), None]
    for trim in itertools.pairwise(days):
        part = rows("transition-count", **Asked(end, trim).options)
        total.update({(row["from"], row["to"]): row["transitions"] for row in part})
    whole = rows("transition-count", **Asked(end).options)
    assert total == {(row["from"], row["to"]): row["transitions"] for row in whole}


def test_visits_are_transitions_and_creations() -> None:
    items = random_items(15)
    given = Asked(START_MS + 50 * DAY).options
    visits = sum(row["visits"] for row in rows("status-count", shape="long", **given))
    assert visits == sum(row["transitions"] for row in rows("transition-count", **given)) + len(items)
    assert visits == len(rows("status-history", **given))


def test_moves_inside_a_group_are_no_transitions_and_end_no_visit() -> None:
    items = random_items(16)
    given = {"status_group": "Work=In progress,Waiting", **Asked(START_MS + 50 * DAY).options}
    for item in items.values():
        for place, one in enumerate(item.status):
            item.status[place] = type(one)(
                one.at, {"In progress": "Work", "Waiting": "Work"}.get(one.value, one.value), one.by
            )
        repeated = [n for n in range(1, len(item.status)) if item.status[n].value == item.status[n - 1].value]
        for place in reversed(repeated):
            del item.status[place]
    asked = Asked(START_MS + 50 * DAY)
    found = rows("transition-count", **given)
    assert {(r["from"], r["to"]): (r["transitions"], r["work_items"]) for r in found} == plain_transitions(items, asked)
    history = rows("status-history", **given)
    assert [(row["issue_key"], row["value"], row["entered"], row["moved_by"]) for row in history] == [
        (item.key, one.value, at(one.at), one.by) for item in items.values() for one in item.status
    ]


@pytest.mark.parametrize("shape", ["wide", "long"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_tell_gives_no_rows_and_batches_change_nothing(
    name: str, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"shape": shape} if name != "status-history" else {}
    assert ask(name, **given).collect().height == 0
    random_items(17, 20)
    assert ask(name, created="2030-01-01..", **given).collect().height == 0
    check_frames(name, **given)
    whole = ask(name, **given).collect()
    assert whole.height
    monkeypatch.setattr(read, "BATCH", 3)
    assert ask(name, **given).collect().equals(whole)


def test_who_moved_it_when_and_in_which_format() -> None:
    moved = change(MIDDAY, "status", "Open", "In progress")
    store(issue("ABC-1", "Done", moved, change(TUESDAY, "status", "In progress", "Done"), duedate="2024-02-01"))
    table = ask("status-history", columns="due", time_format="HoursMinutes", sort="entered:desc")
    assert [column.name for column in table.columns][-4:] == ["is_current", "flags", "time", "due"]
    found = table.printed(table.collect()).to_dicts()
    assert [(row["value"], row["moved_by"], row["time"], row["left"]) for row in found] == [
        ("Done", "Ann", "144h 0m", None),
        ("In progress", "Ann", "21h 0m", datetime(2024, 1, 2, 9, tzinfo=UTC)),
        ("Open", None, "3h 0m", datetime(2024, 1, 1, 12, tzinfo=UTC)),
    ]
    assert found[1]["ms"] == 21 * HOUR


def test_only_the_time_since_the_last_move_counts() -> None:
    moved = change(TUESDAY, "project", "9", "10")
    waited = change(MIDDAY, "status", "Open", "In progress")
    store(issue("ABC-1", "Done", waited, moved, change(TUESDAY, "status", "In progress", "Done")))
    given = {"since_last_move": "true"}
    assert [(r["value"], r["is_entry"]) for r in rows("status-history", **given)] == [("Done", True)]
    assert [(r["from"], r["to"]) for r in rows("transition-count", **given)] == [("In progress", "Done")]


def test_too_many_statuses_for_a_matrix_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    store(issue("ABC-1"), issue("ABC-2", "Done"))
    monkeypatch.setattr(by_value, "MOST_COLUMNS", 1)
    for name in ("transition-count", "status-count", "average-time"):
        with pytest.raises(Refused, match=r"shape: there are 2 .*; ask for shape long"):
            ask(name, shape="wide")


def test_the_notes_speak_of_the_options_a_report_has() -> None:
    lines = " ".join(ask("transition-count").notes.lines)
    assert "current stay" not in lines
    assert "visits" not in lines
    assert "The current stay is left out." in ask("status-history", current="exclude").notes.lines


def test_instants_are_to_the_millisecond() -> None:
    store(issue("ABC-1", "Done", change("2024-01-01T12:00:00.123+0000", "status", "Open", "Done")))
    [row] = [row for row in rows("status-entrance-dates", shape="long") if row["value"] == "Done"]
    assert ms(row["last_entered"]) % 1000 == 123
