"""SLAs in a line, and the work items they are counted over."""

from random import Random
from typing import Any

from sojourn.calendars import store as calendars
from sojourn.core.sla.clock import Clock
from sojourn.history.models import Issue
from sojourn.sla.clocks import count
from sojourn.sla.models import AppliesTo, Definition, Version
from tests.builders import change, issue
from tests.core.calendar_help import HOUR, ms

BORN = ms("2024-01-01T09:00")
OFFICE = {"name": "office", "tz": "Europe/Berlin", "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed")}}
STATUSES = ("Open", "In progress", "Waiting", "Done")


def save_office() -> None:
    from django.utils import timezone

    calendars.save(OFFICE, now=timezone.now())


def entered(*ids: str) -> dict[str, Any]:
    return {"field": "status", "entered": list(ids)}


def policy(duration: str = "8h", calendar: str = "7x24", **more: Any) -> dict[str, Any]:
    """From creation to Done, paused while Waiting."""
    given = {"start": {"created": True}, "pause": {"field": "status", "is": ["4"]}, "stop": entered("5")}
    return {**given, "goals": [{"calendar": calendar, "duration": duration}], **more}


def define(
    said: dict[str, Any], name: str = "Resolution", applies_to: str = AppliesTo.ALL, published_ms: int = 0
) -> Definition:
    """A definition with one version, published."""
    definition = Definition.objects.create(name=name)
    publish(definition, said, applies_to, published_ms)
    return definition


def publish(definition: Definition, said: dict[str, Any], applies_to: str, published_ms: int) -> Version:
    number = definition.versions.count() + 1
    version = Version.objects.create(
        definition=definition,
        number=number,
        name=definition.name,
        policy=said,
        saved_ms=published_ms,
        saved_by="ann",
        published_ms=published_ms,
        applies_to=applies_to,
    )
    definition.published = version
    definition.save()
    return version


def counted(definition: Definition, as_of_ms: int) -> dict[str, list[Clock]]:
    """What a definition shows of each work item, by key."""
    keys = dict(Issue.objects.values_list("pk", "key"))
    found: dict[str, list[Clock]] = {}
    for some in count(Issue.objects.order_by("pk"), [definition], as_of_ms):
        for one in some:
            for place in range(len(one.clocks)):
                key = keys[int(one.issues[one.clocks.item[place]])]
                found.setdefault(key, []).append(one.clock(place))
    return found


def text(at_ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def thrown(dice: Random, key: str, most: int = 6) -> dict[str, Any]:
    """A work item with random moves, on half hours."""
    at = BORN + dice.randint(0, 40) * HOUR // 2
    born, before, moves = at, "Open", []
    for _ in range(dice.randint(0, most)):
        at += dice.randint(0, 24) * HOUR // 2
        after = dice.choice([name for name in STATUSES if name != before])
        moves.append(change(text(at), "status", before, after))
        before = after
    return issue(key, before, *moves, created=text(born))
