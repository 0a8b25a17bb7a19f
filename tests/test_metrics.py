"""What Prometheus reads, and who may."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from sojourn.jobs import loops, queue
from sojourn.jobs.loops import Tally
from sojourn.jobs.models import WorkerState
from tests.jobs import kinds
from tests.jobs.working import Clock, ask, begun_by, work

pytestmark = pytest.mark.django_db
TOKEN = "t" * 32


def samples(text: str, read: Any = read_text) -> dict[tuple[str, ...], float]:
    """Every sample by its name and labels, as the parser of the Prometheus project reads them."""
    return {(one.name, *one.labels.values()): one.value for family in read(text) for one in family.samples}


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = timezone.now() - timedelta(hours=1)
    return clock


def test_jobs_loops_and_workers_are_told(client: Client, clock: Clock) -> None:
    for number in range(2):
        ask(kinds.copy, clock, upto=1, tag=f"t{number}")
    ask(kinds.refuse, clock)
    work(clock)
    ask(kinds.copy, clock, upto=1)
    begun_by("w", clock)
    clock.pass_by(minutes=50)
    ask(kinds.copy, clock, upto=1)
    queue.ask(kinds.copy, {"upto": 1}, now=clock(), after=clock() + timedelta(days=1))
    tally = Tally()
    tally.add(clock(), "")
    tally.add(clock(), "it broke")
    loops.keep("jobs", tally)
    for name, seconds, ended in (("a", 1, None), ("b", 20, None), ("c", 40, None), ("d", 1, timezone.now())):
        at = timezone.now() - timedelta(seconds=seconds)
        WorkerState.objects.create(name=name, host="h", pid=1, started_at=at, seen_at=at, ended_at=ended)
    found = samples(client.get("/metrics").content.decode())
    assert found.pop(("sojourn_jobs_waiting_seconds",)) == pytest.approx(600, abs=60)
    assert found == {
        ("sojourn_jobs", "copy", "finished"): 2,
        ("sojourn_jobs", "refuse", "failed"): 1,
        ("sojourn_jobs", "copy", "running"): 1,
        ("sojourn_jobs", "copy", "queued"): 2,
        ("sojourn_workers",): 2,
        ("sojourn_loop_runs_total", "jobs"): 2,
        ("sojourn_loop_failures_total", "jobs"): 1,
        ("sojourn_loop_last_success_timestamp_seconds", "jobs"): pytest.approx(clock().timestamp()),
    }


def test_an_empty_store_has_metrics_too(client: Client) -> None:
    found = samples(client.get("/metrics").content.decode())
    assert found == {("sojourn_jobs_waiting_seconds",): 0, ("sojourn_workers",): 0}


def test_the_format_is_the_one_asked_for(client: Client) -> None:
    plain = client.get("/metrics")
    assert plain["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in plain["Cache-Control"]
    other = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert other["Content-Type"].startswith("application/openmetrics-text")
    assert samples(other.content.decode(), read_openmetrics)[("sojourn_workers",)] == 0


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.9.9.9", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 403),
        ("10.0.0.1", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 403),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 403),
        ("127.0.0.1", {"X-Real-IP": "203.0.113.9"}, 403),
    ],
)
def test_without_a_token_this_machine_only_may_ask(
    client: Client, address: str, headers: dict[str, str], status: int
) -> None:
    response = client.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert response.status_code == status
    assert (b"sojourn_workers" in response.content) == (status == 200)


@pytest.mark.parametrize(
    ("header", "status"),
    [(f"Bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 401), (TOKEN, 401), ("", 401), ("Bearer é", 401), ("Bearer ", 401)],
)
def test_with_a_token_only_who_sends_it_may_ask(client: Client, settings: Any, header: str, status: int) -> None:
    settings.SOJOURN_METRICS_TOKEN = TOKEN
    given = {"Authorization": header} if header else {}
    for address in ("127.0.0.1", "203.0.113.9"):
        response = client.get("/metrics", headers=given, REMOTE_ADDR=address)
        assert response.status_code == status
        assert ("WWW-Authenticate" in response) == (status == 401)
        assert TOKEN not in response.content.decode()


def test_it_is_only_read(client: Client) -> None:
    assert client.post("/metrics").status_code == 405
