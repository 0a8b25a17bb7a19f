"""How fresh the data of sites is, and who is told: by the watermarks, by what is still read, by what stops it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from sojourn.access import granting
from sojourn.access.granting import Place
from sojourn.api import sites
from sojourn.history import freshness
from sojourn.history.freshness import Fetching, Freshness
from sojourn.history.models import Site
from sojourn.jira.importer import Importer
from sojourn.jira.models import Connection, ProjectState
from sojourn.jira.payload import Reader
from sojourn.sealed import Secret
from tests.api.asking import Ask, content
from tests.api.conftest import ask, bob, reader, signed_in
from tests.builders import issue, store
from tests.cli.conftest import sojourn
from tests.cli.running import Sojourn
from tests.jira.hooked import connected
from tests.jira.syncing import synced
from tests.web.pages import get, text_of

__all__ = ["ask", "bob", "reader", "signed_in", "sojourn"]
NOW_MS = 1_770_000_000_000  # 2026-02-02T02:40:00Z
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
REFUSED = "acme.example.com: refuses the credentials: the API token is wrong; connect again"
WHAT_TO_DO = f"{REFUSED}: sojourn connect --renew acme"
pytestmark = pytest.mark.django_db


def project(connection: Connection, key: str, behind_s: int | None = 0, **more: Any) -> ProjectState:
    swept = None if behind_s is None else NOW_MS - behind_s * 1000
    told = {"project": key, "key": key, "name": f"Project {key}", "swept_to_ms": swept, "is_whole": True, **more}
    return ProjectState.objects.create(connection=connection, **told)


def imported(name: str, at: datetime | None) -> None:
    Importer(Reader(), site=name, now=at).import_values("test", iter([issue("ABC-1")]))


def test_a_site_is_as_fresh_as_its_project_that_is_furthest_behind() -> None:
    connection = connected()
    project(connection, "A", 60)
    project(connection, "B", 600)
    project(connection, "GONE", 9_000, is_seen=False)
    assert freshness.of_sites() == {"acme": Freshness(NOW_MS - 600_000)}


@pytest.mark.parametrize(
    ("state", "percent"),
    [
        ({"items": None, "done": 0}, 0),
        ({"items": 0, "done": 0}, 0),
        ({"items": 300, "done": 2}, 0),
        ({"items": 300, "done": 120}, 40),
        ({"items": 300, "done": 300}, 99),
        ({"items": 300, "done": 900}, 99),
    ],
)
def test_what_is_not_read_whole_is_being_fetched(state: dict[str, Any], percent: int) -> None:
    connection = connected()
    project(connection, "WHOLE")
    project(connection, "PART", is_whole=False, **state)
    assert freshness.of() == Freshness(NOW_MS, (Fetching("PART", percent),))
    assert freshness.of(projects=["WHOLE"]) == Freshness(NOW_MS)


def test_of_a_site_that_was_only_just_connected_nothing_is_known() -> None:
    connection = connected()
    assert freshness.of() == Freshness(None, (Fetching("acme", 0),))
    project(connection, "NEW", None, is_whole=False)
    assert freshness.of() == Freshness(None, (Fetching("NEW", 0),))


def test_a_jira_in_which_nothing_is_seen_is_as_fresh_as_its_last_sync() -> None:
    connected()
    Connection.objects.update(last_ok_at=NOW)
    assert freshness.of() == Freshness(NOW_MS)


def test_an_import_is_as_fresh_as_when_it_began_and_several_sites_as_the_oldest_of_them() -> None:
    imported("Old", NOW - timedelta(days=9))
    imported("Before it was kept", None)
    project(connected(), "A")
    assert freshness.of_sites()["Before it was kept"] == Freshness(None)
    assert freshness.of(["acme"]).as_of_ms == NOW_MS
    assert freshness.of(["acme", "Before it was kept"]).as_of_ms == NOW_MS
    assert freshness.of().as_of_ms == NOW_MS - 9 * 86_400_000
    assert freshness.of(["nowhere"]) == Freshness(None)


@pytest.fixture
def half(bob: Any, signed_in: Client) -> Connection:
    """A site that all may see, of which one project is read to 40 %, and of which Jira refuses the credentials."""
    store(issue("ABC-1"), site="acme")
    site = Site.objects.get(name="acme")
    given = {"kind": "cloud", "url": "https://acme.example.com", "method": "api-token", "account": "bot@example.com"}
    connection = Connection.objects.create(name="acme", site=site, secret=Secret("x"), refused=REFUSED, **given)
    project(connection, "ABC", 60, is_whole=False, items=10, done=4)
    for name in ("ann", "bob"):
        granting.grant(name, Place("acme"), NOW, "test")
    return connection


def test_every_report_says_how_fresh_its_data_is(half: Connection, ask: Ask) -> None:
    report = ask.get("/reports/time-in-status")
    assert report["data_as_of"] == "2026-02-02T02:39:00.000Z"
    doubts = ["Still being fetched: ABC 40 %.", f"Nothing more is fetched: {WHAT_TO_DO}."]
    assert report["data_doubts"] == doubts
    assert report["lines"][1:4] == ["The data is as of 2026-02-02 02:39.", *doubts]
    for path in ("time-in-status?per_page=1", "time-in-status?format=csv", "cycle-time?group_by=project&format=xlsx"):
        assert ask("GET", f"/reports/{path}")["Sojourn-Data-As-Of"] == "2026-02-02T02:39:00.000Z"
    assert ask.post("/search", {})["data_as_of"] == "2026-02-02T02:39:00.000Z"
    elsewhere = ask.get("/reports/time-in-status?project=ABC&site=acme")
    assert elsewhere["data_doubts"] == doubts


def test_a_report_of_unknown_age_says_nothing_of_it(ask: Ask) -> None:
    store(issue("ABC-1"))
    response = ask("GET", "/reports/time-in-status")
    told = json.loads(content(response))
    assert "Sojourn-Data-As-Of" not in response
    assert (told["data_as_of"], told["data_doubts"]) == (None, [])
    assert not [line for line in told["lines"] if "data is" in line]
    assert ask.post("/search", {})["data_as_of"] is None


def test_every_page_says_it_to_who_is_signed_in(half: Connection, signed_in: Client, client: Client) -> None:
    page = text_of(get(signed_in))
    assert "Data as of 2026-02-02 02:39 UTC Still being fetched: ABC 40 %" in page
    assert f"Nothing more is fetched. {WHAT_TO_DO}." in page
    assert "Data as of 2026-02-02 02:39 UTC" in text_of(client.get("/nowhere").content.decode())
    assert client.get("/reports/time-in-status.csv")["Sojourn-Data-As-Of"] == "2026-02-02T02:39:00.000Z"
    client.logout()
    for address in ("/login", "/nowhere"):
        told = text_of(client.get(address, follow=True).content.decode())
        assert "Data as of" not in told
        assert "acme" not in told


def test_a_page_speaks_of_the_sites_that_are_chosen_on_it(half: Connection, signed_in: Client) -> None:
    imported("Other", NOW - timedelta(days=1))
    half.refused = ""
    half.save()
    assert "Data as of 2026-02-01 02:40 UTC Still being fetched: ABC 40 %" in text_of(get(signed_in))
    assert "Data as of 2026-02-01 02:40 UTC" in text_of(get(signed_in, "?site=Other"))
    assert "Still being fetched" not in text_of(get(signed_in, "?site=Other"))
    assert "Data as of 2026-02-02 02:39 UTC" in text_of(get(signed_in, "?site=acme"))


def test_a_page_with_many_projects_to_fetch_names_a_few(half: Connection, signed_in: Client) -> None:
    for number in range(7):
        project(half, f"P{number}", is_whole=False, items=10, done=1)
    assert "ABC 40 %, P0 10 %, P1 10 %, P2 10 %, P3 10 % and 3 more" in text_of(get(signed_in))


def test_sites_are_listed_with_all_that_bears_on_how_fresh_they_are(
    half: Connection, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jira's clock is a little ahead of this machine's: nothing is older than none."""
    monkeypatch.setattr(sites, "timezone", SimpleNamespace(now=lambda: NOW - timedelta(seconds=10)))
    imported("Imported", NOW)
    half.webhook_secret, half.webhook_at, half.last_run_at, half.refused = Secret("s"), NOW, NOW, ""
    half.last_problem = "acme.example.com: does not answer"
    half.save()
    project(half, "DEF", 0, drift=3, drift_at=NOW)
    half.again.create(issue="1", why="webhook", since=NOW, due_at=NOW)
    half.again.create(issue="2", why="unread", since=NOW, due_at=NOW, problem="it has no id")
    theirs, mine = ask.get("/sites")["sites"]
    assert (theirs.pop("lag_s"), mine["lag_s"]) == (0, 50)
    assert theirs == {
        "name": "Imported",
        "data_as_of": "2026-02-02T02:40:00.000Z",
        "work_items": 1,
        "imported_at": "2026-02-02T02:40:00.000Z",
        "connection": None,
    }
    assert (mine["name"], mine["data_as_of"], mine["work_items"]) == ("acme", "2026-02-02T02:39:00.000Z", 1)
    assert mine["imported_at"] is None
    assert mine["connection"] == {
        "name": "acme",
        "kind": "cloud",
        "url": "https://acme.example.com",
        "interval_min": 5,
        "last_run_at": "2026-02-02T02:40:00.000Z",
        "last_ok_at": None,
        "next_run_at": "2026-02-02T02:45:00.000Z",
        "last_problem": "acme.example.com: does not answer",
        "refused": "",
        "webhook": True,
        "webhook_at": "2026-02-02T02:40:00.000Z",
        "webhook_refused_at": None,
        "waiting": 1,
        "left_out": 1,
        "projects": 2,
        "fetching": [{"project": "ABC", "name": "Project ABC", "percent": 40, "read": 4, "items": 10}],
        "drift": [{"project": "DEF", "missed": 3, "found_at": "2026-02-02T02:40:00.000Z"}],
    }


