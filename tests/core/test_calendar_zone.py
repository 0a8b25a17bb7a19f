"""Zones as tables: no change of any zone is missed, and the wall clock goes both ways."""

from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo, _zoneinfo, available_timezones

import numpy as np
import pytest

from sojourn.core.calendar import DAY
from sojourn.core.calendar.zone import Zone, offset_at
from tests.core.calendar_help import ms

FIRST, LAST = ms("1970-01-01T00:00"), ms("2100-01-01T00:00")
KEYS = sorted(available_timezones())
Changes = tuple[tuple[int, int], ...]


@cache
def changes(key: str) -> Changes:
    """(instant, offset from then on), from the table and the rule that the database holds, not from looking."""
    zone = _zoneinfo.ZoneInfo.no_cache(key)
    table = [(at * 1000, info.utcoff) for at, info in zip(zone._trans_utc, zone._ttinfos, strict=False)]
    rule = zone._tz_after
    if hasattr(rule, "transitions"):
        since = table[-1][0] if table else FIRST
        for year in range(1971, 2101):
            to_summer, to_winter = (at * 1000 for at in rule.transitions(year))
            tail = [
                (to_summer - rule.std.utcoff // timedelta(milliseconds=1), rule.dst.utcoff),
                (to_winter - rule.dst.utcoff // timedelta(milliseconds=1), rule.std.utcoff),
            ]
            table += sorted(change for change in tail if change[0] > since)
    offsets = [(at, offset // timedelta(milliseconds=1)) for at, offset in table]
    first = zone._tti_before or zone._ttinfos[0]
    before = [first.utcoff // timedelta(milliseconds=1)] + [offset for _, offset in offsets]
    return tuple(change for change, old in zip(offsets, before, strict=False) if change[1] != old)


def test_changes_lie_further_apart_than_we_look() -> None:
    """Over everything that the database knows, not only since 1970."""
    for key in KEYS:
        at = np.array([at for at, _ in changes(key) if at > -(1 << 52)], dtype=np.int64)
        assert (np.diff(at) > 3 * DAY).all(), key


def test_every_change_of_every_zone_is_found() -> None:
    """1970 to 2100, each table once: many keys are other names of the same zone."""
    seen: set[Changes] = set()
    for key in KEYS:
        expected = tuple(change for change in changes(key) if FIRST < change[0] <= LAST)
        if expected in seen:
            continue
        seen.add(expected)
        zone = Zone(key, FIRST, LAST)
        found = zip(zone.since[1:].tolist(), zone.offset[1:].tolist(), strict=True)
        assert tuple(change for change in found if FIRST < change[0] <= LAST) == expected, key
    assert len(seen) > 200


@pytest.mark.parametrize("key", ["Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana"])
def test_wall_clock_and_back(key: str) -> None:
    zone = Zone(key, ms("2011-01-01T00:00"), ms("2013-01-01T00:00"))
    at = np.arange(ms("2011-01-01T00:00"), ms("2013-01-01T00:00"), 607_000)
    local = zone.local(at)
    assert local.tolist() == [moment + offset_at(ZoneInfo(key), moment) for moment in at.tolist()]
    first, last = zone.first_instant(local), zone.last_instant(local)
    assert ((first == at) | (last == at)).all()
    assert (first <= last).all()
    assert (zone.local(first) == local).all()
    assert (zone.local(last) == local).all()


@pytest.mark.parametrize(
    ("key", "wall", "first", "last"),
    [
        ("Europe/Berlin", "2024-03-31T02:30", "2024-03-31T01:00", "2024-03-31T01:00"),
        ("Europe/Berlin", "2024-03-31T03:00", "2024-03-31T01:00", "2024-03-31T01:00"),
        ("Europe/Berlin", "2024-10-27T02:00", "2024-10-27T00:00", "2024-10-27T01:00"),
        ("Europe/Berlin", "2024-10-27T02:30", "2024-10-27T00:30", "2024-10-27T01:30"),
        ("Europe/Berlin", "2024-10-27T03:00", "2024-10-27T02:00", "2024-10-27T02:00"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00", "2011-12-30T10:00"),
        ("America/Havana", "2024-11-03T00:00", "2024-11-03T04:00", "2024-11-03T05:00"),
    ],
)
def test_gaps_and_repeated_hours(key: str, wall: str, first: str, last: str) -> None:
    zone, local = Zone(key, ms(wall), ms(wall)), np.array([ms(wall)])
    assert (zone.first_instant(local)[0], zone.last_instant(local)[0]) == (ms(first), ms(last))
