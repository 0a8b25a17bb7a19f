"""Workers as processes that are killed: run as a program, with a store in the environment.

`once` and `again_and_again N` kill processes at chosen statements; `work LEASE_S` runs a worker until SIGTERM;
`ask KIND COUNT ARGUMENTS` asks for jobs.
"""

import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

from sojourn.cli.app import use_store

UPTO = 12


def once() -> None:
    """Die once, at the n-th statement, for every n a job takes; then let another process finish."""
    from tests.jobs import kinds
    from tests.jobs.working import Clock, ask

    clock, place, told = Clock(), 0, []
    while not told or told[-1]["killed"]:
        place += 1
        job = ask(kinds.copy, clock, upto=UPTO, tag=f"die{place}")
        killed = _in_child(place, clock)
        clock.pass_by(minutes=1)
        _in_child(0, clock)
        told.append({"killed": killed, **_told(job, f"die{place}")})
    print(json.dumps(told))


def again_and_again(place: int) -> None:
    """Die at the n-th statement of every process, until the job is done: each gets a little further."""
    from tests.jobs import kinds
    from tests.jobs.working import Clock, ask

    clock, kills = Clock(), 0
    job = ask(kinds.copy, clock, upto=5 * UPTO)
    while _in_child(place, clock):
        kills += 1
        clock.pass_by(minutes=1)
    print(json.dumps({"kills": kills, **_told(job, "row")}))


def _told(job: Any, tag: str) -> dict[str, Any]:
    from tests.jobs.working import rows, seen, texts

    job = seen(job)
    steps = [text for text in texts(job) if " to " in text]
    return {"state": job.state, "done": job.done, "cursor": job.cursor, "rows": len(rows(tag)), "steps": steps}


def _in_child(place: int, clock: Any) -> bool:
    """Whether a process that works off what is ready, and dies before the statement of that place, was killed."""
    from django.db import connection

    connection.close()
    child = os.fork()
    if child == 0:
        _work_until(place, clock)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def _work_until(place: int, clock: Any) -> None:
    """Run what is ready, and die before the statement of that place."""
    from django.db import connection

    from tests.jobs.working import work

    left = place

    def die(execute: Any, *given: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*given)

    with connection.execute_wrapper(die):
        work(clock)
    os._exit(0)


def work(lease_s: int) -> None:
    from django.utils import timezone

    from sojourn.jobs.loops import Loop
    from sojourn.jobs.perform import work_off
    from sojourn.jobs.worker import Worker

    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    print("ready", flush=True)
    jobs = Loop("jobs", 0.05, work_off, threads=2)
    Worker([jobs], timezone.now, stopping, lease=timedelta(seconds=lease_s), drain_s=2).run()


def ask_for(kind: str, count: int, **arguments: Any) -> None:
    from django.utils import timezone

    from sojourn.jobs import queue
    from tests.jobs import kinds

    for number in range(count):
        tag = {"tag": f"job{number}"} if kind == "copy" else {}
        queue.ask(getattr(kinds, kind), {**arguments, **tag}, now=timezone.now())


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    use_store()
    command, *words = sys.argv[1:]
    if command == "ask":
        ask_for(words[0], int(words[1]), **json.loads(words[2]))
    else:
        {"once": once, "again_and_again": again_and_again, "work": work}[command](*map(int, words))