def test_a_site_that_is_refused_has_no_next_run(half: Connection, ask: Ask) -> None:
    Connection.objects.update(last_run_at=NOW)
    [site] = ask.get("/sites")["sites"]
    assert (site["connection"]["refused"], site["connection"]["next_run_at"]) == (REFUSED, None)


def test_sites_cost_the_same_number_of_queries_for_a_page_whatever_they_hold(
    half: Connection, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(9):
        project(connected(f"c{number}"), "A")
    with django_assert_max_num_queries(3):
        freshness.of()


@pytest.mark.parametrize("face", ["cloud", "datacenter"])
def test_a_sync_tells_how_far_it_is(face: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Against a simulated Jira, over HTTP: as of Jira's clock at the beginning of the last sweep."""
    with synced(monkeypatch, settings, face, 60) as played:
        assert freshness.of() == Freshness(None, (Fetching("acme", 0),))
        played.sync()
        assert freshness.of() == Freshness(played.simulator.site.clock.now_ms)
        before = played.simulator.site.clock.now_ms
        played.pass_by(minutes=20)
        assert freshness.of() == Freshness(before)
        played.sync()
        assert freshness.of() == Freshness(before + 1_200_000)


@pytest.mark.parametrize(
    "words",
    [("report", "time-in-status", "--format", "csv"), ("chart", "bar"), ("search", "project = ABC", "--format", "csv")],
)
def test_the_command_line_says_on_stderr_what_is_not_here(
    half: Connection, sojourn: Sojourn, words: tuple[str, ...]
) -> None:
    done = sojourn(*words)
    assert done.code == 0
    assert "Still being fetched: ABC 40 %." in done.err
    assert f"Nothing more is fetched: {WHAT_TO_DO}." in done.err
    assert "being fetched" not in done.out or words[0] == "chart"


def test_an_import_is_kept_with_its_site(sojourn: Sojourn, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(issue("ABC-1")))
    assert sojourn("import", tmp_path / "one.json", "--site", "Mine").code == 0
    at = Site.objects.get(name="Mine").imported_at
    assert at is not None
    assert freshness.of_sites()["Mine"].as_of_ms == round(at.timestamp() * 1000)
