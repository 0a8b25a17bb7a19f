"""Loops: what workers do again and again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from django.db import connection
from django.db.models import F, Q

from sojourn.jobs.models import LoopState
from sojourn.jobs.run import Clock


@dataclass(frozen=True, slots=True)
class Turn:
    """What a step of a loop has in hand: who runs it, the clock, when to stop, and the claims that are kept alive."""

    worker: str
    clock: Clock
    stopping: Event
    lease: timedelta
    claims: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Loop:
    """A step that is taken again `every_s` seconds, or at once where it answers that there is more to do.

    Of a loop that is `shared`, one of all workers takes a step each time, and the interval holds over restarts; a step
    that is killed is taken again by another. Of others, every worker takes steps, in as many `threads`.
    """

    name: str
    every_s: float
    step: Callable[[Turn], bool]
    shared: bool = False
    threads: int = 1


@dataclass(slots=True)
class Tally:
    """What became of the steps of a loop since it was last kept."""

    runs: int = 0
    failures: int = 0
    run_at: datetime | None = None
    success_at: datetime | None = None
    problem: str = ""

    def add(self, now: datetime, problem: str) -> None:
        """Count a step; one without a problem is a success."""
        self.runs += 1
        self.failures += bool(problem)
        self.run_at = now
        self.success_at = self.success_at if problem else now
        self.problem = problem


def keep(name: str, tally: Tally) -> None:
    """Add a tally to what is known of a loop."""
    LoopState.objects.get_or_create(name=name)
    counts = {"runs": F("runs") + tally.runs, "failures": F("failures") + tally.failures}
    instants = {"run_at": tally.run_at} | ({"success_at": tally.success_at} if tally.success_at else {})
    LoopState.objects.filter(name=name).update(problem=tally.problem, **counts, **instants)


def take_turn(loop: Loop, turn: Turn) -> bool:
    """Whether it is this worker that takes the step of a shared loop now."""
    now = turn.clock()
    LoopState.objects.get_or_create(name=loop.name)
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = Q(due_at=None) | Q(due_at__lte=now)
    mine = {"worker": turn.worker, "lease_until": now + turn.lease}
    return bool(LoopState.objects.filter(free & due, name=loop.name).update(**mine))


def pass_on(loop: Loop, turn: Turn, due_at: datetime) -> None:
    """Let any worker take the next step of a shared loop, when it is due."""
    LoopState.objects.filter(name=loop.name, worker=turn.worker).update(lease_until=None, due_at=due_at)


def renew(names: list[str], worker: str, until: datetime) -> None:
    """Hold the turns of shared loops for longer."""
    LoopState.objects.filter(name__in=names, worker=worker).exclude(lease_until=None).update(lease_until=until)


def free_all() -> None:
    """End all turns: whoever had one is gone."""
    LoopState.objects.exclude(lease_until=None).update(lease_until=None)


def drop_broken_connection() -> None:
    """Let go of a connection to the store that broke, so that the next query makes another."""
    if not connection.is_usable():
        connection.close()
