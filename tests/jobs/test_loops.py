"""Loops of which one worker takes a step at a time, what becomes of errors, and what is kept of both."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection

from sojourn.errors import UserError
from sojourn.jobs import loops, worker
from sojourn.jobs.alone import alone
from sojourn.jobs.loops import Loop, Tally
from sojourn.jobs.models import LoopState, WorkerState
from sojourn.jobs.worker import Worker
from tests.jobs.working import LEASE, Clock, turn


def nothing(_: object) -> bool:
    return False


HOURLY = Loop("hourly", 3600, nothing, shared=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.django_db
def test_of_many_workers_one_takes_the_turn(clock: Clock) -> None:
    first, second = turn(clock, "w1"), turn(clock, "w2")
    assert loops.take_turn(HOURLY, first)
    assert not loops.take_turn(HOURLY, second)
    loops.pass_on(HOURLY, second, clock())
    assert not loops.take_turn(HOURLY, second)
    loops.pass_on(HOURLY, first, clock() + timedelta(hours=1))
    assert not loops.take_turn(HOURLY, second)
    clock.pass_by(hours=1)
    assert loops.take_turn(HOURLY, second)


@pytest.mark.django_db
def test_a_turn_whose_worker_was_lost_is_taken_by_another(clock: Clock) -> None:
    assert loops.take_turn(HOURLY, turn(clock, "w1"))
    clock.pass_by(seconds=29)
    loops.renew(["hourly"], "w2", clock() + LEASE)
    loops.renew(["hourly"], "w1", clock() + LEASE)
    clock.pass_by(seconds=29)
    assert not loops.take_turn(HOURLY, turn(clock, "w2"))
    clock.pass_by(seconds=1)
    assert loops.take_turn(HOURLY, turn(clock, "w2"))


@pytest.mark.django_db
def test_the_only_worker_there_can_be_frees_all_turns(clock: Clock) -> None:
    assert loops.take_turn(HOURLY, turn(clock, "w1"))
    loops.free_all()
    assert loops.take_turn(HOURLY, turn(clock, "w2"))


@pytest.mark.django_db
def test_tallies_of_workers_add_up(clock: Clock) -> None:
    for problems in (["", "", "no"], ["no", ""]):
        tally = Tally()
        for problem in problems:
            clock.pass_by(seconds=1)
            tally.add(clock(), problem)
        loops.keep("a", tally)
    found = LoopState.objects.get(name="a")
    assert (found.runs, found.failures, found.problem) == (5, 2, "")
    assert found.run_at == found.success_at == clock()
    tally = Tally()
    tally.add(clock(), "broken")
    loops.keep("a", tally)
    found.refresh_from_db()
    assert (found.failures, found.problem, found.success_at) == (3, "broken", clock())


def run_until(every: list[Loop], is_enough: Callable[[], bool], clock: Clock) -> None:
    """Run a worker in this process, in threads of its own, until its loops did enough."""
    stopping = Event()
    one = Worker(every, clock, stopping)

    def work() -> None:
        try:
            one.run(is_only=True)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        deadline = threading.Event()
        for _ in range(600):
            if is_enough():
                break
            deadline.wait(0.05)
        assert is_enough()
    finally:
        stopping.set()
        thread.join(15)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_errors_end_a_step_but_never_a_loop(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    steps: list[str] = []
    errors = {"told": UserError("the feed is gone"), "strange": RuntimeError("hunter2")}

    def step_of(name: str) -> Callable[[object], bool]:
        def step(_: object) -> bool:
            steps.append(name)
            if steps.count(name) < 3:
                raise errors[name]
            return False

        return step

    every = [Loop(name, 0.01, step_of(name)) for name in errors]
    every.append(Loop("shared", 3600, lambda _: steps.append("shared") or steps.count("shared") < 4, shared=True))
    caplog.set_level(logging.WARNING)
    run_until(every, lambda: all(steps.count(name) > 3 for name in (*errors, "shared")), clock)
    assert steps.count("shared") == 4
    for name in errors:
        found = LoopState.objects.get(name=name)
        assert (found.failures, found.problem) == (2, "")
        assert found.runs >= 4
    assert LoopState.objects.get(name="shared").due_at == clock() + timedelta(hours=1)
    assert "the loop told: the feed is gone" in caplog.text
    assert "RuntimeError: hunter2" in caplog.text
    seen = WorkerState.objects.get()
    assert (seen.seen_at, seen.ended_at) == (clock(), clock())


@pytest.mark.django_db(transaction=True)
def test_workers_of_the_day_before_are_forgotten(clock: Clock) -> None:
    for hours in (0, 1, 25):
        clock.now = Clock().now + timedelta(hours=hours)
        run_until([Loop("a", 0.01, nothing)], lambda: True, clock)
    assert WorkerState.objects.count() == 2


def test_what_an_end_may_take_is_less_than_ten_seconds() -> None:
    assert worker.DRAIN_S + worker.LAST_WORDS_S < 10


def test_a_lock_is_held_by_one_and_waited_for(tmp_path: object) -> None:
    path = tmp_path / "lock"  # type: ignore[operator]
    waited: list[str] = []
    stopping = Event()
    with alone(path, stopping, lambda: waited.append("first")) as has:
        assert has
        stopping.set()
        with alone(path, stopping, lambda: waited.append("second"), look_s=0.01) as has_too:
            assert not has_too
    with alone(path, stopping, lambda: waited.append("third")) as has:
        assert has
    assert waited == ["second"]
