"""Commands that answer: one for each report of the menu, made from its options."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sojourn.cli.app import AsJson, app, print_json, say, use_store
from sojourn.reports.menu import MENU, Entry, Option

if TYPE_CHECKING:
    from sojourn.reports.request import Request

_HELP = """Answer a question about the history.

Examples:

  sojourn report --list

  sojourn report time-in-status --project SUP --calendar Support
"""
report_app = typer.Typer(invoke_without_command=True, no_args_is_help=True, help=_HELP)
app.add_typer(report_app, name="report")

_FORMAT = Annotated[str, typer.Option("--format", help="table, json, ndjson, csv, parquet.")]
_OUTPUT = Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")]


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

    def command(**given: Any) -> None:
        output, output_format = given.pop("output"), given.pop("output_format")
        options = {name: _texts(value) for name, value in given.items() if value}
        chosen = output_format or _format_of(output)
        if "time_format" in given and "time_format" not in options:
            options["time_format"] = ["DaysHoursMinutes" if chosen == "table" else "ms"]
        use_store()
        _answer(entry.name, _request(entry, options), chosen, output)

    examples = "\n\n".join(f"  sojourn report {entry.name} {example}" for example in entry.examples)
    command.__doc__ = f"{entry.question}\n\nExamples:\n\n{examples}"
    parameters = [
        *map(_parameter, entry.options),
        _shared("output_format", _FORMAT, ""),
        _shared("output", _OUTPUT, None),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _parameter(option: Option) -> inspect.Parameter:
    choices = f" One of {', '.join(option.choices)}." if option.choices and not option.is_switch else ""
    default = f" Default: {option.default}." if option.default and not option.is_switch else ""
    repeated = " May be repeated." if option.many else ""
    kind: Any = bool if option.is_switch else list[str] | None if option.many else str
    name = f"--{option.name.replace('_', '-')}"
    annotation = Annotated[kind, typer.Option(name, help=f"{option.meaning}{choices}{default}{repeated}")]
    return _shared(option.name, annotation, False if option.is_switch else None if option.many else "")


def _shared(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _texts(value: Any) -> list[str]:
    return value if isinstance(value, list) else ["true" if value is True else value]


for _entry in MENU:
    report_app.command(_entry.name)(_command(_entry))


def _request(entry: Entry, options: dict[str, list[str]]) -> "Request":
    from django.utils import timezone

    from sojourn.calendars import store
    from sojourn.reports import options as reading

    calendar = store.load_any(*options.get("calendar", [store.DEFAULT]))
    return reading.request(options, calendar, timezone.now(), entry.options)


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
