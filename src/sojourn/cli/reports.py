"""Commands that answer: report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sojourn.cli.app import app, say, use_store

if TYPE_CHECKING:
    from sojourn.reports.request import Request

_HELP = """Answer a question about the history.

Examples:

  sojourn report time-in-status --project SUP --calendar Support
"""
report_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(report_app, name="report")

_RANGE = "FROM..TO; TO is not included, either may be left out."


@report_app.command()
def time_in_status(
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be repeated.")] = None,
    project: Annotated[list[str] | None, typer.Option(help="Only this project, by key; may be repeated.")] = None,
    calendar: Annotated[
        str, typer.Option(help="What counts as working time: a stored calendar, or a JSON file.")
    ] = "7x24",
    as_of: Annotated[
        str, typer.Option(help="The moment of which is asked, such as 2024-01-31T18:00. Default: now.")
    ] = "",
    created: Annotated[str, typer.Option(help=f"Only work items created in this range. {_RANGE}")] = "",
    updated: Annotated[str, typer.Option(help="Only work items updated in this range.")] = "",
    resolved: Annotated[str, typer.Option(help="Only work items resolved in this range.")] = "",
    due: Annotated[str, typer.Option(help="Only work items due in this range.")] = "",
    trim: Annotated[str, typer.Option(help="Count only time in this range.")] = "",
    current: Annotated[
        str, typer.Option(help="Whether the stay that is not over counts: include, exclude.")
    ] = "include",
    stop_on_done: Annotated[bool, typer.Option(help="Count nothing after the last entry into a done status.")] = False,
    visits: Annotated[str, typer.Option(help="What counts of repeated visits: sum, first, last, max, min.")] = "sum",
    time_format: Annotated[str, typer.Option(help="Such as DaysHoursMinutes, 'Decimal Hours', ms.")] = "",
    columns: Annotated[list[str] | None, typer.Option(help="Fields to show as well, comma-separated.")] = None,
    sort: Annotated[
        list[str] | None, typer.Option(help="Sort by this column; COLUMN:desc for the largest first.")
    ] = None,
    shape: Annotated[str, typer.Option(help="wide: a column a status; long: a row a work item and status.")] = "wide",
    output_format: Annotated[str, typer.Option("--format", help="table, json, ndjson, csv, parquet.")] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
) -> None:
    """Say how long each work item was in each status.

    Examples:

      sojourn report time-in-status --project SUP --calendar Support

      sojourn report time-in-status --shape long --format csv -o stays.csv

      sojourn report time-in-status --created 2024-01-01..2024-04-01 --as-of 2024-04-01 --sort "In progress:desc"
    """
    named = {"calendar": calendar, "as_of": as_of, "created": created, "updated": updated, "resolved": resolved}
    named |= {"due": due, "trim": trim, "current": current, "visits": visits, "shape": shape}
    options = {name: [text] for name, text in named.items() if text}
    options |= {"site": site or [], "project": project or [], "columns": columns or [], "sort": sort or []}
    options["stop_on_done"] = ["true"] if stop_on_done else []
    chosen = output_format or _format_of(output)
    options["time_format"] = [time_format or ("DaysHoursMinutes" if chosen == "table" else "ms")]
    use_store()
    _answer("time-in-status", _request(options), chosen, output)


def _request(options: dict[str, list[str]]) -> "Request":
    from django.utils import timezone

    from sojourn.calendars import store
    from sojourn.reports import options as reading

    return reading.request(options, store.load_any(*options.get("calendar", [store.DEFAULT])), timezone.now())


def _format_of(output: Path | None) -> str:
    """The format a file's name asks for; a table for the terminal."""
    return "table" if output is None else output.suffix.removeprefix(".").lower() or "table"


def _answer(name: str, request: "Request", output_format: str, output: Path | None) -> None:
    from sojourn.errors import Refused, UserError
    from sojourn.reports import catalogue, formats

    if output_format not in ("table", *formats.FORMATS):
        raise Refused("format", f"{output_format!r} is not one of table, {', '.join(formats.FORMATS)}")
    if output_format == "table":
        from sojourn.reports.terminal import show

        show(catalogue.run(name, request), output)
        return
    chosen = formats.parse_format(output_format)
    table = catalogue.run(name, request)
    if output is not None:
        formats.save_as(table, chosen, output)
    elif chosen == "parquet" and sys.stdout.isatty():
        raise UserError("Parquet is not for a terminal; name a file with -o")
    else:
        formats.save(table, chosen, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    for line in table.notes.lines if sys.stderr.isatty() else ():
        say(line)
