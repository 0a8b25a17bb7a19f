"""Running one job in this process, for who waits for it; a worker that is there may be quicker."""

import logging
import os
import socket
import uuid
from datetime import timedelta
from threading import Event, Thread

from django.db import connection

from sojourn.jobs import loops, queue
from sojourn.jobs.loops import Turn
from sojourn.jobs.models import UNFINISHED, Job
from sojourn.jobs.perform import work_off
from sojourn.jobs.run import Clock
from sojourn.jobs.worker import LEASE

_LOOK_S = 0.5
log = logging.getLogger(__name__)


def see_through(number: int, clock: Clock, stopping: Event, *, lease: timedelta = LEASE) -> None:
    """Return when a job has ended or `stopping` is set: run it, or wait for who runs it."""
    name = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    turn = Turn(name, clock, stopping, lease)
    ended = Event()
    alive = Thread(target=_stay_alive, args=[turn, ended], daemon=True)
    alive.start()
    try:
        while not stopping.is_set() and Job.objects.filter(pk=number, state__in=UNFINISHED).exists():
            if not work_off(turn, number):
                stopping.wait(_LOOK_S)
    finally:
        ended.set()
        alive.join()


def _stay_alive(turn: Turn, ended: Event) -> None:
    """Hold the job's lease while it runs."""
    while not ended.wait(turn.lease.total_seconds() / 3):
        try:
            queue.renew(list(turn.claims), turn.clock(), turn.lease)
        except Exception:
            log.exception("the heartbeat")
            loops.drop_broken_connection()
    connection.close()
