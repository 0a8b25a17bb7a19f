"""Commands about background jobs: jobs list, show, cancel, retry."""

from typing import Annotated

import typer

from sojourn.cli.app import AsJson, app, print_json, say, use_store

_HELP = """What is done in the background: how far it is, and what went wrong.

Examples:

  sojourn jobs list --state failed

  sojourn jobs show 12
"""
_BY = "the command line"
jobs_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(jobs_app, name="jobs")

Number = Annotated[int, typer.Argument(help="The job's number, as `sojourn jobs list` shows it.")]


@jobs_app.command(name="list")
def list_jobs(
    state: Annotated[str, typer.Option(help="Only queued, running, finished, failed or cancelled ones.")] = "",
    kind: Annotated[str, typer.Option(help="Only those of a kind.")] = "",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the jobs, the newest first.

    Examples:

      sojourn jobs list

      sojourn jobs list --state failed --json
    """
    use_store()
    from sojourn.jobs import shown

    found = list(shown.listed(state, kind)[: limit + 1])
    if len(found) > limit:
        say(f"There are more: these are the newest {limit}; --limit shows more.")
    if as_json:
        print_json([shown.as_json(job) for job in found[:limit]])
    for job in () if as_json else found[:limit]:
        typer.echo(f"{job.pk}\t{job.kind}\t{job.state}\t{job.problem or shown.progress(job)}")


@jobs_app.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show a job with its log.

    Examples:

      sojourn jobs show 12
    """
    use_store()
    from sojourn.jobs import shown

    job = shown.find(number)
    told, log = shown.as_json(job), shown.log_of(job)
    if as_json:
        print_json({**told, "log": log})
        return
    for name, value in told.items():
        if value not in (None, "", False, {}):
            typer.echo(f"{name.replace('_', ' ')}: {value}")
    for line in log:
        typer.echo(f"{line['at']} {line['level']} {line['text']}")


@jobs_app.command()
def cancel(number: Number) -> None:
    """End a job. One that runs ends at its next step; one that has failed is no longer told as a problem.

    Examples:

      sojourn jobs cancel 12
    """
    use_store()
    from django.utils import timezone

    from sojourn.jobs import queue
    from sojourn.jobs.models import State

    job = queue.cancel(number, timezone.now(), _BY)
    say("It ends at its next step." if job.state == State.RUNNING else f"Job {number} is cancelled.")


@jobs_app.command()
def retry(number: Number) -> None:
    """Begin a job that failed or was cancelled once more, where it was.

    Examples:

      sojourn jobs retry 12
    """
    use_store()
    from django.utils import timezone

    from sojourn.jobs import queue

    queue.retry(number, timezone.now(), _BY)
    say(f"Job {number} is queued.")
