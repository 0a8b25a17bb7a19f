"""Jobs from being asked for to their end, step by step in one process."""

import logging
from threading import Event
from typing import Any

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from sojourn.errors import UserError
from sojourn.jobs import queue
from sojourn.jobs.models import Job, LogLine, State
from sojourn.jobs.perform import work_off
from sojourn.jobs.run import CancelAsked, Lost, PutBack, Run
from tests.jobs import kinds
from tests.jobs.working import LEASE, Clock, ask, rows, seen, texts, turn, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_job_runs_to_its_end_and_tells_how_far_it_is(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=7)
    assert (job.state, job.kind, job.asked_by, job.arguments) == (State.QUEUED, "copy", "ann", {"upto": 7})
    assert work(clock) == 1
    job = seen(job)
    assert (job.state, job.done, job.total, job.line, job.cursor) == (State.FINISHED, 7, 7, "up to 7", 7)
    assert (job.claim, job.lease_until, job.ended_at, job.problem) == ("", None, clock(), "")
    assert job.task.status == TaskResultStatus.SUCCESSFUL
    assert job.task.worker_ids == ["w1"]
    assert rows() == [f"row {number}" for number in range(7)]
    assert texts(job) == ["0 to 3", "3 to 6", "6 to 7"]
    assert work(clock) == 0


def test_jobs_run_in_the_order_they_were_asked_for_and_not_before_their_time(clock: Clock) -> None:
    late = queue.ask(kinds.copy, {"upto": 1, "tag": "late"}, now=clock(), after=clock() + LEASE)
    jobs = [ask(kinds.copy, clock, upto=1, tag=f"tag{number}") for number in range(3)]
    assert work(clock) == 3
    assert [job.kind for job in jobs] == ["copy"] * 3
    assert list(LogLine.objects.order_by("pk").values_list("job", flat=True)) == [job.pk for job in jobs]
    assert seen(late).state == State.QUEUED
    clock.pass_by(seconds=30)
    assert work(clock) == 1
    assert seen(late).state == State.FINISHED


def test_one_unfinished_job_of_a_key(clock: Clock) -> None:
    first = queue.ask(kinds.copy, {"upto": 1}, now=clock(), key="a")
    assert queue.ask(kinds.copy, {"upto": 9}, now=clock(), key="a") == first
    other = queue.ask(kinds.copy, {"upto": 1, "tag": "b"}, now=clock(), key="b")
    assert other != first
    assert work(clock) == 2
    again = queue.ask(kinds.copy, {"upto": 1, "tag": "c"}, now=clock(), key="a")
    assert again not in (first, other)
    assert DBTaskResult.objects.count() == Job.objects.count() == 3


