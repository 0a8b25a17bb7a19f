"""Time in status against a slow, plain evaluation of the rules, on random histories."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import CATEGORIES, change, issue, store
from tests.reports.asking import DAY, HOUR, rows

pytestmark = pytest.mark.django_db

STATUSES = tuple(CATEGORIES)
START = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday
STEP = timedelta(hours=3)
START_MS = round(START.timestamp() * 1000)
Entries = list[tuple[int, str]]


def random_items(seed: int, count: int) -> dict[str, Entries]:
    """Histories on a coarse grid, so that much happens at one instant; stored, and returned as entries."""
    dice = random.Random(seed)
    found, payloads = {}, []
    for number in range(1, count + 1):
        at = START + dice.randrange(60) * STEP
        now = dice.choice(STATUSES)
        created, entries, changes = at, [(at, now)], []
        for _ in range(dice.randrange(9)):
            at += dice.choice((0, 0, 1, 2, 5, 12, 30)) * STEP
            after = dice.choice(STATUSES)
            changes.append(change(at.isoformat(), "status", now, after))
            if after != now:
                entries.append((at, after))
            now = after
        key = f"ABC-{number}"
        payloads.append({**issue(key, now, *changes, created=created.isoformat()), "id": str(number)})
        found[key] = [(round(moment.timestamp() * 1000), status) for moment, status in entries]
    store(*payloads)
    return found


def nine_to_six(begin: int, end: int) -> int:
    """Working time from Monday to Friday, 09:00 to 18:00 UTC, day by day."""
    total, day = 0, begin // DAY * DAY
    while day < end:
        if (day - START_MS) // DAY % 7 < 5:
            total += max(0, min(end, day + 18 * HOUR) - max(begin, day + 9 * HOUR))
        day += DAY
    return total


def always(begin: int, end: int) -> int:
    return end - begin


RULES = {"sum": sum, "first": lambda one: one[0], "last": lambda one: one[-1], "max": max, "min": min}


def plain(entries: Entries, worked: Any, *, as_of: int, trim: tuple[int | None, int | None], **asked: Any) -> Any:
    """The current status, and by status (ms, elapsed, visits); None where there is no such item in that world."""
    begin, to = trim
    happened = [(at, status) for at, status in entries if at <= as_of and (to is None or at < to)]
    if not happened:
        return None
    end = as_of if to is None else min(as_of, to)
    stays = []
    for number, (at, status) in enumerate(happened):
        is_last = number == len(happened) - 1
        left = end if is_last else happened[number + 1][0]
        if begin is None or at >= begin:
            stays.append((at, left, status, True, is_last))
        elif left > begin or is_last:
            stays.append((begin, max(begin, left), status, False, is_last))
    if asked["stop_on_done"] == "true" and any(stay[2] == "Done" for stay in stays):
        stays = stays[: max(n for n, stay in enumerate(stays) if stay[2] == "Done")]
    if asked["current"] == "exclude":
        stays = [stay for stay in stays if not stay[4]]
    found = {}
    for status in {stay[2] for stay in stays}:
        mine = [stay for stay in stays if stay[2] == status]
        rule = RULES[asked["visits"]]
        ms = rule([worked(stay[0], stay[1]) for stay in mine])
        found[status] = (ms, rule([stay[1] - stay[0] for stay in mine]), sum(stay[3] for stay in mine))
    return happened[-1][1], found


def text(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


MOMENTS = [START_MS + days * DAY for days in (3, 9, 40)]
TRIMS = [(None, None), (2, None), (None, 7), (2, 7), (2, 2.125)]


@pytest.mark.parametrize(("calendar", "worked"), [("7x24", always), ("Mon-Fri 09-18", nine_to_six)])
@pytest.mark.parametrize("seed", [1, 2])
def test_any_options_agree_with_the_rules_evaluated_plainly(seed: int, calendar: str, worked: Any) -> None:
    items = random_items(seed, 40)
    everything = list(itertools.product(MOMENTS, TRIMS, RULES, ("include", "exclude"), ("false", "true")))
    for as_of, days, visits, current, stop_on_done in random.Random(seed).sample(everything, 50):
        trim = tuple(None if day is None else START_MS + round(day * DAY) for day in days)
        said = "..".join("" if at is None else text(at) for at in trim)
        asked = {"current": current, "stop_on_done": stop_on_done, "visits": visits}
        options = {**asked, "as_of": text(as_of), **({"trim": said} if said != ".." else {})}
        want = {key: plain(entries, worked, as_of=as_of, trim=trim, **asked) for key, entries in items.items()}
        wide = {
            row["issue_key"]: (row["current"], {name: row[name] for name in STATUSES if row[name] is not None})
            for row in rows(calendar, **options)
        }
        assert wide == {
            key: (found[0], {status: cell[0] for status, cell in found[1].items()})
            for key, found in want.items()
            if found is not None
        }, options
        long = {
            (row["issue_key"], row["value"]): (row["ms"], row["elapsed_ms"], row["visits"], row["is_current"])
            for row in rows(calendar, shape="long", **options)
        }
        assert long == {
            (key, status): (*cell, status == found[0])
            for key, found in want.items()
            if found is not None
            for status, cell in found[1].items()
        }, options


def test_stays_add_up_to_the_age_of_a_work_item() -> None:
    items = random_items(3, 40)
    as_of = START_MS + 50 * DAY
    for row in rows(as_of=text(as_of)):
        assert sum(row[name] or 0 for name in STATUSES) == as_of - items[row["issue_key"]][0][0]


def test_splitting_a_window_changes_neither_sums_nor_visits() -> None:
    random_items(4, 40)
    as_of, middle = text(START_MS + 50 * DAY), text(START_MS + 6 * DAY)
    whole = rows(shape="long", as_of=as_of)
    parts = rows(shape="long", as_of=as_of, trim=f"..{middle}") + rows(shape="long", as_of=as_of, trim=f"{middle}..")
    for row in whole:
        mine = [part for part in parts if (part["issue_key"], part["value"]) == (row["issue_key"], row["value"])]
        for number in ("ms", "elapsed_ms", "visits"):
            assert sum(part[number] for part in mine) == row[number], (row, number)
