"""A worker: loops in threads, a heartbeat that keeps its leases, and an end in which nothing is lost.

When it has to stop, the steps that run end at the next place where nothing is half done. What is not done by then is
put back for others, and what its threads write afterwards is refused, since its claim is gone.
"""

import logging
import os
import socket
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from threading import Event, Lock, Thread

from django.db import connection

from sojourn.errors import UserError
from sojourn.jobs import loops, queue
from sojourn.jobs.loops import Loop, Tally, Turn
from sojourn.jobs.models import Job, WorkerState
from sojourn.jobs.run import Clock

LEASE = timedelta(seconds=30)
"""How long after the last sign of life of a worker others take up what it had."""

DRAIN_S = 8.0
"""How long running steps have to come to an end."""

LAST_WORDS_S = 1.5
"""How long the store has, after that, to take back what is not done. Together a worker ends within 10 seconds."""

_FORGET = timedelta(days=1)
_LOOK_S = 5.0
log = logging.getLogger(__name__)


class Worker:
    """Runs loops until `stopping` is set."""

    def __init__(
        self,
        every: Sequence[Loop],
        clock: Clock,
        stopping: Event,
        *,
        lease: timedelta = LEASE,
        drain_s: float = DRAIN_S,
    ) -> None:
        name = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._turn = Turn(name, clock, stopping, lease)
        self._loops = every
        self._drain_s = drain_s
        self._turns: set[str] = set()
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self._lock = Lock()

    def run(self, *, is_only: bool = False) -> None:
        """Run the loops; where this is the only worker there can be, what others left running is taken up at once."""
        now = self._turn.clock()
        if is_only:
            queue.take_back(now, everything=True)
            loops.free_all()
        WorkerState.objects.filter(seen_at__lt=now - _FORGET).delete()
        WorkerState.objects.create(
            name=self._turn.worker, host=socket.gethostname(), pid=os.getpid(), started_at=now, seen_at=now
        )
        threads = [
            _start(partial(self._go_round, loop), loop.name) for loop in self._loops for _ in range(loop.threads)
        ]
        _start(self._stay_alive, "heartbeat")
        self._turn.stopping.wait()
        self._drain(threads)

    def _go_round(self, loop: Loop) -> None:
        pause = min(loop.every_s, _LOOK_S) if loop.shared else loop.every_s
        while not self._turn.stopping.is_set():
            if not self._step(loop):
                self._turn.stopping.wait(pause)
        connection.close()

    def _step(self, loop: Loop) -> bool:
        """Take a step, and count what became of it: an error ends a step, never a loop."""
        problem, more = "", False
        try:
            if loop.shared and not loops.take_turn(loop, self._turn):
                return False
            more = self._shared(loop) if loop.shared else loop.step(self._turn)
        except UserError as error:
            problem = str(error)
            log.warning("the loop %s: %s", loop.name, problem)
        except Exception as error:
            problem = type(error).__name__
            log.exception("the loop %s", loop.name)
            loops.drop_broken_connection()
        with self._lock:
            self._tallies[loop.name].add(self._turn.clock(), problem)
        return more

    def _shared(self, loop: Loop) -> bool:
        begun = self._turn.clock()
        self._turns.add(loop.name)
        due_at = begun + timedelta(seconds=loop.every_s)
        try:
            more = loop.step(self._turn)
            due_at = begun if more else due_at
        finally:
            self._turns.discard(loop.name)
            loops.pass_on(loop, self._turn, due_at)
        return more

    def _stay_alive(self) -> None:
        every_s = self._turn.lease.total_seconds() / 3
        while not self._turn.stopping.wait(every_s):
            self._try(self._beat)

    def _try(self, what: Callable[[], None]) -> None:
        """Do what may be left out once: it is done again, or the leases end by themselves."""
        try:
            what()
        except Exception:
            log.exception("the heartbeat")
            loops.drop_broken_connection()

    def _beat(self) -> None:
        now, lease = self._turn.clock(), self._turn.lease
        queue.renew(list(self._turn.claims), now, lease)
        loops.renew(list(self._turns), self._turn.worker, now + lease)
        WorkerState.objects.filter(name=self._turn.worker).update(seen_at=now)
        self._keep_tallies()

    def _keep_tallies(self) -> None:
        with self._lock:
            tallies, self._tallies = self._tallies, defaultdict(Tally)
        for name, tally in tallies.items():
            loops.keep(name, tally)

    def _drain(self, threads: list[Thread]) -> None:
        end = time.monotonic() + self._drain_s
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        # In a thread: whatever the store does, the end does not wait for it.
        _start(lambda: self._try(self._last_words), "last words").join(LAST_WORDS_S)

    def _last_words(self) -> None:
        now = self._turn.clock()
        for number, claim in Job.objects.filter(claim__in=list(self._turn.claims)).values_list("pk", "claim"):
            queue.put_back(number, claim, now)
        for loop in self._loops:
            if loop.name in self._turns:
                loops.pass_on(loop, self._turn, now)
        WorkerState.objects.filter(name=self._turn.worker).update(seen_at=now, ended_at=now)
        self._keep_tallies()
        connection.close()


def _start(target: Callable[[], None], name: str) -> Thread:
    thread = Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
