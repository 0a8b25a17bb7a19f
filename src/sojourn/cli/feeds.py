"""Commands that read holidays from iCalendar files and addresses: calendar import-ical, calendar refresh."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sojourn.cli.app import confirm, say, use_store
from sojourn.cli.calendars import calendar_app, read_years

if TYPE_CHECKING:
    from sojourn.net import Openings


@calendar_app.command(name="import-ical")
def import_ical(
    calendar: Annotated[str, typer.Argument(help="The calendar that shall observe them.")],
    source: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="An .ics file, or an http(s) address.")],
    years: Annotated[str, typer.Option(help="FROM-TO, or one year. Default: this year and the next two.")] = "",
    name: Annotated[str | None, typer.Option(help="Name of the set. Default: the one it gives itself.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make a calendar observe the events of an iCalendar as holidays; they are shown first.

    All-day events are whole holidays, timed ones take their hours away. The holidays are kept as a set that calendars
    share; one from an address is read anew every day by the worker, and by `sojourn calendar refresh`.

    Examples:

      sojourn calendar import-ical Support company.ics --years 2024-2030

      sojourn calendar import-ical Support https://calendar.example.com/holidays.ics --name "Company days"
    """
    use_store()
    from django.utils import timezone

    from sojourn.calendars import icalendar_import, store

    now = timezone.now()
    store.check_can_change(calendar)
    tz, chosen = store.show(calendar)["tz"], read_years(years, now.year)
    where = icalendar_import.label(source)
    found = icalendar_import.read(icalendar_import.load(source, _openings()), where, tz, chosen)
    set_name = name or found.name or Path(where).stem
    for holiday in found.holidays:
        say(_line(holiday))
    if not yes:
        confirm(f"Add these {len(found.holidays)} holidays to {calendar} as the set {set_name}?")
    feed = store.Feed(source, tz, chosen, now) if icalendar_import.is_url(source) else None
    store.save_holidays(set_name, found.holidays, feed)
    store.attach(calendar, set_name, now=now)
    say(f"{calendar} observes {set_name}: {len(found.holidays)} holidays.")


@calendar_app.command()
def refresh() -> None:
    """Read anew every set of holidays that came from an address and was not read for a day. Ends with 1 if one fails.

    A set that cannot be read stays as it is. Days that have passed stay as they were.

    Examples:

      sojourn calendar refresh
    """
    use_store()
    from django.utils import timezone

    from sojourn.calendars.refresh import refresh as refresh_sets

    failed = False
    for done in refresh_sets(_openings(), now=timezone.now()):
        failed = failed or bool(done.problem)
        kept = f"not refreshed, its {done.count} holidays stay: {done.problem}"
        say(f"{done.name}: {kept if done.problem else f'{done.count} holidays'}")
    raise typer.Exit(1 if failed else 0)


def _line(holiday: dict[str, Any]) -> str:
    """A holiday for people: date, hours if not the whole day, name."""
    hours = [f"{opens}–{closes}" for opens, closes in holiday.get("hours", [])]
    return "  ".join([holiday["date"], *hours, holiday.get("name", "")]).rstrip()


def _openings() -> "Openings":
    from django.conf import settings

    from sojourn.net import Openings

    return Openings.of(settings.SOJOURN_ALLOW_PRIVATE)