def test_who_asks_at_the_same_time_gets_the_same_job(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look for an unfinished job finds none; then the constraint decides."""
    first = queue.ask(kinds.copy, {"upto": 1}, now=clock(), key="a")
    find, looks = queue.QuerySet.first, []

    def miss_once(self: object) -> object:
        looks.append(self)
        return None if len(looks) == 1 else find(self)  # type: ignore[arg-type]

    monkeypatch.setattr(queue.QuerySet, "first", miss_once)
    assert queue.ask(kinds.copy, {"upto": 1}, now=clock(), key="a") == first
    assert len(looks) == 2
    assert DBTaskResult.objects.count() == 1


def test_what_a_person_can_put_right_fails_at_once_and_is_told(clock: Clock) -> None:
    job = ask(kinds.refuse, clock)
    assert work(clock) == 1
    job = seen(job)
    assert (job.state, job.problem) == (State.FAILED, "the token is not right")
    assert job.task.status == TaskResultStatus.FAILED
    assert texts(job) == ["the token is not right"]


def test_what_may_pass_is_tried_again_later_and_fails_at_last(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    job = ask(kinds.break_down, clock)
    waits = []
    for _ in range(queue.MOST_ATTEMPTS - 1):
        assert work(clock) == 1
        assert seen(job).state == State.QUEUED
        waits.append(round((seen(job).task.run_after - clock()).total_seconds()))
        assert work(clock) == 0
        clock.pass_by(seconds=waits[-1])
    assert waits == [5, 20, 80, 320]
    assert work(clock) == 1
    job = seen(job)
    assert job.state == State.FAILED
    assert job.problem == "something went wrong: RuntimeError; the worker's log says what"
    assert "hunter2" in caplog.text
    assert "hunter2" not in str([vars(job), vars(job.task), texts(job)])


def test_only_attempts_that_get_no_further_count(clock: Clock) -> None:
    job = ask(kinds.break_down, clock, after=1)
    for number in range(20):
        assert work(clock) == 1
        assert (seen(job).state, seen(job).cursor) == (State.QUEUED, number + 1)
        clock.pass_by(hours=1)


def test_a_job_may_ask_to_go_on_later(clock: Clock) -> None:
    job = ask(kinds.wait_for_tomorrow, clock)
    assert (work(clock), work(clock)) == (1, 0)
    clock.pass_by(hours=23)
    assert work(clock) == 0
    clock.pass_by(hours=1)
    assert work(clock) == 1
    assert seen(job).state == State.FINISHED


def begun(clock: Clock, worker: str = "w1", stopping: Event | None = None) -> tuple[Job, Run]:
    """The next job, as a worker begins it."""
    job = queue.claim(worker, clock(), LEASE)
    assert job is not None
    return job, Run(job, clock, stopping or Event())


def write(run: Run, row: str, cursor: object = 99) -> None:
    """A step that writes a row, a line and a cursor."""
    with run.step():
        kinds.Site.objects.create(name=row)
        run.log("in vain", logging.WARNING)
        run.cursor = cursor


def test_a_job_whose_worker_was_lost_is_taken_up_where_it_was(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=5)
    _, run = begun(clock)
    with run.step():
        run.cursor, run.done = 3, 3
    clock.pass_by(seconds=29)
    assert work(clock) == 0
    clock.pass_by(seconds=1)
    assert work(clock) == 1
    assert (seen(job).state, rows()) == (State.FINISHED, ["row 3", "row 4"])
    assert texts(job) == ["Its worker was lost.", "3 to 5"]
    assert seen(job).task.worker_ids == ["w1", "w1"]


def test_a_lease_that_is_renewed_holds(clock: Clock) -> None:
    ask(kinds.copy, clock, upto=5)
    job, _ = begun(clock)
    clock.pass_by(seconds=29)
    queue.renew([job.claim], clock(), LEASE)
    clock.pass_by(seconds=29)
    assert work(clock) == 0


def test_one_that_was_taken_for_dead_writes_nothing(clock: Clock) -> None:
    ask(kinds.copy, clock, upto=5)
    job, run = begun(clock)
    clock.pass_by(seconds=30)
    queue.take_back(clock())
    _, other = begun(clock, "w2")
    with pytest.raises(Lost):
        write(run, "row of the dead")
    with pytest.raises(Lost):
        run.look()
    queue.end(job.pk, job.claim, clock(), State.FINISHED)
    queue.put_back(job.pk, job.claim, clock())
    queue.try_again(job.pk, job.claim, clock(), "x")
    assert (seen(job).state, seen(job).cursor, rows()) == (State.RUNNING, None, [])
    other.look()


def test_a_job_that_kills_its_workers_fails_in_the_end(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=5)
    for number in range(queue.MOST_ATTEMPTS):
        assert seen(job).state == State.QUEUED, number
        begun(clock)
        clock.pass_by(seconds=30)
        queue.take_back(clock())
    assert seen(job).state == State.FAILED
    assert seen(job).problem.startswith("its worker was lost 5 times and it got no further")


def test_the_only_worker_there_can_be_takes_up_everything_at_once(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=5)
    begun(clock)
    queue.take_back(clock(), everything=True)
    assert work(clock) == 1
    assert seen(job).state == State.FINISHED


def test_a_job_that_waits_is_cancelled_at_once(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=5)
    assert queue.cancel(job.pk, clock(), "bob").state == State.CANCELLED
    assert work(clock) == 0
    assert (rows(), texts(job)) == ([], ["Cancelled by bob."])


def test_a_job_that_runs_is_cancelled_at_its_next_step_which_is_kept(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=5)
    _, run = begun(clock)
    queue.cancel(job.pk, clock(), "bob")
    assert seen(job).state == State.RUNNING
    with pytest.raises(CancelAsked), run.step():
        run.cursor = 3
    assert seen(job).cursor == 3
    with pytest.raises(CancelAsked):
        run.look()


def test_a_cancelled_job_whose_worker_is_lost_or_ends_is_not_taken_up(clock: Clock) -> None:
    for puts_back in (True, False):
        job = ask(kinds.copy, clock, upto=5)
        claimed, _ = begun(clock)
        queue.cancel(job.pk, clock(), "bob")
        if puts_back:
            queue.put_back(job.pk, claimed.claim, clock())
        clock.pass_by(minutes=1)
        assert work(clock) == 0
        assert seen(job).state == State.CANCELLED


def test_a_worker_that_stops_puts_the_job_back_after_the_step(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=5)
    stopping = Event()
    stopping.set()
    assert work_off(turn(clock, stopping=stopping))
    job = seen(job)
    assert (job.state, job.cursor, job.attempts, rows()) == (State.QUEUED, 3, 0, ["row 0", "row 1", "row 2"])
    assert work(clock) == 1
    assert (seen(job).state, len(rows())) == (State.FINISHED, 5)


def test_a_worker_that_stops_is_seen_between_steps_too(clock: Clock) -> None:
    ask(kinds.copy, clock, upto=5)
    stopping = Event()
    _, run = begun(clock, stopping=stopping)
    run.look()
    stopping.set()
    with pytest.raises(PutBack):
        run.look()


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_a_job_that_failed_goes_on_where_it_was_when_it_is_asked_for_again(clock: Clock, state: State) -> None:
    job = ask(kinds.copy, clock, upto=5)
    claimed, run = begun(clock)
    with run.step():
        run.cursor = 3
    queue.end(job.pk, claimed.claim, clock(), state, "no")
    assert queue.retry(job.pk, clock(), "bob").problem == ""
    assert work(clock) == 1
    assert (seen(job).state, rows(), seen(job).attempts) == (State.FINISHED, ["row 3", "row 4"], 1)
    assert texts(job) == ["no", "Asked for again by bob.", "3 to 5"]


def test_what_cannot_be_cancelled_or_tried_again_is_refused(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=5)
    with pytest.raises(UserError, match="is queued; only one that failed or was cancelled"):
        queue.retry(job.pk, clock(), "bob")
    work(clock)
    with pytest.raises(UserError, match="is finished; there is nothing to cancel"):
        queue.cancel(job.pk, clock(), "bob")
    for change in (queue.cancel, queue.retry):
        with pytest.raises(UserError, match="There is no job 99"):
            change(99, clock(), "bob")


def test_a_job_is_not_tried_again_while_another_does_the_same(clock: Clock) -> None:
    failed = queue.ask(kinds.refuse, {}, now=clock(), key="a")
    work(clock)
    other = queue.ask(kinds.refuse, {}, now=clock(), key="a")
    with pytest.raises(UserError, match=f"Job {other.pk} does the same already"):
        queue.retry(failed.pk, clock(), "bob")
    work(clock)
    assert queue.retry(failed.pk, clock(), "bob").state == State.QUEUED


def test_a_failed_job_that_nobody_waits_for_is_cancelled(clock: Clock) -> None:
    job = ask(kinds.refuse, clock)
    work(clock)
    assert queue.cancel(job.pk, clock(), "bob").state == State.CANCELLED
    assert seen(job).problem == "the token is not right"


def test_a_function_that_is_gone_is_told(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=1)
    DBTaskResult.objects.update(task_path="tests.jobs.kinds.gone")
    work(clock)
    assert (seen(job).state, texts(job)) == (State.QUEUED, ["this version cannot load tests.jobs.kinds.gone"])


def test_old_jobs_are_forgotten_with_their_logs(clock: Clock) -> None:
    old = ask(kinds.copy, clock, upto=1)
    work(clock)
    clock.pass_by(days=1)
    waiting, young = ask(kinds.refuse, clock), ask(kinds.copy, clock, upto=1, tag="young")
    queue.cancel(young.pk, clock(), "bob")
    clock.pass_by(days=1)
    assert queue.prune(clock(), [State.FINISHED]) == 1
    assert set(Job.objects.all()) == {waiting, young}
    assert DBTaskResult.objects.count() == 2
    assert not LogLine.objects.filter(job_id=old.pk).exists()
    assert queue.prune(clock()) == 1
    assert list(Job.objects.all()) == [waiting]


def test_rate_and_time_left_are_of_this_beginning(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=100)
    Job.objects.update(done=40)
    _, run = begun(clock)
    assert (seen(job).rate, seen(job).left_s) == (None, None)
    clock.pass_by(seconds=10)
    with run.step():
        run.done, run.total = 60, 100
    assert (seen(job).rate, seen(job).left_s) == (2.0, 20.0)


def test_a_step_that_fails_keeps_nothing(clock: Clock) -> None:
    job = ask(kinds.copy, clock, upto=5)
    _, run = begun(clock)
    with pytest.raises(TypeError, match="not JSON serializable"):
        write(run, "row 0", cursor=clock)
    assert (rows(), texts(job), seen(job).cursor) == ([], [], None)
    run.log("kept", logging.WARNING)
    assert list(job.log.values_list("level", "text")) == [("WARNING", "kept")]


def test_looking_for_work_where_there_is_none_locks_nothing(clock: Clock, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2) as captured:
        assert not work_off(turn(clock))
    assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)
