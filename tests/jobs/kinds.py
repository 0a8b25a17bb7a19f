"""Jobs for the tests: what they do is written down as sites, which need nothing else."""

import time
from datetime import timedelta
from typing import Any

from django_tasks import task

from sojourn.errors import UserError
from sojourn.history.models import Site
from sojourn.jobs.run import PutBack, Run


@task(takes_context=True)
def copy(context: Run, upto: int, tag: str = "row") -> None:
    """Make a row for each number, three in a step; goes on at the cursor."""
    context.total = upto
    while (first := context.cursor or 0) < upto:
        with context.step():
            last = min(first + 3, upto)
            for number in range(first, last):
                Site.objects.create(name=f"{tag} {number}")
            context.cursor, context.done, context.line = last, last, f"up to {last}"
            context.log(f"{first} to {last}")


@task(takes_context=True)
def refuse(context: Run, **_: Any) -> None:
    """Fail for a reason that a person can put right."""
    raise UserError("the token is not right")


@task(takes_context=True)
def break_down(context: Run, after: int = 0) -> None:
    """Fail for a reason nobody thought of, having got `after` steps further than before."""
    for _ in range(after):
        with context.step():
            context.cursor = (context.cursor or 0) + 1
    raise RuntimeError("https://user:hunter2@example.com")


@task(takes_context=True)
def wait_for_tomorrow(context: Run) -> None:
    """End when called the second time; the first time, ask to be called tomorrow."""
    if context.cursor is None:
        with context.step():
            context.cursor = "called"
        raise PutBack(context.now() + timedelta(days=1))


@task(takes_context=True)
def slow(context: Run) -> None:
    """Twenty steps a second, until there is a row that says that it is enough."""
    while not Site.objects.filter(name="enough").exists():
        with context.step():
            context.cursor = context.done = (context.cursor or 0) + 1
            Site.objects.create(name=f"slow {context.cursor}")
        time.sleep(0.05)


@task(takes_context=True)
def deaf(context: Run) -> None:
    """Wait in a step for the end of the process, and write something afterwards."""
    with context.step():
        context.log("waiting")
    with context.step():
        time.sleep(60)
        context.log("too late")
