"""Commands that draw: one for each chart, with the options of the report it draws."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sojourn.cli import asking
from sojourn.cli.app import AsJson, app, print_json, say, use_store
from sojourn.reports.chart_menu import CHART_MENU, ChartEntry

if TYPE_CHECKING:
    from sojourn.reports.request import Request

_HELP = """Draw a report as a picture.

Examples:

  sojourn chart --list

  sojourn chart scatter --project APP -o control.png
"""
chart_app = typer.Typer(invoke_without_command=True, no_args_is_help=True, help=_HELP)
app.add_typer(chart_app, name="chart")

_FORMAT = Annotated[str, typer.Option("--format", help="svg, png, vega-lite. Default: the ending of the file, or svg.")]
_THEME = Annotated[str, typer.Option("--theme", help="light, dark.")]
_ISSUE = Annotated[str, typer.Option("--issue", help="Only the work item of this key.")]
_WITH_DONE = Annotated[bool, typer.Option("--with-done", help="Draw the time in done statuses, too.")]
_ENDINGS = {"json": "vega-lite"}


@chart_app.callback(invoke_without_command=True)
def charts(
    list_them: Annotated[bool, typer.Option("--list", help="List the charts.")] = False, as_json: AsJson = False
) -> None:
    """Draw a report as a picture."""
    if not list_them:
        return
    if as_json:
        told = ({"name": one.name, "title": one.title, "report": one.report, "shows": one.shows} for one in CHART_MENU)
        print_json(list(told))
    for one in () if as_json else CHART_MENU:
        typer.echo(f"{one.name:<18}{one.report:<26}{one.shows}")


def _command(chart: ChartEntry) -> Callable[..., None]:
    """The command of a chart: the options of its report, the theme, the format and the file."""

    own = [asking.parameter("theme", _THEME, "light")]
    if chart.name == "timeline":
        own.append(asking.parameter("issue", _ISSUE, ""))
    if chart.without_done:
        own.append(asking.parameter("with_done", _WITH_DONE, False))

    def run(*, output: Path | None, output_format: str, user: str, **given: Any) -> None:
        asked = {one.name: given.pop(one.name) for one in own}
        options = {name: [value] for name, value in chart.fixed.items()}
        options |= {one.name: [one.default] for one in chart.options if one.default and not one.is_switch}
        options |= asking.texts(given)
        use_store()
        request = asking.request(chart.entry, options, user)
        _draw(chart, request, asked, output_format or _format_of(output), output)

    parameters = [
        *map(asking.option, chart.options),
        asking.parameter("user", asking.USER, ""),
        *own,
        asking.parameter("output_format", _FORMAT, ""),
        asking.parameter("output", asking.OUTPUT, None),
    ]
    example = f"chart {chart.name} {chart.example.format(name=chart.name)}"
    return asking.command(run, chart.shows, [example], parameters)


for _chart in CHART_MENU:
    chart_app.command(_chart.name)(_command(_chart))


def _format_of(output: Path | None) -> str:
    """The format a file's name asks for."""
    ending = "" if output is None else output.suffix.removeprefix(".").lower()
    return _ENDINGS.get(ending, ending or "svg")


def _draw(chart: ChartEntry, request: "Request", asked: dict[str, Any], kind: str, output: Path | None) -> None:
    from sojourn.errors import UserError
    from sojourn.history import freshness
    from sojourn.reports import notes
    from sojourn.reports.charts import catalogue, render
    from sojourn.writing import beside

    chosen = render.parse_picture(kind)
    data = render.render(catalogue.chart(chart, request, **asked), chosen)
    if output is not None:
        with beside(output) as file:
            file.write(data)
    elif chosen == "png" and sys.stdout.isatty():
        raise UserError("PNG is not for a terminal; name a file with -o")
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    for line in notes.doubts(freshness.of(request.sites, request.projects)):
        say(line)
