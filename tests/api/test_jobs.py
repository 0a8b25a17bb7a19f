"""Jobs over REST."""

import json
from typing import Any

import pytest
from django.utils import timezone

from sojourn.jobs import queue
from sojourn.jobs.models import State
from tests.api.asking import Ask, content, problem
from tests.jobs import kinds
from tests.jobs.working import Clock, begun_by, seen, work
from tests.jobs.working import ask as ask_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_job_is_shown_with_its_log(ask: Ask, clock: Clock) -> None:
    job = queue.ask(kinds.copy, {"upto": 4}, now=clock(), key="copy", by="ann")
    clock.pass_by(seconds=2)
    work(clock)
    found = ask.get(f"/jobs/{job.pk}")
    assert found.pop("log") == [
        {"at": "2024-01-01T00:00:02.000Z", "level": "INFO", "text": text} for text in ("0 to 3", "3 to 4")
    ]
    assert found == {
        "number": job.pk,
        "kind": "copy",
        "state": "finished",
        "arguments": {"upto": 4},
        "key": "copy",
        "asked_by": "ann",
        "asked_at": "2024-01-01T00:00:00.000Z",
        "begun_at": "2024-01-01T00:00:02.000Z",
        "saved_at": "2024-01-01T00:00:02.000Z",
        "ended_at": "2024-01-01T00:00:02.000Z",
        "cancel_asked": False,
        "done": 4,
        "total": 4,
        "line": "up to 4",
        "rate_per_s": None,
        "left_s": None,
        "attempts": 1,
        "problem": "",
    }
    assert ask.get("/jobs") == {"jobs": [found], "next": None}


def test_rate_and_time_left_are_told_while_it_runs(ask: Ask, clock: Clock) -> None:
    job = ask_for(kinds.copy, clock, upto=10)
    run = begun_by("w1", clock)
    clock.pass_by(seconds=4)
    with run.step():
        run.done, run.total = 6, 10
    found = ask.get(f"/jobs/{job.pk}")
    assert (found["rate_per_s"], found["left_s"], found["ended_at"]) == (1.5, 3, None)


def numbers(page: Any) -> list[int]:
    return [one["number"] for one in page["jobs"]]


def test_the_list_goes_in_pages_and_can_be_narrowed(ask: Ask, clock: Clock) -> None:
    jobs = [ask_for(kinds.copy, clock, upto=1, tag=f"t{number}") for number in range(5)]
    refused = ask_for(kinds.refuse, clock)
    work(clock)
    waiting = ask_for(kinds.copy, clock, upto=1)
    newest_first = [waiting.pk, refused.pk, *(job.pk for job in reversed(jobs))]
    assert numbers(ask.get("/jobs")) == newest_first
    page, found = ask.get("/jobs?limit=3"), []
    while True:
        found += numbers(page)
        if page["next"] is None:
            break
        page = ask.get(page["next"])
    assert found == newest_first
    assert numbers(ask.get("/jobs?state=failed")) == [refused.pk]
    assert numbers(ask.get("/jobs?state=finished&kind=copy&limit=5")) == newest_first[2:]
    assert ask.get("/jobs?state=finished&kind=copy&limit=4")["next"].count("kind=copy") == 1


def test_a_job_is_cancelled_and_tried_again(edit: Ask, clock: Clock) -> None:
    job = ask_for(kinds.copy, clock, upto=1)
    assert edit.post(f"/jobs/{job.pk}/cancel", {})["state"] == "cancelled"
    assert edit.post(f"/jobs/{job.pk}/retry", {})["state"] == "queued"
    clock.now = timezone.now()
    work(clock)
    assert seen(job).state == State.FINISHED
    log = edit.get(f"/jobs/{job.pk}")["log"]
    assert [line["text"] for line in log[:2]] == ["Cancelled by bob.", "Asked for again by bob."]


def test_what_is_wrong_is_told(edit: Ask, clock: Clock) -> None:
    job = ask_for(kinds.copy, clock, upto=1)
    work(clock)
    assert "nothing to cancel" in problem(edit("POST", f"/jobs/{job.pk}/cancel", {}), 409)["detail"]
    assert "only one that failed" in problem(edit("POST", f"/jobs/{job.pk}/retry", {}), 409)["detail"]
    for method, path in (("GET", "/jobs/99"), ("POST", "/jobs/99/cancel"), ("POST", "/jobs/99/retry")):
        assert problem(edit(method, path), 404)["errors"][0]["parameter"] == "number"
    for path in ("/jobs/0", "/jobs/x", f"/jobs/{1 << 63}", "/jobs?limit=0", "/jobs?limit=1001", "/jobs?before=x"):
        problem(edit("GET", path), 400)
    assert "takes no body" in problem(edit("POST", f"/jobs/{job.pk}/retry", {"at": "once"}), 400)["detail"]
    wrong = problem(edit("GET", "/jobs?state=done"), 400)
    assert wrong["errors"] == [
        {"parameter": "state", "detail": "'done' is not one of queued, running, finished, failed, cancelled"}
    ]


def test_a_list_of_many_jobs_is_few_queries(ask: Ask, clock: Clock, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        ask_for(kinds.copy, clock, upto=1, tag=f"t{number}")
    ask.get("/jobs")
    with django_assert_max_num_queries(4):
        assert len(json.loads(content(ask("GET", "/jobs")))["jobs"]) == 20
