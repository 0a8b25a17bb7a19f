"""The demo: a made-up Jira that is read by the path real ones are, two calendars, six SLAs and somebody to sign in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from sojourn.access import granting
from sojourn.access.models import Grant
from sojourn.calendars import public_holidays, store
from sojourn.errors import UserError
from sojourn.history.models import Issue, Site
from sojourn.jira.demo import DEMO_STATUSES, demo_issues
from sojourn.jira.models import Connection, Method
from sojourn.jira.simulator import Clock as SimulatedClock
from sojourn.jira.simulator import Simulator, serving
from sojourn.jira.simulator.made_up import site_of
from sojourn.jira.sync import task
from sojourn.jobs import here
from sojourn.jobs.models import UNFINISHED, Job
from sojourn.sealed import Secret
from sojourn.sla import demo as slas
from sojourn.sla.background import recount
from sojourn.sla.definitions import By
from sojourn.sla.models import Clock, Definition

SITE = "Demo"
_NAME = "demo"
_BY = "the demo"
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


@contextmanager
def simulated(port: int) -> Iterator[None]:
    """The demo's Jira on a port of this machine, while the block runs; the connection to it leads there.

    Raises UserError where the store holds anything else than the demo.
    """
    account = _account()
    site = site_of(
        SimulatedClock(_ms(timezone.now()), is_running=True), demo_issues(_ms(account.date_joined)), list(DEMO_STATUSES)
    )
    with serving(Simulator(site, "cloud"), port=port) as url:
        asks = site.accounts[0]
        given = {"kind": "cloud", "url": url, "method": Method.API_TOKEN, "account": asks.email}
        row = Connection.objects.filter(name=_NAME).first() or Connection(name=_NAME)
        row.site, _ = Site.objects.get_or_create(name=SITE)
        for field, value in {**given, "secret": Secret(asks.secret), "refused": ""}.items():
            setattr(row, field, value)
        row.save()
        _let_in(timezone.now())
        yield


def load(say: Callable[[str], None]) -> None:
    """Read the demo's Jira unless that was done; an interrupted one goes on. Raises UserError where it fails."""
    if not Connection.objects.filter(name=_NAME).exclude(last_ok_at=None).exists():
        say("Reading the demo data, once …")
        for definition, country, subdivision in _CALENDARS:
            _add_calendar(definition, country, subdivision, timezone.now())
        _see_through(task.ask(_NAME, timezone.now(), by=_BY))
        say(f"{Issue.objects.filter(site__name=SITE).count():,} work items read.")
    if not Definition.objects.exists():
        slas.define(By(_BY, _ms(timezone.now()), "the demo"))
        for job in Job.objects.filter(kind=recount.name, state__in=UNFINISHED).order_by("pk"):
            _see_through(job)
        say(f"{Clock.objects.count():,} SLA clocks counted.")


def _see_through(job: Job) -> None:
    """Do a job here; raises UserError where it fails."""
    here.see_through(job.pk, timezone.now, Event())
    job.refresh_from_db()
    if job.problem:
        raise UserError(f"the demo data could not be made ready: {job.problem}")


def _account() -> User:
    """Who may sign in. The data was made for the moment in which the account was."""
    others = Site.objects.exclude(name=SITE).values_list("name", flat=True)
    if others:
        raise UserError(
            f"this store holds {', '.join(others)}; the demo wants one of its own: set SOJOURN_HOME to an empty folder"
        )
    found = User.objects.filter(username=USER).first()
    if found is None and User.objects.exists():
        raise UserError(
            "this store has accounts, and the demo's password is known to everybody: "
            "set SOJOURN_HOME to an empty folder"
        )
    return found or User.objects.create_user(USER, password=PASSWORD)


def _let_in(now: datetime) -> None:
    """Let the demo's account see the demo's site, which it administers."""
    granting.give(USER, "administrator")
    if not Grant.objects.filter(user__username=USER, site__name=SITE).exists():
        granting.grant(USER, granting.Place(SITE, every_level=True), now, "the demo")


def _add_calendar(definition: dict[str, Any], country: str, subdivision: str | None, now: datetime) -> None:
    set_name = public_holidays.set_name(country, subdivision)
    store.save_holidays(set_name, public_holidays.find(country, subdivision, range(now.year - 2, now.year + 3)))
    store.save({**definition, "holiday_sets": [set_name]}, now=now, replace=True)


def _ms(instant: datetime) -> int:
    return round(instant.astimezone(UTC).timestamp() * 1000)
