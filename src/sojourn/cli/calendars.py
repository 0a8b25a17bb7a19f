"""Commands about calendars and working time: calendar, measure."""

from pathlib import Path
from typing import Annotated

import typer

from sojourn.cli.app import AsJson, app, confirm, print_json, say, use_store

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_HELP = """Working hours: add, list, show, remove, import holidays.

Examples:

  sojourn calendar list

  sojourn calendar add support.json --name Support
"""
calendar_app = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(calendar_app, name="calendar")


@calendar_app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A JSON file; docs/calendars.md says what it may hold.")],
    name: Annotated[str | None, typer.Option(help="Store it under this name.")] = None,
    replace: Annotated[bool, typer.Option(help="Save as a new version of the calendar of that name.")] = False,
) -> None:
    """Store a calendar from a JSON file.

    Examples:

      sojourn calendar add support.json --name Support

      sojourn calendar add support.json --replace
    """
    use_store()
    from django.utils import timezone

    from sojourn.calendars import store

    definition = store.read_file(file)
    if name:
        definition["name"] = name
    version = store.save(definition, now=timezone.now(), replace=replace)
    say(f"Stored {definition['name']}, version {version}.")


@calendar_app.command(name="list")
def list_calendars(as_json: AsJson = False) -> None:
    """List the calendars.

    Examples:

      sojourn calendar list
    """
    use_store()
    from sojourn.calendars import store

    found = [{"name": name, "tz": store.show(name)["tz"], "built_in": name in store.BUILT_IN} for name in store.names()]
    if as_json:
        print_json(found)
        return
    for calendar in found:
        typer.echo(f"{calendar['name']}\t{calendar['tz']}{chr(9) + 'built in' if calendar['built_in'] else ''}")


@calendar_app.command()
def show(name: Annotated[str, typer.Argument(help="The calendar's name.")]) -> None:
    """Print a calendar as JSON.

    Examples:

      sojourn calendar show Support > support.json
    """
    use_store()
    from sojourn.calendars import store

    print_json(store.show(name))


@calendar_app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The calendar's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a calendar with all its versions.

    Examples:

      sojourn calendar remove Support
    """
    use_store()
    from sojourn.calendars import store

    store.show(name)
    if not yes:
        confirm(f"Delete the calendar {name} and all its versions?")
    store.remove(name)
    say(f"Deleted {name}.")


@calendar_app.command()
def import_holidays(
    name: Annotated[str, typer.Argument(help="The calendar that shall observe them.")],
    country: Annotated[str, typer.Option(help="ISO 3166-1 code, such as DE.")],
    subdivision: Annotated[str | None, typer.Option(help="Part of the country, such as BE.")] = None,
    years: Annotated[
        str, typer.Option(help="FROM-TO, or one year. Default: from the oldest work item to the year after next.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make a calendar observe a country's public holidays; they are shown first.

    The holidays are kept as a set that calendars share; importing other years adds them to it.

    Examples:

      sojourn calendar import-holidays Support --country DE --subdivision BE --years 2024-2030
    """
    use_store()
    from django.utils import timezone

    from sojourn.calendars import public_holidays, store

    now = timezone.now()
    store.check_can_change(name)
    asked = read_years(years or f"{_oldest_year(now.year)}-{now.year + 2}", now.year)
    found = public_holidays.find(country, subdivision, asked)
    set_name = public_holidays.set_name(country, subdivision)
    for holiday in found:
        say(f"{holiday['date']}  {holiday['name']}")
    if not yes:
        confirm(f"Add these {len(found)} holidays to {name} as the set {set_name}?")
    store.save_years(set_name, found, asked)
    store.attach(name, set_name, now=now)
    say(f"{name} observes {set_name}: {len(found)} holidays from {asked[0]} to {asked[-1]}.")


def _oldest_year(this_year: int) -> int:
    """The year in which the oldest work item was created: before it no holiday bears on any number."""
    from datetime import UTC, datetime

    from django.db.models import Min

    from sojourn.history.models import Issue

    oldest = Issue.objects.aggregate(oldest=Min("created_ms"))["oldest"]
    year = this_year if oldest is None else datetime.fromtimestamp(oldest / 1000, UTC).year
    return min(max(year, _FIRST_YEAR), this_year)


def read_years(text: str, this_year: int) -> range:
    """The years of `2024-2030` or `2024`; of an empty text, this year and the next two. Raises Refused."""
    from sojourn.errors import Refused

    first, _, last = text.partition("-")
    try:
        found = range(int(first), int(last or first) + 1) if text else range(this_year, this_year + 3)
    except ValueError:
        raise Refused("--years", f"{text!r} is not FROM-TO; write it as 2024-2030") from None
    if not found:
        raise Refused("--years", f"{text!r} ends before it begins")
    if found[0] < _FIRST_YEAR or found[-1] > _LAST_YEAR:
        raise Refused("--years", f"{text!r} lies outside {_FIRST_YEAR}-{_LAST_YEAR}")
    return found


@app.command()
def measure(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet with `start` and `end`: ISO 8601, or epoch ms.")],
    calendar: Annotated[str, typer.Option(help="A stored calendar, or a JSON file.")],
    goal: Annotated[str | None, typer.Option(help="A duration such as 8h: add `deadline` to each `start`.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this .csv or .parquet file.")] = None,
) -> None:
    """Add working time to a file of intervals: `working_ms`, or with --goal the `deadline`.

    Examples:

      sojourn measure intervals.csv --calendar Support

      sojourn measure tickets.parquet --calendar support.json --goal "1d 4h" -o deadlines.parquet
    """
    use_store()
    from sojourn.calendars import store
    from sojourn.calendars.measure import add_deadlines, add_working_time, read_file, write_file
    from sojourn.core.duration import parse_duration

    found = store.load_any(calendar)
    frame = read_file(file)
    if goal is None:
        answer = add_working_time(frame, found)
    else:
        days = {"day_ms": found.business_day_ms, "week_ms": found.business_week_ms}
        answer = add_deadlines(frame, found, parse_duration(goal, **days, path="--goal"))
    if output is None:
        typer.echo(answer.write_csv(), nl=False)
    else:
        write_file(answer, output)
