"""The command sync: bring a site in step with its Jira now, and watch it."""

import signal
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sojourn.cli.app import AsJson, app, fail, print_json, say, use_store

if TYPE_CHECKING:
    from sojourn.jira.models import Connection
    from sojourn.jobs.models import Job

_BY = "the command line"


@app.command()
def sync(
    name: Annotated[str, typer.Argument(help="The connection. Default: all.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Read everything anew, not only what was changed.")] = False,
    project: Annotated[str, typer.Option(help="Only this project, by its key.")] = "",
    as_json: AsJson = False,
) -> None:
    """Bring the store in step with Jira now. The worker does the same every few minutes.

    Stop it with Ctrl-C, or in any other way: it goes on where it was, here or in a worker. Ends with 1 where a sync
    failed, or where work items had to be left out; these are listed.

    Examples:

      sojourn sync

      sojourn sync acme --project SUP

      sojourn sync acme --full --json
    """
    use_store()
    from sojourn.jira import connecting
    from sojourn.jira.models import Connection

    rows = [connecting.find(name)] if name else list(Connection.objects.select_related("site").order_by("name"))
    if not rows:
        fail("There is no connection yet; `sojourn connect` makes one.")
    if project and not name and len(rows) > 1:
        fail("--project needs the name of the connection.")
    stopping = Event()
    signal.signal(signal.SIGINT, lambda *_: _stop(stopping))
    signal.signal(signal.SIGTERM, lambda *_: _stop(stopping))
    told = [_sync(row, full, project, stopping) for row in rows if not stopping.is_set()]
    if as_json:
        print_json(told)
    if any(str(one["problem"]).startswith("project: ") for one in told):
        raise typer.Exit(2)
    raise typer.Exit(1 if stopping.is_set() or any(one["problem"] or one["left_out"] for one in told) else 0)


def _stop(stopping: Event) -> None:
    stopping.set()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _sync(row: "Connection", full: bool, project: str, stopping: Event) -> dict[str, Any]:
    from django.utils import timezone

    from sojourn.jira.sync import task

    wanted = {"connection": row.name, "full": full, "project": project, "hints": False}
    while True:
        job = task.ask(row.name, timezone.now(), full=full, project=project, by=_BY)
        if job.arguments != wanted:
            say(f"{row.name}: another sync of it is not finished; it goes first.")
        _watch(job, row.name, stopping)
        if job.arguments == wanted or stopping.is_set():
            return _told(row, job, stopping)


def _watch(job: "Job", name: str, stopping: Event) -> None:
    """Have the job run, and show how far it is, until it has ended."""
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from sojourn.jobs import here, shown

    runner = Thread(target=_run, args=[here.see_through, job.pk, timezone.now, stopping])
    runner.start()
    columns = (TextColumn(name), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=None)
        while runner.is_alive():
            job.refresh_from_db()
            progress.update(bar, completed=job.done, total=job.total, description=shown.progress(job))
            runner.join(0.3)
    job.refresh_from_db()


def _run(see_through: Any, *given: Any) -> None:
    from django.db import connection

    try:
        see_through(*given)
    finally:
        connection.close()


def _told(row: "Connection", job: "Job", stopping: Event) -> dict[str, Any]:
    """What became of a sync, said on stderr and as an answer."""
    from sojourn.history.models import Issue
    from sojourn.jira import again

    row.refresh_from_db()
    there = Issue.objects.filter(site=row.site, deleted_ms=None).count()
    left_out = [{"issue": one.issue, "reason": one.problem} for one in again.unread(row)]
    problem = job.problem
    if not problem and job.state != "finished":
        problem = "stopped; run the same command again to go on" if stopping.is_set() else f"it was {job.state}"
    say(f"{row.name}: {problem}" if problem else f"{row.name}: in step; {there:,} work items.")
    for one in left_out:
        say(f"{row.name}: left out: work item {one['issue']}: {one['reason']}")
    states = row.projects.filter(is_seen=True).order_by("key")
    projects = [
        {"key": one.key, "items": one.items, "read": one.done, "whole": one.is_whole, "drift": one.drift}
        for one in states
    ]
    return {
        "connection": row.name,
        "job": job.pk,
        "state": job.state,
        "problem": problem,
        "work_items": there,
        "projects": projects,
        "left_out": left_out,
    }
