"""Commands that answer: one for each report of the menu, made from its options."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sojourn.cli import asking
from sojourn.cli.app import AsJson, app, print_json, say, use_store
from sojourn.reports.menu import MENU, Entry

if TYPE_CHECKING:
    from sojourn.reports.request import Request

_HELP = """Answer a question about the history.

Examples:

  sojourn report --list

  sojourn report time-in-status --project SUP --calendar Support
"""
report_app = typer.Typer(invoke_without_command=True, no_args_is_help=True, help=_HELP)
app.add_typer(report_app, name="report")

_FORMAT = Annotated[str, typer.Option("--format", help="table, json, ndjson, csv, parquet, arrow, xlsx.")]


@report_app.callback(invoke_without_command=True)
def reports(
    list_them: Annotated[bool, typer.Option("--list", help="List the reports.")] = False, as_json: AsJson = False
) -> None:
    """Answer a question about the history."""
    if not list_them:
        return
    if as_json:
        print_json([{"name": entry.name, "title": entry.title, "question": entry.question} for entry in MENU])
    for entry in () if as_json else MENU:
        typer.echo(f"{entry.name:<24}{entry.question}")


def _command(entry: Entry) -> Callable[..., None]:
    """The command of a report: a parameter for each of its options, the format and the file."""

    def run(*, output: Path | None, output_format: str, user: str, **given: Any) -> None:
        options = asking.texts(given)
        chosen = output_format or _format_of(output)
        if "time_format" in given and "time_format" not in options:
            options["time_format"] = ["DaysHoursMinutes" if chosen == "table" else "ms"]
        use_store()
        _answer(entry.name, asking.request(entry, options, user), chosen, output)

    parameters = [
        *map(asking.option, entry.options),
        asking.parameter("user", asking.USER, ""),
        asking.parameter("output_format", _FORMAT, ""),
        asking.parameter("output", asking.OUTPUT, None),
    ]
    examples = [f"report {entry.name} {example}" for example in entry.examples]
    return asking.command(run, entry.question, examples, parameters)


for _entry in MENU:
    report_app.command(_entry.name)(_command(_entry))


def _format_of(output: Path | None) -> str:
    """The format a file's name asks for; a table for the terminal."""
    return "table" if output is None else output.suffix.removeprefix(".").lower() or "table"


def _answer(name: str, request: "Request", output_format: str, output: Path | None) -> None:
    from sojourn.errors import Refused, UserError
    from sojourn.history.models import Issue
    from sojourn.reports import catalogue, formats

    if not Issue.objects.exists():
        say("The store has no work items yet: `sojourn import FILE…` reads some, `sojourn demo` makes some up.")
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
    elif chosen in formats.BINARY and sys.stdout.isatty():
        raise UserError(f"{chosen} is not for a terminal; name a file with -o")
    else:
        formats.save(table, chosen, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    for line in table.notes.lines if sys.stderr.isatty() else table.notes.data_doubts:
        say(line)
