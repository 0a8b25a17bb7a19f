"""Sets of holidays that are read anew: what comes is replaced, what has passed stays, what fails changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sojourn.calendars import refresh, store
from sojourn.calendars.models import HolidaySet
from sojourn.net import Openings
from tests.calendars.ics import calendar, event
from tests.net.serving import Listener, http, listening

pytestmark = pytest.mark.django_db

READ = datetime(2024, 5, 31, 12, tzinfo=UTC)
NEXT_DAY = READ + timedelta(days=1)


class Feed:
    """A calendar server whose text can be changed."""

    answer = http()
    listener: Listener

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.port}/secret.ics"

    @property
    def openings(self) -> Openings:
        return Openings.of([("127.0.0.1", self.listener.port)])

    def tell(self, *dates: str) -> None:
        self.answer = http(calendar(*(event(f"DTSTART;VALUE=DATE:{one.replace('-', '')}", name=one) for one in dates)))


@pytest.fixture
def feed() -> Iterator[Feed]:
    feed = Feed()
    with listening(lambda peer: peer.sendall(feed.answer)) as feed.listener:
        yield feed


def keep(feed: Feed, name: str = "Days", *dates: str, years: range = range(2024, 2025)) -> None:
    given = [{"date": one} for one in dates or ("2024-05-01", "2024-12-25")]
    store.save_holidays(name, given, store.Feed(feed.url, "UTC", years, READ))


def dates(name: str = "Days") -> list[str]:
    return [holiday["date"] for holiday in HolidaySet.objects.get(name=name).holidays]


def run(feed: Feed, now: datetime = NEXT_DAY) -> list[refresh.Refreshed]:
    return list(refresh.refresh(feed.openings, now=now))


def test_days_to_come_are_replaced_and_days_that_have_passed_stay(feed: Feed) -> None:
    keep(feed, "Days", "2024-05-01", "2024-05-31", "2024-06-01", "2024-12-25")
    feed.tell("2024-05-02", "2024-06-02", "2025-01-01")
    assert run(feed) == [refresh.Refreshed("Days", 4)]
    assert dates() == ["2024-05-01", "2024-05-31", "2024-06-02", "2025-01-01"]
    found = HolidaySet.objects.get(name="Days")
    assert (found.first_year, found.last_year, found.refreshed_at) == (2024, 2026, NEXT_DAY)
    assert (found.source_url, found.tz) == (feed.url, "UTC")


def test_today_is_the_day_in_the_zone_of_the_set(feed: Feed) -> None:
    store.save_holidays("Days", [{"date": "2024-06-01"}], store.Feed(feed.url, "Asia/Tokyo", range(2024, 2025), READ))
    feed.tell("2024-06-03")
    run(feed, datetime(2024, 6, 1, 16, tzinfo=UTC))
    assert dates() == ["2024-06-01", "2024-06-03"]


def test_years_that_were_asked_for_are_kept(feed: Feed) -> None:
    keep(feed, years=range(2020, 2031))
    feed.tell("2030-01-01", "2031-01-01")
    run(feed)
    assert dates() == ["2024-05-01", "2030-01-01"]


def test_only_sets_with_an_address_that_were_not_read_for_a_day_are_read(feed: Feed) -> None:
    keep(feed)
    store.save_holidays("By hand", [{"date": "2024-05-01"}])
    feed.tell("2024-12-26")
    assert run(feed, NEXT_DAY - timedelta(seconds=1)) == []
    assert feed.listener.seen == []
    assert [done.name for done in run(feed)] == ["Days"]
    assert run(feed) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (http(b"", "404 Not Found"), "answers with status 404"),
        (http(b"<html>"), "127.0.0.1: is not an iCalendar"),
        (http(calendar(event("DTSTART:soon"))), "127.0.0.1, event 1 (Day), DTSTART: cannot be read"),
        (http(calendar()), "127.0.0.1: has no holidays from 2024 to 2026 any more"),
    ],
)
def test_a_set_that_cannot_be_read_stays_and_the_reason_is_told(feed: Feed, answer: bytes, problem: str) -> None:
    keep(feed, "A")
    keep(feed, "B")
    feed.answer = answer
    for name, done in zip("AB", run(feed), strict=True):
        assert (done.name, done.count) == (name, 2)
        assert problem in done.problem
        assert "secret" not in done.problem
        assert dates(name) == ["2024-05-01", "2024-12-25"]
    assert HolidaySet.objects.filter(refreshed_at=READ).count() == 2
    feed.tell("2024-12-26")
    assert [done.problem for done in run(feed)] == ["", ""]


def test_an_address_that_is_closed_again_is_not_called(feed: Feed) -> None:
    keep(feed)
    [done] = refresh.refresh(Openings(), now=NEXT_DAY)
    assert "not public" in done.problem
    assert feed.listener.seen == []


def test_a_set_that_is_imported_otherwise_forgets_its_address(feed: Feed) -> None:
    keep(feed)
    store.save_holidays("Days", [{"date": "2024-05-01"}])
    assert run(feed) == []
