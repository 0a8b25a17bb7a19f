"""What the worker's loops do."""

from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.conf import settings as django_settings

from sojourn import worker
from sojourn.calendars import store
from sojourn.calendars.models import HolidaySet
from sojourn.errors import UserError
from sojourn.history import condense, segments
from sojourn.history.models import Segment
from sojourn.jobs.loops import Turn
from sojourn.jobs.models import Job
from tests.builders import issue
from tests.builders import store as store_items
from tests.calendars.ics import calendar, event
from tests.jobs import kinds
from tests.jobs.working import Clock, ask, turn
from tests.jobs.working import work as work_off
from tests.net.serving import http, listening

pytestmark = pytest.mark.django_db
LOOPS = {loop.name: loop for loop in worker.LOOPS}


def test_every_loop_has_a_name_of_its_own_and_an_interval() -> None:
    assert len(LOOPS) == len(worker.LOOPS)
    assert all(loop.every_s > 0 for loop in worker.LOOPS)


def refresh_at(moment: datetime) -> bool:
    return LOOPS["holiday feeds"].step(Turn("w", lambda: moment, Event(), timedelta(seconds=30)))


def keep(name: str, url: str, read_at: datetime) -> None:
    store.save_holidays(name, [{"date": "2024-01-01"}], store.Feed(url, "UTC", range(2024, 2025), read_at))


def test_feeds_are_read_anew_once_a_day(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    read_at = Clock()()
    with listening(lambda peer: peer.sendall(http(calendar(event("DTSTART;VALUE=DATE:20240501"))))) as listener:
        monkeypatch.setattr(django_settings, "SOJOURN_ALLOW_PRIVATE", (("127.0.0.1", listener.port),))
        keep("Days", f"http://127.0.0.1:{listener.port}/a.ics", read_at)
        assert not refresh_at(read_at + timedelta(hours=23))
        assert not refresh_at(read_at + timedelta(hours=24))
        assert not refresh_at(read_at + timedelta(hours=47))
        assert len(listener.seen) == 1
    assert HolidaySet.objects.get().refreshed_at == read_at + timedelta(hours=24)


def test_a_feed_that_fails_is_told_and_the_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read_at = Clock()()
    with listening(lambda peer: peer.sendall(http(calendar(event("DTSTART;VALUE=DATE:20240501"))))) as listener:
        monkeypatch.setattr(django_settings, "SOJOURN_ALLOW_PRIVATE", (("127.0.0.1", listener.port),))
        keep("A", "http://10.0.0.1/secret.ics", read_at)
        keep("B", f"http://127.0.0.1:{listener.port}/b.ics", read_at)
        with pytest.raises(UserError, match=r"^A was not refreshed: .*not public") as error:
            refresh_at(read_at + timedelta(days=1))
    assert "secret" not in str(error.value)
    assert HolidaySet.objects.get(name="B").refreshed_at == read_at + timedelta(days=1)
    assert HolidaySet.objects.get(name="A").refreshed_at == read_at


@pytest.mark.parametrize(("kind", "arguments", "days"), [(kinds.copy, {"upto": 1}, 1), (kinds.refuse, {}, 30)])
def test_jobs_are_forgotten_a_day_after_they_did_well_and_thirty_after_they_failed(
    kind: Any, arguments: dict[str, int], days: int
) -> None:
    clock = Clock()
    job = ask(kind, clock, **arguments)
    work_off(clock)
    clock.pass_by(days=days)
    LOOPS["old jobs"].step(turn(clock))
    assert Job.objects.filter(pk=job.pk).exists()
    clock.pass_by(seconds=1)
    LOOPS["old jobs"].step(turn(clock))
    assert not Job.objects.exists()


def test_segments_are_made_step_by_step_of_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SHIFT", 1)
    monkeypatch.setattr(condense, "_AT_ONCE", 2)
    store_items(*(issue(f"ABC-{number}") for number in range(9)))
    made = 0
    while LOOPS["segments"].step(turn(Clock())):
        assert Segment.objects.count() == made + 2
        made += 2
    assert made
    assert Segment.objects.count() > made
