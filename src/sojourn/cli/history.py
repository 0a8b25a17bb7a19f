"""Commands that fill the store and empty it: import, dump."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sojourn.cli.app import AsJson, app, print_json, say, use_store

if TYPE_CHECKING:
    from sojourn.jira.eventlog import LogOptions
    from sojourn.jira.files import Source
    from sojourn.jira.importer import Outcome


@app.command(name="import")
def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: .json, .jsonl, .csv, .xes, plain or .gz.")],
    site: Annotated[str | None, typer.Option(help="The site they go to. Default: the file's own, or Imported.")] = None,
    file_format: Annotated[str, typer.Option("--format", help="auto, jira, csv or xes.")] = "auto",
    strict: Annotated[bool, typer.Option(help="Stop at the first record that cannot be read.")] = False,
    case: Annotated[str | None, typer.Option(help="CSV: the column that names the work item.")] = None,
    activity: Annotated[str | None, typer.Option(help="CSV: the column with the status it enters.")] = None,
    timestamp: Annotated[str | None, typer.Option(help="CSV: the column with the time.")] = None,
    resource: Annotated[str | None, typer.Option(help="CSV: the column with who did it.")] = None,
    assignee: Annotated[str | None, typer.Option(help="CSV: the column with who has it from then on.")] = None,
    timestamp_format: Annotated[str | None, typer.Option(help="CSV: the form of times, as for strptime.")] = None,
    zone: Annotated[str, typer.Option(help="Logs: the zone of times that name none.")] = "UTC",
    project: Annotated[str, typer.Option(help="Logs: the key of the project the work items go to.")] = "LOG",
    lifecycle: Annotated[str, typer.Option(help="XES: the transition whose events count, or all.")] = "complete",
    as_json: AsJson = False,
) -> None:
    """Import a history: Jira's REST JSON in any shape, or an event log as CSV or XES.

    What is stored already is recognised: run it again after an interruption, or with newer files. Ends with 1 where
    records were left out, and lists them.

    Examples:

      sojourn import export.jsonl

      sojourn import issues/ changelogs/ --site example.atlassian.net

      sojourn import tickets.csv --case "Ticket" --activity "New status" --zone Europe/Berlin

      sojourn import purchases.xes.gz
    """
    use_store()
    from sojourn.errors import Refused
    from sojourn.jira import files
    from sojourn.jira.eventlog import Columns, LogOptions

    if file_format not in ("auto", "jira", "csv", "xes"):
        raise Refused("--format", f"{file_format!r} is not one of auto, jira, csv, xes")
    columns = Columns(case, activity, timestamp, resource, assignee)
    log = LogOptions(columns, zone, timestamp_format, project, lifecycle)
    sources = files.find(paths, file_format)
    log = _settle_columns(sources, log, paths)
    outcome = _import(sources, site, log, strict)
    for problem in outcome.problems:
        say(f"left out: {problem}")
    _summarise(outcome, as_json)
    raise typer.Exit(1 if outcome.problems else 0)


def _settle_columns(sources: "list[Source]", log: "LogOptions", named: list[Path]) -> "LogOptions":
    """Check the zone and the columns of every log before anything is imported, and show what was taken for what.

    A file that was named must be a log; one found in a folder that is none is left out, and the import says so.
    """
    from zoneinfo import ZoneInfo

    from sojourn.errors import Refused, UserError
    from sojourn.jira import eventlog

    try:
        ZoneInfo(log.zone)
    except (KeyError, OSError, ValueError):
        raise Refused("--zone", f"{log.zone!r} is not a time zone; write one such as Europe/Berlin") from None
    for source in sources:
        if source.format == "csv":
            try:
                columns = eventlog.settle(log.columns, eventlog.header(source))
            except Refused:
                continue
            except UserError as error:
                if source.path in named:
                    raise UserError(f"{source.path}: {error}") from error
                continue
            say(f"{source.path}: {columns}, zone = {log.zone}")
    return log


def _import(sources: "list[Source]", site: str | None, log: "LogOptions", strict: bool) -> "Outcome":
    from django.conf import settings
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from sojourn.history.condense import condense
    from sojourn.jira.importer import Importer
    from sojourn.jira.payload import Reader

    reader = Reader(settings.SOJOURN_CUSTOM_FIELDS, keep_texts=settings.SOJOURN_KEEP_TEXTS)
    importer: Importer
    columns = (
        *(TextColumn("Importing"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")),
        *(TextColumn("{task.fields[items]:,} work items, {task.fields[rate]:,.0f} a second"), TimeRemainingColumn()),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=sum(source.size for source in sources) or 1, items=0, rate=0.0)

        def show(outcome: "Outcome") -> None:
            elapsed = progress.tasks[task].elapsed or 1
            progress.update(
                task, completed=outcome.bytes_read, items=outcome.items, rate=outcome.items / max(elapsed, 0.001)
            )

        importer = Importer(reader, site=site, log=log, strict=strict, on_progress=show, now=timezone.now())
        try:
            outcome = importer.run(sources)
        except KeyboardInterrupt:
            say("Stopped. What was imported is stored; run the same command again to go on.")
            raise typer.Exit(1) from None
        show(outcome)
    condense()
    return outcome


def _summarise(outcome: "Outcome", as_json: bool) -> None:
    done = outcome.written
    if as_json:
        counts = {"written": done.written, "unchanged": done.unchanged, "older": done.older, "poorer": done.poorer}
        counts |= {"cut_short": outcome.cut_short, "statuses": outcome.statuses}
        problems = [
            {"file": str(problem.path), "place": problem.place, "reason": problem.reason}
            for problem in outcome.problems
        ]
        print_json({**counts, "left_out": len(problems), "problems": problems})
        return
    say(
        f"{outcome.items:,} work items read: {done.written:,} written, {done.unchanged:,} unchanged, "
        f"{done.older:,} older than what is stored, {len(outcome.problems):,} left out."
    )
    if outcome.statuses:
        say(f"{outcome.statuses:,} statuses read.")
    if outcome.cut_short:
        say(
            f"{outcome.cut_short:,} of them have a history that is cut short or missing, and are flagged "
            "history_incomplete; docs/import.md says how to export whole histories."
        )
    if done.poorer:
        say(f"{done.poorer:,} of these were not taken: the store has their whole history.")


@app.command()
def dump(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    without_gone: Annotated[bool, typer.Option("--without-gone", help="Leave out what is gone from its Jira.")] = False,
) -> None:
    """Print the store in a canonical form: the same history gives the same lines, however it arrived.

    Examples:

      sojourn dump | sha256sum

      sojourn dump --without-gone -o now.jsonl
    """
    use_store()
    from sojourn.history.dump import lines
    from sojourn.writing import beside

    if output is None:
        for line in lines(with_gone=not without_gone):
            typer.echo(line)
        return
    with beside(output) as file:
        file.writelines(f"{line}\n".encode() for line in lines(with_gone=not without_gone))
