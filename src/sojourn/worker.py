"""The worker's loops, and running them as a process: a row in `LOOPS` is a loop."""

import logging
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Event

from django.conf import settings
from django.db import connection
from django.utils import timezone

from sojourn import net
from sojourn.access import browsing
from sojourn.calendars.refresh import refresh
from sojourn.errors import UserError
from sojourn.feeds import consents
from sojourn.history import condense
from sojourn.jira import webhook
from sojourn.jira.sync.due import ask_for_due
from sojourn.jobs import queue
from sojourn.jobs.alone import alone
from sojourn.jobs.loops import Loop, Turn
from sojourn.jobs.models import State
from sojourn.jobs.perform import work_off
from sojourn.jobs.worker import Worker
from sojourn.sla.watch import AT_ONCE, watch

KEEP_JOBS = timedelta(days=30)
KEEP_DONE = timedelta(days=1)
"""How long jobs are kept after their end, and those that did what they should: with webhooks there are thousands."""

_HOUR_S = 3600.0
_WAITS = "Another worker runs on this store, and SQLite takes one: this one waits until that one ends."
log = logging.getLogger(__name__)


def _refresh_holidays(turn: Turn) -> bool:
    """Read the holiday feeds that were not read for a day; raises UserError for those that fail, all tried."""
    problems = []
    for done in refresh(net.Openings.of(settings.SOJOURN_ALLOW_PRIVATE), now=turn.clock()):
        if done.problem:
            problems.append(f"{done.name} was not refreshed: {done.problem}")
        else:
            log.info("%s: %s holidays", done.name, done.count)
    if problems:
        raise UserError("; ".join(problems))
    return False


def _forget_jobs(turn: Turn) -> bool:
    queue.prune(turn.clock() - KEEP_JOBS)
    queue.prune(turn.clock() - KEEP_DONE, [State.FINISHED])
    return False


def _ask_for_syncs(turn: Turn) -> bool:
    ask_for_due(turn.clock())
    return False


def _watch_clocks(turn: Turn) -> bool:
    return watch(round(turn.clock().timestamp() * 1000)) == AT_ONCE


def _forget_webhooks(turn: Turn) -> bool:
    webhook.prune(turn.clock() - webhook.KEEP)
    return False


def _ask_for_permissions(turn: Turn) -> bool:
    browsing.refresh_used(turn.clock())
    browsing.prune(turn.clock())
    return False


def _forget_tokens(turn: Turn) -> bool:
    consents.forget_over(turn.clock())
    return False


def _condense(_: Turn) -> bool:
    return condense.step()


LOOPS = (
    Loop("jobs", 1, work_off, threads=2),
    Loop("due clocks", 1, _watch_clocks),
    Loop("sync", 5, _ask_for_syncs, shared=True),
    Loop("permissions", 30, _ask_for_permissions, shared=True),
    Loop("holiday feeds", _HOUR_S, _refresh_holidays, shared=True),
    Loop("old jobs", _HOUR_S, _forget_jobs, shared=True),
    Loop("old webhooks", _HOUR_S, _forget_webhooks, shared=True),
    Loop("old tokens", _HOUR_S, _forget_tokens, shared=True),
    Loop("segments", _HOUR_S / 6, _condense, shared=True),
)


def run(say: Callable[[str], None], stopping: Event) -> None:
    """Run the loops until `stopping` is set, or SIGTERM or SIGINT comes; ends within 10 seconds then.

    On SQLite one worker runs at a time: another waits for its end, and says so.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    is_only = connection.vendor == "sqlite"
    with _place(say, stopping) if is_only else nullcontext(enter_result=True) as has_place:
        if has_place:
            say("The worker runs.")
            Worker(LOOPS, timezone.now, stopping).run(is_only=is_only)


def _place(say: Callable[[str], None], stopping: Event) -> AbstractContextManager[bool]:
    """The one place for a worker on SQLite, once it is free."""
    return alone(Path(f"{connection.settings_dict['NAME']}.worker"), stopping, lambda: say(_WAITS))
