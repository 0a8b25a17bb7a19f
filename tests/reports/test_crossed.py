"""Status by assignee and the other way round, against a walk through each work item, and their sums."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pytest

from sojourn.history import read
from tests.builders import change, issue, store
from tests.reports.asking import DAY, HOUR
from tests.reports.plain import (
    CALENDARS,
    Asked,
    Item,
    account,
    ask,
    asked_at_random,
    check_frames,
    random_items,
    rows,
    window_stays,
)
from tests.reports.test_against_plain import RULES, START_MS

pytestmark = pytest.mark.django_db

NAMES = ("status-by-assignee", "assignee-by-status")


@dataclass
class Piece:
    """A part of time with one status and one assignee; `place` is that of the stay in the status."""

    pair: tuple[str, str]
    begin: int
    end: int
    entry: bool
    place: int


def pieces(item: Item, asked: Asked) -> list[Piece]:
    """Walk through the changes of both, at one instant those of the status first."""
    statuses, people = window_stays(item.status, asked), window_stays(item.assignee, asked)
    if not statuses:
        return []
    events = [(stay.entered, 0, place) for place, stay in enumerate(statuses)][1:]
    events += [(stay.entered, 1, place) for place, stay in enumerate(people)][1:]
    status, person, before = 0, 0, (-1, -1)
    entry = statuses[0].entry or people[0].entry
    found = [Piece((statuses[0].value, people[0].value), statuses[0].entered, asked.end, entry, 0)]
    for at, kind, place in sorted(events):
        if kind == 1 and before == (at, 0):
            found.pop()  # both change at one instant
        status, person = (place, person) if kind == 0 else (status, place)
        if found:
            found[-1].end = min(found[-1].end, at)
        found.append(Piece((statuses[status].value, people[person].value), at, asked.end, True, status))
        before = (at, kind)
    return found


def kept(item: Item, asked: Asked) -> list[Piece]:
    found = pieces(item, asked)
    current = found[-1:]
    dones = [place for place, stay in enumerate(window_stays(item.status, asked)) if stay.value == "Done"]
    if asked.stop_on_done and dones:
        found = [piece for piece in found if piece.place < dones[-1]]
    return [piece for piece in found if asked.current == "include" or piece not in current]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_pairs_are_those_of_a_walk_through_each_work_item(calendar: str, worked: Any, name: str) -> None:
    items = random_items(41)
    for number, asked in enumerate(asked_at_random(41, 12)):
        visits = list(RULES)[number % len(RULES)]
        want = {}
        for item in items.values():
            by_pair = defaultdict(list)
            for piece in kept(item, asked):
                by_pair[piece.pair].append(piece)
            now = pieces(item, asked)[-1:]
            for pair, mine in by_pair.items():
                times = RULES[visits]([worked(piece.begin, piece.end) for piece in mine])
                elapsed = RULES[visits]([piece.end - piece.begin for piece in mine])
                entries = sum(piece.entry for piece in mine)
                want[item.key, *pair] = (times, elapsed, entries, [pair] == [piece.pair for piece in now])
        found = rows(name, calendar, visits=visits, **asked.options)
        assert {
            (r["issue_key"], r["status"], r["assignee"]): (r["ms"], r["elapsed_ms"], r["visits"], r["is_current"])
            for r in found
        } == want, asked
        assert len(found) == len(want)


@pytest.mark.parametrize("trim", [(None, None), (2, 7), (5, None)])
@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_pairs_sum_to_both_margins(calendar: str, worked: Any, trim: tuple[int | None, int | None]) -> None:
    random_items(42)
    days = tuple(None if day is None else START_MS + day * DAY for day in trim)
    given = Asked(START_MS + 50 * DAY, (days[0], days[1])).options
    for margin, own in (("time-in-status", "status"), ("assignee-time", "assignee")):
        whole = rows(margin, calendar, shape="long", **given)
        for name in NAMES:
            sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
            for row in rows(name, calendar, **given):
                sums[row["issue_key"], row[own]][0] += row["ms"]
                sums[row["issue_key"], row[own]][1] += row["elapsed_ms"]
            assert sums == {(row["issue_key"], row["value"]): [row["ms"], row["elapsed_ms"]] for row in whole}


def test_with_an_end_at_done_the_statuses_are_still_summed_to() -> None:
    random_items(43)
    given = {"as_of": "2024-02-20", "stop_on_done": "true", "status_group": "Work=In progress,Waiting"}
    sums: dict[Any, int] = defaultdict(int)
    for row in rows("status-by-assignee", **given):
        sums[row["issue_key"], row["status"]] += row["elapsed_ms"]
    whole = rows("time-in-status", shape="long", **given)
    assert sums == {(row["issue_key"], row["value"]): row["elapsed_ms"] for row in whole}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_tell_gives_no_rows_and_batches_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"time_format": "Minutes", "columns": "summary"}
    assert ask(name).collect().height == 0
    random_items(44, 20)
    assert ask(name, created="2030-01-01..", **given).collect().height == 0
    check_frames(name, **given)
    whole = ask(name, **given).collect()
    monkeypatch.setattr(read, "BATCH", 3)
    assert ask(name, **given).collect().equals(whole)


def test_the_two_differ_in_the_order_of_columns_and_rows() -> None:
    taken = change("2024-01-01T10:00:00.000+0000", "assignee", None, "ann")
    begun = change("2024-01-01T12:00:00.000+0000", "status", "Open", "In progress")
    given_back = change("2024-01-01T15:00:00.000+0000", "assignee", "ann", None)
    store(issue("ABC-1", "In progress", taken, begun, given_back))
    store(issue("ABC-2", assignee=account("ann")))
    given = {"as_of": "2024-01-01T16:00Z", "sort": "issue_key"}
    table = ask("status-by-assignee", **given)
    names = "issue_key,issue_id,status_id,status,assignee_id,assignee,ms,elapsed_ms,visits,is_current,flags"
    assert ",".join(column.name for column in table.columns) == names
    assert [(row["status"], row["assignee"], row["ms"] // HOUR) for row in rows("status-by-assignee", **given)] == [
        ("Open", "ann", 2),
        ("Open", "Unassigned", 1),
        ("In progress", "ann", 3),
        ("In progress", "Unassigned", 1),
        ("Open", "ann", 7),
    ]
    found = rows("assignee-by-status", **given)
    assert list(found[0])[2:6] == ["assignee_id", "assignee", "status_id", "status"]
    assert [(row["assignee"], row["status"], row["is_current"]) for row in found] == [
        ("ann", "Open", False),
        ("ann", "In progress", False),
        ("Unassigned", "Open", False),
        ("Unassigned", "In progress", True),
        ("ann", "Open", True),
    ]
