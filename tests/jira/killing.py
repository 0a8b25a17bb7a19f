"""Syncs as processes that are killed: run as a program, with a store in the environment.

`sync URL KILLS SEED` syncs the Jira at an address in children of which each is killed, before a statement to the store
or a call to Jira that chance names, until so many were; then one ends undisturbed. Prints what was seen, and the dump.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

from sojourn.cli.app import use_store

MOST_STATEMENTS, MOST_CALLS = 200, 42
"""How far a process gets at most before it is killed: some batches."""


def sync(url: str, kills: int, seed: int) -> None:
    from sojourn.history.dump import lines
    from sojourn.jira.sync import past, reading, task
    from tests.jira.syncing import connect
    from tests.jobs.working import Clock

    reading.MOST_ITEMS, past.LONG = 200, 10**9
    clock, chance, killed, unkilled, reached = Clock(), random.Random(seed), 0, 0, 0
    connect("acme", url, "cloud")
    job = task.ask("acme", clock())
    while True:
        ways = ((chance.randint(1, MOST_STATEMENTS), 0), (0, chance.randint(1, MOST_CALLS)))
        place = (0, 0) if killed == kills else chance.choice(ways)
        if _in_child(place, clock):
            killed += 1
            job.refresh_from_db()
            reached = job.done
        else:
            unkilled += 1
        clock.pass_by(minutes=1)
        job.refresh_from_db()
        if job.state not in ("queued", "running"):
            break
    told = {"killed": killed, "unkilled": unkilled, "reached": reached, "state": job.state, "problem": job.problem}
    print(json.dumps(told))
    print(*lines(), sep="\n")


def _in_child(place: tuple[int, int], clock: Any) -> bool:
    """Whether a process that does what is ready was killed at the statement or the call of that place."""
    from django.db import connection

    connection.close()
    child = os.fork()
    if child == 0:
        _work_until(place, clock)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def _work_until(place: tuple[int, int], clock: Any) -> None:
    from django.db import connection

    from sojourn.jira.transport import Transport
    from tests.jobs.working import work

    statements, calls = place

    def execute(run: Any, *given: Any) -> Any:
        nonlocal statements
        statements -= 1
        if statements == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(*given)

    send = Transport.__call__

    def call(self: Transport, request: Any) -> Any:
        nonlocal calls
        calls -= 1
        if calls == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return send(self, request)

    Transport.__call__ = call  # type: ignore[method-assign]
    with connection.execute_wrapper(execute):
        work(clock)
    os._exit(0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    use_store()
    sync(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
