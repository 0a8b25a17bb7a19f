"""Connections: due syncs, tokens that end, health, and access tokens that are renewed."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sojourn.history.models import Issue
from sojourn.jira import again, health
from sojourn.jira.simulator import changes
from sojourn.jira.sync.due import ask_for_due
from sojourn.jobs.models import Job
from sojourn.sealed import Secret
from tests.jira.syncing import Synced, synced
from tests.jobs.working import turn, work_off  # type: ignore[attr-defined]

pytestmark = pytest.mark.django_db


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    with synced(monkeypatch, settings) as scene:
        yield scene


def ask_and_work(played: Synced) -> list[bool]:
    """A turn of the loop, and what it asked for; the answer is of each job whether only hints were read."""
    last = Job.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    ask_for_due(played.now())
    while work_off(turn(played.now)):  # type: ignore[arg-type]
        pass
    played.connection.refresh_from_db()
    return [job.arguments["hints"] for job in Job.objects.filter(pk__gt=last).order_by("pk")]


def test_a_connection_is_synced_at_once_and_then_as_often_as_it_says(played: Synced) -> None:
    assert ask_and_work(played) == [False]
    assert played.there() == played.seen()
    assert ask_and_work(played) == []
    played.pass_by(minutes=4, seconds=59)
    assert ask_and_work(played) == []
    played.pass_by(seconds=1)
    assert ask_and_work(played) == [False]


def test_a_hint_is_worked_off_at_once_and_costs_few_calls(played: Synced) -> None:
    ask_and_work(played)
    played.pass_by(minutes=1)
    changes.transition(played.simulator.site, "10003", "10002")
    again.ask(played.connection, ["10003"], "webhook", played.now())
    played.calls.clear()
    assert ask_and_work(played) == [True]
    assert Issue.objects.get(jira_id="10003").status.key == "10002"
    assert len(played.calls) <= 3
    assert ask_and_work(played) == []


def test_hints_do_not_have_a_jira_asked_that_fails(played: Synced) -> None:
    ask_and_work(played)
    played.connection.last_problem = "does not answer"
    played.connection.save()
    again.ask(played.connection, ["10003"], "webhook", played.now())
    assert ask_and_work(played) == []
    played.pass_by(minutes=5)
    assert ask_and_work(played) == [False]
    assert not played.connection.again.exists()


def test_nothing_is_asked_for_where_credentials_are_refused(played: Synced) -> None:
    played.connection.refused = "revoked"
    played.connection.save()
    assert ask_and_work(played) == []
    assert played.calls == []


def test_the_end_of_a_token_is_announced_30_7_and_1_days_before(
    played: Synced, caplog: pytest.LogCaptureFixture
) -> None:
    today = played.now().date()
    played.connection.token_ends = today + timedelta(days=40)
    played.connection.save()
    told = []
    with caplog.at_level(logging.WARNING):
        for day in range(43):
            before = len(caplog.records)
            for _ in range(3):
                health.announce(today + timedelta(days=day))
            told += [40 - day] * (len(caplog.records) - before)
    assert told == [30, 7, 1]
    assert "its token ends in 1 days" in caplog.text
    played.connection.refresh_from_db()
    said = [bool(health.ends_soon(played.connection, today + timedelta(days=day))) for day in (9, 10, 41)]
    assert said == [False, True, True]


def test_health_tells_of_lag_and_of_what_waits(played: Synced) -> None:
    played.sync()
    again.ask(played.connection, ["1"], "webhook", played.now())
    again.postpone(played.connection, {"2": "no sense"}, played.now())
    played.connection.token_ends = played.now().date() + timedelta(days=3)
    played.connection.save()
    now = played.now() + timedelta(minutes=10)
    told = {one.name: one.value for family in health.metrics(now) for one in family.samples}
    assert told == {
        "sojourn_jira_lag_seconds": 600,
        "sojourn_jira_credentials_refused": 0,
        "sojourn_jira_left_out": 1,
        "sojourn_jira_waiting": 1,
        "sojourn_jira_token_ends_days": 3,
        "sojourn_jira_projects_unread": 0,
    }
    said = [problem for _, problem in health.problems(now + timedelta(hours=1))]
    assert said[0].startswith("was last in step at 2026-02-02")


class Grants:
    """An authorization server: each refresh token is good once, and gives another pair."""

    def __init__(self) -> None:
        self.refresh, self.access, self.asked = "refresh-0", "access-0", 0
        self.is_withdrawn = False

    def answer(self, told: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked += 1
        right = {"grant_type": "refresh_token", "client_id": "client", "client_secret": "client-secret"}
        if self.is_withdrawn or told != {**right, "refresh_token": self.refresh}:
            return 403, {"error": "invalid_grant"}
        self.refresh, self.access = f"refresh-{self.asked}", f"access-{self.asked}"
        return 200, {"access_token": self.access, "refresh_token": self.refresh, "expires_in": 3600}


@pytest.fixture
def grants(played: Synced, settings: Any) -> Iterator[Grants]:
    """The scene's connection signs in with OAuth."""
    found = Grants()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, told = found.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            played.simulator.site.accounts[0].secret = found.access
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SOJOURN_ALLOW_PRIVATE = (*settings.SOJOURN_ALLOW_PRIVATE, ("127.0.0.1", server.server_port))
    row = played.connection
    row.method, row.account, row.secret = "oauth", "client", Secret("run out")
    row.refresh_token, row.client_secret = Secret("refresh-0"), Secret("client-secret")
    row.token_url = f"http://127.0.0.1:{server.server_port}/oauth/token"
    row.save()
    yield found
    server.shutdown()
    server.server_close()


def test_an_access_token_is_had_used_and_renewed_before_it_ends(played: Synced, grants: Grants) -> None:
    assert played.sync().state == "finished"
    assert (grants.asked, played.connection.refresh_token) == (1, Secret("refresh-1"))
    played.pass_by(minutes=30)
    played.sync()
    assert grants.asked == 1
    played.pass_by(minutes=25)
    assert played.sync().state == "finished"
    assert (grants.asked, played.connection.secret) == (2, Secret("access-2"))
    assert played.there() == played.seen()


def test_a_sync_that_is_longer_than_an_access_token_goes_on_with_another(played: Synced, grants: Grants) -> None:
    from sojourn.jira.simulator import Fault

    hour = lambda: played.pass_by(minutes=59)  # noqa: E731
    played.simulator.faults.add(Fault("then", "issue/bulkfetch", then=hour))
    assert played.sync().state == "finished"
    assert grants.asked == 2
    assert played.there() == played.seen()


def test_an_access_token_that_is_refused_before_its_time_is_renewed_once(played: Synced, grants: Grants) -> None:
    played.sync()
    played.simulator.site.accounts[0].secret = "withdrawn"
    played.pass_by(minutes=5)
    assert played.sync().state == "finished"
    assert grants.asked == 2


def test_a_grant_that_was_withdrawn_ends_all_calls(played: Synced, grants: Grants) -> None:
    grants.is_withdrawn = True
    job = played.sync()
    assert job.state == "failed"
    assert "withdrawn or not used for 90 days; connect again" in played.connection.refused
    assert played.calls == []
    played.sync()
    assert grants.asked == 1
