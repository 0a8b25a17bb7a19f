"""Workers in processes of their own, killed and told to stop."""

import json
import signal
import subprocess

import pytest

from tests.jobs.stores import COMMAND, Store, until

LEASE_S = 2
WORKERS = "SELECT worker_ids FROM django_tasks_database_dbtaskresult"
STEPS = ["0 to 3", "3 to 6", "6 to 9", "9 to 12"]
UNDISTURBED = {"state": "finished", "done": 12, "cursor": 12, "rows": 12, "steps": STEPS}


def test_a_job_killed_at_any_statement_ends_as_if_nothing_had_happened(shared_store: Store) -> None:
    *killed, last = json.loads(shared_store.run("once"))
    assert len(killed) > 30
    assert killed == [{"killed": True, **UNDISTURBED}] * len(killed)
    assert last == {"killed": False, **UNDISTURBED}


@pytest.mark.parametrize("place", [20, 24])
def test_a_job_killed_again_and_again_ends_all_the_same(shared_store: Store, place: int) -> None:
    found = json.loads(shared_store.run("again_and_again", place))
    assert found.pop("kills") >= 5
    steps = [f"{first} to {first + 3}" for first in range(0, 60, 3)]
    assert found == {"state": "finished", "done": 60, "cursor": 60, "rows": 60, "steps": steps}


def end(worker: "subprocess.Popen[str]") -> str:
    """Tell a worker to stop; what it wrote to stderr is the answer."""
    worker.send_signal(signal.SIGTERM)
    err = worker.communicate(timeout=60)[1]
    assert worker.returncode == 0, err
    return err


def test_two_workers_never_run_one_job_twice(shared_store: Store, is_postgres: bool) -> None:
    shared_store.ask("copy", 100, upto=12)
    workers = [shared_store.start("work", 30) for _ in range(2 if is_postgres else 1)]
    until(lambda: set(shared_store.states) == {"finished"})
    for worker in workers:
        end(worker)
    assert sorted(shared_store.log) == sorted(STEPS * 100)
    tried = [json.loads(one) if isinstance(one, str) else one for one in shared_store.query(WORKERS)]
    assert [len(names) for names in tried] == [1] * 100
    assert shared_store.query("SELECT count(*) FROM history_site WHERE name LIKE 'job%'") == [1200]


def test_what_a_killed_worker_had_is_taken_up_by_another(shared_store: Store) -> None:
    shared_store.ask("slow")
    for _ in range(3):
        before = shared_store.done
        worker = shared_store.start("work", LEASE_S)
        until(lambda before=before: shared_store.done > before)
        worker.kill()
        worker.communicate()
    shared_store.enough()
    worker = shared_store.start("work", LEASE_S)
    until(lambda: shared_store.states == ["finished"])
    end(worker)
    assert shared_store.query("SELECT count(*) FROM history_site WHERE name LIKE 'slow %'") == [shared_store.done]
    assert shared_store.log == ["Its worker was lost."] * 3


def test_a_worker_that_is_told_to_stop_puts_back_what_it_has(shared_store: Store) -> None:
    shared_store.ask("slow")
    worker = shared_store.start("work", 30)
    until(lambda: shared_store.done > 0)
    assert "Traceback" not in end(worker)
    assert (shared_store.states, shared_store.log) == (["queued"], [])
    assert shared_store.query("SELECT attempts FROM jobs_job") == [0]
    shared_store.enough()
    worker = shared_store.start("work", 30)
    until(lambda: shared_store.states == ["finished"])
    end(worker)


def test_a_job_that_does_not_listen_does_not_hold_up_the_end(shared_store: Store, is_postgres: bool) -> None:
    shared_store.ask("deaf")
    worker = shared_store.start("work", 30)
    until(lambda: shared_store.log != [])
    end(worker)
    assert shared_store.log == ["waiting"]
    # SQLite has one writer, which that job was: the next worker, which is the only one then, takes it up at its start.
    assert shared_store.states == ["queued" if is_postgres else "running"]


RUNS = "The worker runs.\n"
WAITS = "Another worker runs on this store, and SQLite takes one: this one waits until that one ends.\n"


def command(store: Store, says: str = RUNS) -> "subprocess.Popen[str]":
    """The command worker, once it has said something."""
    worker = store.start("worker", command=COMMAND)
    assert worker.stderr
    assert worker.stderr.readline() == says
    return worker


def test_the_command_runs_jobs_and_ends_when_told(shared_store: Store) -> None:
    shared_store.ask("copy", 1, upto=3)
    worker = command(shared_store)
    until(lambda: shared_store.states == ["finished"])
    assert end(worker) == ""
    assert shared_store.query("SELECT count(*) FROM jobs_workerstate WHERE ended_at IS NOT NULL") == [1]
    found = shared_store.query("SELECT name, failures, problem FROM jobs_loopstate ORDER BY name")
    names = ["due clocks", "holiday feeds", "jobs", "old jobs", "old tokens", "old webhooks"]
    names += ["permissions", "segments", "sync"]
    assert found == [(name, 0, "") for name in names]


def test_on_sqlite_a_second_worker_waits_for_the_first_and_takes_over(shared_store: Store, is_postgres: bool) -> None:
    shared_store.ask("slow")
    first = command(shared_store)
    until(lambda: shared_store.done > 0)
    second = command(shared_store, RUNS if is_postgres else WAITS)
    if not is_postgres:
        assert shared_store.query("SELECT count(*) FROM jobs_workerstate") == [1]
    first.kill()
    first.communicate()
    shared_store.enough()
    until(lambda: shared_store.states == ["finished"])
    end(second)


def test_a_worker_that_waits_ends_when_told(shared_store: Store, is_postgres: bool) -> None:
    first = command(shared_store)
    second = command(shared_store, RUNS if is_postgres else WAITS)
    assert end(second) == ""
    assert end(first) == ""
