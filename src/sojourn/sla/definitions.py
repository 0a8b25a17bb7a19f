"""Definitions of SLAs: drafts are saved as versions, versions are published, and everything is logged.

Every change is one transaction, with a row in the log of who did it, when and why, and what was before and after.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from sojourn.calendars.models import CalendarVersion, HolidaySet, StoredCalendar
from sojourn.errors import Refused, UserError
from sojourn.history.models import Site
from sojourn.jql.errors import JqlError
from sojourn.sla import background
from sojourn.sla.checks import checked
from sojourn.sla.models import AppliesTo, Change, Definition, Version

_LONGEST_NAME = 255


class Missing(UserError):
    """There is no such definition or version."""


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, when, and why."""

    who: str
    at_ms: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a version shall say: `policy` is the JSON of docs/sla.md, `legacy` that of the Time to SLA services."""

    name: str
    policy: Any
    legacy: dict[str, Any] | None = None


def listed(site: str | None = None) -> QuerySet[Definition]:
    """The definitions there are, by number; with a site, those that are for it, and for it alone."""
    found = Definition.objects.filter(removed_ms=None).select_related("published", "site").order_by("pk")
    return found if site is None else found.filter(site__name=site)


def called(name: str, some: Sequence[Definition]) -> list[Definition]:
    """Those of some definitions of that number, or else of that name in whatever case."""
    by_number = [one for one in some if name == str(one.pk)]
    return by_number or [one for one in some if one.name.casefold() == name.casefold()]


def find(number: int) -> Definition:
    """The definition of a number; raises Missing where there is none, or it was removed."""
    found = listed().filter(pk=number).first() if 0 <= number < 1 << 63 else None
    if found is None:
        raise Missing(f"There is no SLA {number}; `sojourn sla list` shows those there are.")
    return found


def search(words: str) -> QuerySet[Definition]:
    """The definitions whose name holds the words, in whatever case."""
    return listed().filter(name__icontains=words)


def latest(definition: Definition) -> Version:
    """The version that was saved last, published or not."""
    return definition.versions.order_by("-number")[0]


def versions(definition: Definition) -> QuerySet[Version]:
    """All versions, the first one first."""
    return definition.versions.order_by("number")


def version(definition: Definition, number: int) -> Version:
    """A version by its number; raises Missing where there is none."""
    found = definition.versions.filter(number=number).first() if 0 <= number < 1 << 31 else None
    if found is None:
        raise Missing(f"The SLA {definition.pk} has no version {number}; the last one is {latest(definition).number}.")
    return found


@transaction.atomic
def create(draft: Draft, by: By, site: str | None = None) -> Version:
    """A new definition with its first version, which is a draft. Raises Refused, at the place of what is wrong."""
    where = _site(site)
    definition = Definition.objects.create(name=_name(draft.name), site=where)
    made = _version(definition, 1, draft, by)
    _log(definition, by, "created", None, content(made))
    return made


@transaction.atomic
def save(number: int, draft: Draft, by: By) -> Version:
    """The next version of a definition, a draft; raises Missing, and Refused at the place of what is wrong."""
    definition = _locked(number)
    before = latest(definition)
    made = _version(definition, before.number + 1, draft, by)
    _log(definition, by, "saved", content(before), content(made))
    return made


@transaction.atomic
def publish(number: int, version_number: int, applies_to: AppliesTo, by: By) -> Version:
    """Make a version the one that holds, for new cycles, open ones, or all, and have clocks counted by it.

    An older version is published again as a version of its own, since each is published once. Raises Missing.
    """
    definition = _locked(number)
    chosen = version(definition, version_number)
    _checked(chosen.policy, definition.site, by)
    if chosen.published_ms is not None:
        draft = Draft(chosen.name, chosen.policy, chosen.legacy)
        chosen = _version(definition, latest(definition).number + 1, draft, by)
    before = definition.published
    chosen.published_ms, chosen.published_by, chosen.applies_to = by.at_ms, by.who, applies_to
    chosen.save(update_fields=["published_ms", "published_by", "applies_to"])
    definition.published, definition.name = chosen, chosen.name
    definition.save(update_fields=["published", "name"])
    after = content(chosen) | {"applies_to": str(applies_to)}
    _log(definition, by, "published", content(before) if before else None, after)
    _recount(definition, by, f"version {chosen.number} was published")
    return chosen


@transaction.atomic
def set_enabled(number: int, by: By, *, enabled: bool) -> Definition:
    """Have a definition counted, or not; one that is so already is left alone, without a line in the log."""
    definition = _locked(number)
    if definition.enabled != enabled:
        definition.enabled = enabled
        definition.save(update_fields=["enabled"])
        what = "enabled" if enabled else "disabled"
        _log(definition, by, what, {"enabled": not enabled}, {"enabled": enabled})
        if enabled:
            _recount(definition, by, "it was enabled")
    return definition


@transaction.atomic
def clone(number: int, by: By, name: str = "") -> Version:
    """A definition of its own, a draft, that says what another one said last; raises Missing."""
    source = _locked(number)
    said = latest(source)
    copied = name or f"{said.name[: _LONGEST_NAME - 7]} (copy)"
    legacy = said.legacy and said.legacy | {"description": copied}
    definition = Definition.objects.create(name=_name(copied), site=source.site)
    made = _version(definition, 1, Draft(copied, said.policy, legacy), by)
    _log(definition, by, f"cloned from {source.pk}", None, content(made))
    return made


@transaction.atomic
def remove(number: int, by: By) -> None:
    """Show a definition nowhere from now on: its versions, clocks and number stay. Raises Missing."""
    definition = _locked(number)
    definition.removed_ms = by.at_ms
    definition.save(update_fields=["removed_ms"])
    _log(definition, by, "removed", content(latest(definition)), None)


def fingerprint() -> str:
    """What tells whether SLAs may say something else than before: by their rules, by hand, or by calendars."""
    last = [model.objects.aggregate(last=Max("pk"))["last"] for model in (Change, CalendarVersion)]
    holidays = HolidaySet.objects.order_by("pk").values_list("name", "holidays")
    return hashlib.sha256(repr((last, list(holidays))).encode()).hexdigest()[:16]


def content(one: Version) -> dict[str, Any]:
    """What a version says, as the log keeps it and as differences are told."""
    said = {"version": one.number, "name": one.name, "policy": one.policy}
    return said if one.legacy is None else said | {"legacy": one.legacy}


def _checked(policy: Any, site: Site | None, by: By) -> dict[str, Any]:
    """The canonical form; the calendars there are stay until the transaction ends."""
    list(StoredCalendar.objects.select_for_update())
    try:
        return checked(policy, site, by.at_ms)
    except Refused as error:
        place = f"policy.{error.path}" if error.path else "policy"
        raise error.at(place) if isinstance(error, JqlError) else Refused(place, error.problem) from None


def _version(definition: Definition, number: int, draft: Draft, by: By) -> Version:
    return Version.objects.create(
        definition=definition,
        number=number,
        name=_name(draft.name),
        policy=_checked(draft.policy, definition.site, by),
        legacy=draft.legacy,
        saved_ms=by.at_ms,
        saved_by=by.who,
        reason=by.why,
    )


def _locked(number: int) -> Definition:
    """The definition, which nobody else changes until the transaction ends."""
    Definition.objects.select_for_update().filter(pk=find(number).pk).first()
    return find(number)


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
        raise Refused("name", f"a text of 1 to {_LONGEST_NAME} characters, not {name!r:.60}")
    return name.strip()


def _site(name: str | None) -> Site | None:
    if name is None:
        return None
    found = Site.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(Site.objects.order_by("name").values_list("name", flat=True)) or "none yet"
        raise Refused("site", f"there is no site {name!r:.60}; there are: {known}")
    return found


def _recount(definition: Definition, by: By, why: str) -> None:
    background.ask(definition, why, now=datetime.fromtimestamp(by.at_ms / 1000, UTC), by=by.who)


def _log(definition: Definition, by: By, what: str, before: Any, after: Any) -> None:
    Change.objects.create(
        at_ms=by.at_ms, who=by.who, what=what, definition=definition, reason=by.why, before=before, after=after
    )
