"""Jobs on the command line."""

import json

import pytest
from django.utils import timezone

from sojourn.jobs.models import State
from tests.cli.running import Sojourn
from tests.jobs import kinds
from tests.jobs.working import Clock, ask, begun_by, seen, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_jobs_are_listed_the_newest_first_with_how_far_they_are(sojourn: Sojourn, clock: Clock) -> None:
    first, second, third = ask(kinds.copy, clock, upto=4), ask(kinds.refuse, clock), ask(kinds.copy, clock, upto=1000)
    runs = [begun_by("w", clock) for _ in range(3)]
    clock.pass_by(seconds=10)
    with runs[2].step():
        runs[2].done, runs[2].total, runs[2].line = 400, 30_000, "Reading ABC"
    run = sojourn("jobs", "list")
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines() == [
        f"{third.pk}\tcopy\trunning\t400 of 30,000, 40/s, 12:20 left: Reading ABC",
        f"{second.pk}\trefuse\trunning\t",
        f"{first.pk}\tcopy\trunning\t",
    ]


def test_a_list_can_be_narrowed_and_says_when_there_are_more(sojourn: Sojourn, clock: Clock) -> None:
    jobs = [ask(kinds.refuse, clock) for _ in range(3)]
    work(clock)
    run = sojourn("jobs", "list", "--state", "failed", "--limit", 2, "--json")
    assert [one["number"] for one in json.loads(run.out)] == [jobs[2].pk, jobs[1].pk]
    assert run.err == "There are more: these are the newest 2; --limit shows more.\n"
    assert sojourn("jobs", "list", "--kind", "copy").out == ""
    assert f"{jobs[0].pk}\trefuse\tfailed\tthe token is not right\n" in sojourn("jobs", "list").out
    wrong = sojourn("jobs", "list", "--state", "done")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("sojourn: state: 'done' is not one of queued, running")


def test_a_job_is_shown_with_its_log(sojourn: Sojourn, clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=4)
    work(clock)
    run = sojourn("jobs", "show", job.pk)
    assert "kind: copy\nstate: finished\narguments: {'upto': 4}\nasked by: ann\n" in run.out
    assert run.out.endswith("2024-01-01T00:00:00.000Z INFO 0 to 3\n2024-01-01T00:00:00.000Z INFO 3 to 4\n")
    found = json.loads(sojourn("jobs", "show", job.pk, "--json").out)
    assert [line["text"] for line in found["log"]] == ["0 to 3", "3 to 4"]
    assert found["done"] == 4


def test_jobs_are_cancelled_and_tried_again(sojourn: Sojourn, clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=4)
    assert sojourn("jobs", "cancel", job.pk).err == f"Job {job.pk} is cancelled.\n"
    assert sojourn("jobs", "retry", job.pk).err == f"Job {job.pk} is queued.\n"
    clock.now = timezone.now()
    begun_by("w", clock)
    assert sojourn("jobs", "cancel", job.pk).err == "It ends at its next step.\n"
    assert seen(job).cancel_asked
    assert seen(job).state == State.RUNNING


@pytest.mark.parametrize("word", ["show", "cancel", "retry"])
def test_a_job_that_is_not_there_is_told(sojourn: Sojourn, word: str) -> None:
    run = sojourn("jobs", word, 99)
    assert (run.code, run.out) == (2, "")
    assert run.err == "sojourn: There is no job 99. `sojourn jobs list` shows those there are.\n"
