"""Time between statuses or dates against the rule walked through for one work item at a time."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sojourn.errors import Refused
from sojourn.history import read
from tests.builders import change, issue, store
from tests.reports.asking import DAY, HOUR
from tests.reports.plain import (
    CALENDARS,
    STATUSES,
    Asked,
    Item,
    Stay,
    ask,
    asked_at_random,
    check_frames,
    declare,
    ms,
    random_items,
    rows,
    window_stays,
)

pytestmark = pytest.mark.django_db

NAME = "time-between-statuses"


def date_of(item: Item, name: str, asked: Asked) -> int | None:
    """The instant of a date, where it lies in the window."""
    at = item.fields[name]
    if name == "due" and at is not None:
        at = ms(datetime.fromisoformat(at).replace(tzinfo=UTC) + timedelta(days=1))
    begin, to = asked.trim
    at = None if at is None else max(at, item.fields["created"])
    if at is None or at > asked.as_of or (begin is not None and at < begin) or (to is not None and at >= to):
        return None
    return at


def visit(entries: list[int], which: str) -> int | None:
    if not entries:
        return None
    return entries[0] if which == "first" else entries[-1]


def start_of(item: Item, stays: list[Stay], asked: Asked, given: dict[str, str]) -> tuple[int | None, int]:
    """The instant, and the number of the stay, of the start; -1 for a date."""
    if given["start"] in ("created", "resolved", "due"):
        return date_of(item, given["start"], asked), -1
    names = given["start"].split(",")
    entries = [place for place, stay in enumerate(stays) if stay.entry and stay.value in names]
    place = visit(entries, given["start_visit"])
    return (None, -1) if place is None else (stays[place].entered, place)


def plain(item: Item, worked: Any, asked: Asked, given: dict[str, str]) -> Any:
    """State, start, stop, working time, paused working time, elapsed time."""
    stays = window_stays(item.status, asked)
    begin, begin_place = start_of(item, stays, asked, given)
    finish: int | None
    if given["stop"] in ("resolved", "due"):
        finish = date_of(item, given["stop"], asked)
        if begin is not None and finish is not None and finish < begin:
            begin = None
    else:
        stops = [place for place, stay in enumerate(stays) if stay.entry and stay.value in given["stop"].split(",")]
        if begin_place >= 0:
            stops = [place for place in stops if place > begin_place]
        elif begin is not None:
            for stay in stays:
                inside = stay.entered < begin and (begin < stay.left or stay.current)
                if inside and stay.value in given["stop"].split(","):
                    return ("not started", *[None] * 5)
            stops = [place for place in stops if stays[place].entered >= begin]
        place = visit(stops, given["stop_visit"])
        finish = None if place is None else stays[place].entered
    if begin is None:
        return ("not started", *[None] * 5)
    end = asked.end if finish is None else finish
    pauses = given["pause"].split(",")
    cuts = [(max(stay.entered, begin), min(stay.left, end)) for stay in stays if stay.value in pauses]
    cuts = [cut for cut in cuts if cut[0] < cut[1]]
    paused, away = sum(worked(*cut) for cut in cuts), sum(cut[1] - cut[0] for cut in cuts)
    state = "finished" if finish is not None else "paused" if stays[-1].value in pauses else "running"
    instants = [None if at is None else datetime.fromtimestamp(at / 1000, UTC) for at in (begin, finish)]
    return (state, *instants, worked(begin, end) - paused, paused, end - begin - away)


STARTS = ("created", "resolved", "due", "Open", "In progress", "Open,Waiting", "Done")
STOPS = ("resolved", "due", "Done", "Waiting,Done", "Open", "In progress")
COLUMNS = ("state", "started", "stopped", "ms", "paused_ms", "elapsed_ms")


@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
@pytest.mark.parametrize("seed", [51, 52])
def test_time_between_is_that_of_the_rule_walked_through(calendar: str, worked: Any, seed: int) -> None:
    items = random_items(seed)
    visits = ("first", "last")
    everything = list(itertools.product(STARTS, STOPS, visits, visits, ("", "Waiting", "In progress,Open")))
    seen = set()
    for asked, one in zip(asked_at_random(seed, 60), random.Random(seed).sample(everything, 60), strict=True):
        given = dict(zip(("start", "stop", "start_visit", "stop_visit", "pause"), one, strict=True))
        plainly = Asked(asked.as_of, asked.trim)
        want = {
            item.key: plain(item, worked, plainly, given)
            for item in items.values()
            if window_stays(item.status, plainly)
        }
        found = rows(NAME, calendar, **given, **plainly.options)
        assert {row["issue_key"]: tuple(row[name] for name in COLUMNS) for row in found} == want, (given, plainly)
        seen |= {row["state"] for row in found}
    assert seen == {"not started", "running", "paused", "finished"}


def test_a_pause_and_what_is_left_are_the_whole_time() -> None:
    random_items(53)
    given = {"start": "created", "stop": "Done", "as_of": "2024-02-20"}
    whole = {row["issue_key"]: row for row in rows(NAME, "Mon-Fri 09-18", **given)}
    for row in rows(NAME, "Mon-Fri 09-18", **given, pause="Waiting,In progress"):
        assert row["ms"] + row["paused_ms"] == whole[row["issue_key"]]["ms"]
        assert row["started"] == whole[row["issue_key"]]["started"]
    parts = [rows(NAME, **given, pause=",".join(name for name in STATUSES if name != kept)) for kept in STATUSES]
    for row in rows(NAME, **given):
        assert row["elapsed_ms"] == sum(
            r["elapsed_ms"] for part in parts for r in part if r["issue_key"] == row["issue_key"]
        )


def test_created_to_done_is_the_time_before_the_first_entry_into_done() -> None:
    items = random_items(54)
    given = {"as_of": "2024-02-20", "stop": "Done"}
    for row in rows(NAME, **given):
        entries = items[row["issue_key"]].status
        done = [entry.at for entry in entries if entry.value == "Done"]
        end = done[0] if done else ms(datetime(2024, 2, 20, tzinfo=UTC))
        assert (row["ms"], row["state"] == "finished") == (end - entries[0].at, bool(done))


def test_the_defaults_are_from_creation_to_the_category_done() -> None:
    declare()
    store(issue("ABC-1", "Done", change("2024-01-01T12:00:00.000+0000", "status", "Open", "Done")), issue("ABC-2"))
    table = ask(NAME, project="ABC", time_format="Hours:Minutes", columns="summary")
    found = table.printed(table.collect()).to_dicts()
    assert [(r["state"], r["ms"], r["time"], r["summary"]) for r in found] == [
        ("finished", 3 * HOUR, "3:00", "About ABC-1"),
        ("running", 7 * DAY, "168:00", "About ABC-2"),
    ]
    assert "From created to the first entry into Done." in table.notes.lines


def test_due_is_the_end_of_that_day_in_the_calendars_zone() -> None:
    berlin = {"tz": "Europe/Berlin", "week": {"mon": [["00:00", "24:00"]]}}
    store(
        issue("ABC-1", duedate="2024-01-02"), issue("ABC-2", duedate="9999-12-31"), issue("ABC-3", duedate="0001-01-01")
    )
    found = rows(NAME, berlin, stop="due")
    assert [(row["state"], row["stopped"]) for row in found] == [
        ("finished", datetime(2024, 1, 2, 23, tzinfo=UTC)),
        ("running", None),
        ("finished", datetime(2024, 1, 1, 9, tzinfo=UTC)),
    ]
    found = rows(NAME, berlin, start="due", stop="Open")
    assert [(row["state"], row["ms"]) for row in found] == [
        ("not started", None),
        ("not started", None),
        ("finished", 0),
    ]


def test_what_is_entered_in_one_instant_is_in_the_order_of_the_changes() -> None:
    noon = "2024-01-01T12:00:00.000+0000"
    store(issue("ABC-1", "Open", change(noon, "status", "Open", "Done"), change(noon, "status", "Done", "Open")))
    there = rows(NAME, start="Done", stop="Open")[0]
    assert (there["state"], there["ms"]) == ("finished", 0)
    assert [row["state"] for row in rows(NAME, start="Open", start_visit="last", stop="Done")] == ["running"]


@pytest.mark.parametrize("given", [{}, {"start": "Open", "pause": "Waiting", "stop": "due"}])
def test_nothing_to_tell_gives_no_rows_and_batches_change_nothing(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(NAME, **given).collect().height == 0
    random_items(55, 20)
    assert ask(NAME, created="2030-01-01..", **given).collect().height == 0
    check_frames(NAME, **given, columns="due")
    whole = ask(NAME, **given, columns="due").collect()
    monkeypatch.setattr(read, "BATCH", 3)
    assert ask(NAME, **given, columns="due").collect().equals(whole)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"start": "nonsense"}, "start: there is no status 'nonsense'; there are: Open"),
        ({"pause": "created"}, "pause: there is no status 'created'"),
        ({"stop": "created"}, "stop: there is no status 'created'"),
        ({"start": "created,Open"}, "start: 'created' is a date; name it alone, or only statuses"),
        ({"stop": "Open,due"}, "stop: 'due' is a date"),
        ({"stop_visit": "second"}, "stop_visit: 'second' is not one of first, last"),
    ],
)
def test_what_is_no_moment_is_refused(given: dict[str, str], message: str) -> None:
    store(issue("ABC-1"))
    with pytest.raises(Refused, match=message):
        ask(NAME, **given)


def test_a_work_item_that_moved_starts_with_its_move_where_that_is_asked_for() -> None:
    moved = change("2024-01-03T09:00:00.000+0000", "project", "9", "10", fieldId="project")
    done = change("2024-01-05T09:00:00.000+0000", "status", "Open", "Done")
    store(issue("ABC-1", "Done", moved, done, duedate="2024-01-01"), issue("ABC-2", "Open"))
    declare()
    for start in ("created", "due"):
        found = {row["issue_key"]: row for row in rows(NAME, start=start, since_last_move="true")}
        assert (found["ABC-1"]["state"], found["ABC-1"]["ms"]) == ("finished", 2 * DAY)
    assert found["ABC-2"]["state"] == "not started"
