"""Commands that read holidays from iCalendar files and addresses."""

import io
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from sojourn.calendars import store
from sojourn.calendars.models import HolidaySet
from tests.calendars.ics import calendar, event
from tests.cli.running import Sojourn
from tests.net.serving import http, listening

pytestmark = pytest.mark.django_db

MAY = event("DTSTART;VALUE=DATE:20240501", name="Labour Day")
EVE = event("DTSTART:20241224T120000", "DTEND:20241225T000000", name="Christmas Eve")


@pytest.fixture
def office(sojourn: Sojourn, tmp_path: Path) -> str:
    week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    path = tmp_path / "Office.json"
    path.write_text(json.dumps({"tz": "Europe/Berlin", "week": week}))
    assert sojourn("calendar", "add", path).code == 0
    return "Office"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "company.ics"
    path.write_bytes(calendar(MAY, EVE))
    return path


def test_holidays_are_shown_before_they_are_imported(
    sojourn: Sojourn, office: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["calendar", "import-ical", office, file, "--years", "2024"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    run = sojourn(*words)
    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("2024-05-01  Labour Day\n2024-12-24  12:00–24:00  Christmas Eve\n")
    assert "Add these 2 holidays to Office as the set company?" in run.err
    assert not HolidaySet.objects.exists()
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert sojourn(*words).code == 0
    christmas_eve = 1_734_998_400_000  # 2024-12-24 00:00 UTC
    assert store.load(office).elapsed(christmas_eve, christmas_eve + 86_400_000) == 3 * 3_600_000
    assert HolidaySet.objects.get().source_url == ""


@pytest.mark.parametrize(
    ("head", "words", "name"),
    [
        ("", [], "company"),
        ("X-WR-CALNAME:Our days\n", [], "Our days"),
        ("X-WR-CALNAME:Our days\n", ["--name", "X"], "X"),
    ],
)
def test_a_set_has_the_name_given_or_its_own_or_the_files(
    sojourn: Sojourn, office: str, file: Path, head: str, words: list[str], name: str
) -> None:
    file.write_bytes(calendar(head, MAY))
    run = sojourn("calendar", "import-ical", office, file, "--years", "2024-2025", "--yes", *words)
    assert (run.code, run.out) == (0, "")
    assert run.err.endswith(f"Office observes {name}: 1 holidays.\n")
    assert store.show(office)["holiday_sets"] == [name]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["7x24", "company.ics"], "'7x24' is built in and cannot be changed"),
        (["No", "company.ics"], "There is no calendar 'No'"),
        (["Office", "no.ics"], "no.ics: cannot be read: No such file or directory"),
        (["Office", "company.ics", "--years", "2023"], "company: there are no holidays in those years"),
        (["Office", "company.ics", "--years", "2024", "--name", " "], "' ': the name of a set has 1 to 255 characters"),
        (["Office", "Office.json"], "Office.json: is not an iCalendar"),
        (["Office", "ftp://a.example/x.ics"], "ftp: only http:// and https:// are called"),
        (["Office", "http://127.0.0.1/x.ics"], "127.0.0.1: has an address that is not public (this machine)"),
        (["Office", "http://169.254.169.254/x"], "169.254.169.254: has an address where a cloud provider keeps"),
    ],
)
def test_what_cannot_be_imported_is_refused_and_nothing_is_changed(
    sojourn: Sojourn, office: str, file: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(file.parent)
    run = sojourn("calendar", "import-ical", "--yes", *words)
    assert (run.code, run.out) == (2, "")
    assert f"sojourn: {message}" in run.err
    assert not HolidaySet.objects.exists()
    assert "holiday_sets" not in store.show(office)


def test_a_set_from_an_address_is_refreshed_a_day_later(sojourn: Sojourn, office: str, settings: LazySettings) -> None:
    answer = http(calendar("X-WR-CALNAME:Feed\n", MAY))
    with listening(lambda peer: peer.sendall(answer)) as listener:
        settings.SOJOURN_ALLOW_PRIVATE = (("127.0.0.1", listener.port),)
        url = f"http://127.0.0.1:{listener.port}/x.ics"
        assert sojourn("calendar", "import-ical", office, url, "--years", "2024", "--yes").code == 0
        assert HolidaySet.objects.get().source_url == url
        run = sojourn("calendar", "refresh")
        assert (run.code, run.out, run.err) == (0, "", "")
        HolidaySet.objects.update(refreshed_at=timezone.now() - timedelta(days=2))
        coming = f"{timezone.now().year + 1}0501"
        answer = http(calendar(event(f"DTSTART;VALUE=DATE:{coming}")))
        run = sojourn("calendar", "refresh")
        assert (run.code, run.out, run.err) == (0, "", "Feed: 2 holidays\n")
        HolidaySet.objects.update(refreshed_at=timezone.now() - timedelta(days=2))
        answer = http(b"", "503 Not now")
        run = sojourn("calendar", "refresh")
        assert (run.code, run.out) == (1, "")
        assert run.err == (
            f"Feed: not refreshed, its 2 holidays stay: http://127.0.0.1:{listener.port}: "
            "answers with status 503; check the address.\n"
        )


def test_a_set_from_an_address_without_a_name_is_called_after_the_host(
    sojourn: Sojourn, office: str, settings: LazySettings
) -> None:
    with listening(http(calendar(MAY))) as listener:
        settings.SOJOURN_ALLOW_PRIVATE = (("localhost", listener.port),)
        url = f"http://localhost:{listener.port}/private.ics"
        assert sojourn("calendar", "import-ical", office, url, "--years", "2024", "--yes").code == 0
    assert store.show(office)["holiday_sets"] == ["localhost"]
