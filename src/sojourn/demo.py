"""Loading the demo: made-up work items, imported by the path real ones take, two calendars and somebody to sign in."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn.calendars import public_holidays, store
from sojourn.errors import UserError
from sojourn.history.models import Site
from sojourn.jira.demo import DEMO_STATUSES, demo_issues
from sojourn.jira.importer import Importer
from sojourn.jira.payload import Reader

SITE = "Demo"
USER = "demo"
PASSWORD = "demo"  # noqa: S105 - the demo serves made-up data on this machine only

_WEEK = ("mon", "tue", "wed", "thu", "fri")
_CALENDARS: tuple[tuple[dict[str, Any], str, str | None], ...] = (
    (
        {
            "name": "Support Berlin",
            "tz": "Europe/Berlin",
            "week": {day: [["08:00", "18:00"]] for day in _WEEK},
            "breaks": {"fri": [["12:00", "13:00"]]},
        },
        *("DE", "BE"),
    ),
    (
        {"name": "New York 9–17", "tz": "America/New_York", "week": {day: [["09:00", "17:00"]] for day in _WEEK}},
        "US",
        None,
    ),
)


def load(say: Callable[[str], None]) -> None:
    """Load the demo unless it is there; raises UserError where the store holds anything else."""
    others = Site.objects.exclude(name=SITE).values_list("name", flat=True)
    if others:
        raise UserError(
            f"this store holds {', '.join(others)}; the demo wants one of its own: set SOJOURN_HOME to an empty folder"
        )
    users = get_user_model().objects
    if users.filter(username=USER).exists():
        return
    if users.exists():
        raise UserError(
            "this store has accounts, and the demo's password is known to everybody: "
            "set SOJOURN_HOME to an empty folder"
        )
    say("Loading the demo data, once …")
    now = timezone.now()
    reader = Reader()
    importer = Importer(reader, site=SITE)
    outcome = importer.import_values("demo", itertools.chain([DEMO_STATUSES], demo_issues(_ms(now))))
    if outcome.problems:
        raise UserError(f"the demo data is broken: {outcome.problems[0]}")
    for definition, country, subdivision in _CALENDARS:
        _add_calendar(definition, country, subdivision, now)
    users.create_user(USER, password=PASSWORD)
    say(f"{outcome.items:,} work items loaded.")


def _add_calendar(definition: dict[str, Any], country: str, subdivision: str | None, now: datetime) -> None:
    set_name = public_holidays.set_name(country, subdivision)
    store.save_holidays(set_name, public_holidays.find(country, subdivision, range(now.year - 2, now.year + 3)))
    store.save({**definition, "holiday_sets": [set_name]}, now=now, replace=True)


def _ms(instant: datetime) -> int:
    return round(instant.astimezone(UTC).timestamp() * 1000)
