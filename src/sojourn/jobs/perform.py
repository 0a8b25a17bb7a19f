"""Running jobs: the loop that takes one after the other."""

import logging

from sojourn.errors import UserError
from sojourn.jobs import queue
from sojourn.jobs.loops import Turn, drop_broken_connection
from sojourn.jobs.models import Job, State
from sojourn.jobs.run import CancelAsked, Lost, PutBack, Run

log = logging.getLogger(__name__)


def work_off(turn: Turn, number: int | None = None) -> bool:
    """Run the next job that is ready, or the one of a number; the answer is whether there was one."""
    queue.take_back(turn.clock())
    job = queue.claim(turn.worker, turn.clock(), turn.lease, number)
    if job is None:
        return False
    turn.claims.add(job.claim)
    try:
        _perform(job, turn)
    finally:
        turn.claims.discard(job.claim)
    return True


def _perform(job: Job, turn: Turn) -> None:
    """Call a job's function, and settle what became of it."""
    held = (job.pk, job.claim)
    run = Run(job, turn.clock, turn.stopping)
    try:
        job.task.task.call(run, **job.arguments)
    except CancelAsked:
        queue.end(*held, turn.clock(), State.CANCELLED)
    except PutBack as stop:
        queue.put_back(*held, turn.clock(), stop.until)
    except Lost:
        log.warning("job %s: another worker has it by now", job.pk)
    except UserError as error:
        queue.end(*held, turn.clock(), State.FAILED, str(error))
    except ImportError:
        log.exception("job %s", job.pk)
        queue.try_again(*held, turn.clock(), f"this version cannot load {job.task.task_path}")
    except Exception as error:
        # What it says may hold secrets of whoever raised it: it goes to the worker's log only.
        log.exception("job %s", job.pk)
        drop_broken_connection()
        queue.try_again(
            *held, turn.clock(), f"something went wrong: {type(error).__name__}; the worker's log says what"
        )
    else:
        queue.end(*held, turn.clock(), State.FINISHED)
