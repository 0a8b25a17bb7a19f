"""Definitions and calendars as one document, to be kept as code: written, compared with what there is, and applied.

A definition goes by its name and its site. One of the Time to SLA services is written as its client saved it, with the
calendar by name, since numbers of calendars differ from store to store.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from sojourn.calendars import store
from sojourn.core.sla.parse import read_policy
from sojourn.core.sla.write import write_policy
from sojourn.errors import Refused, within
from sojourn.sla import definitions, legacy
from sojourn.sla.calendar_ids import ALWAYS_ID, calendar_name, calendar_numbers
from sojourn.sla.definitions import By, Draft
from sojourn.sla.json_differences import Difference, differences
from sojourn.sla.legacy_fields import FIELDS, NotSaved
from sojourn.sla.models import AppliesTo, Definition, Version
from sojourn.sla.shown import policy_as_json
from sojourn.sla.uses import latest_of

_KEYS = ("calendars", "slas")
_SLA_KEYS = ("name", "site", "enabled", "draft", "policy", "legacy")
_CALENDAR = "calendar"
_NUMBER = "workingTimeId"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a calendar or a definition that is new or differs, with the places and what stands there."""

    kind: str
    name: str
    given: Mapping[str, Any]
    number: int | None
    differences: tuple[Difference, ...]

    @property
    def lines(self) -> list[str]:
        """It in words, a line for each difference."""
        head = f"{self.kind} {self.name}: {'changes' if self.differences else 'is new'}"
        return [head, *(f"  {one.text}" for one in self.differences)]


def exported() -> Document:
    """All stored calendars and all definitions, as they are published, or as the last draft says where nothing is."""
    calendars = [store.show(name) for name in store.names() if name not in store.BUILT_IN]
    return {"calendars": calendars, "slas": [_written(one, one.published or last) for one, last in _there()]}


def _there() -> list[tuple[Definition, Version]]:
    """The definitions with their last versions."""
    there = list(definitions.listed())
    last = latest_of(there)
    return [(one, last[one.pk]) for one in there]


def _written(one: Definition, said: Version) -> Document:
    found: Document = {"name": said.name}
    found |= {"site": one.site.name} if one.site else {}
    found |= {} if one.enabled else {"enabled": False}
    found |= {} if said.published_ms is not None else {"draft": True}
    return found | ({"policy": policy_as_json(said)} if said.legacy is None else {"legacy": _by_name(said.legacy)})


def _by_name(said: Mapping[str, Any]) -> Document:
    """A definition of the Time to SLA services without its name, with its calendar by name."""
    plain = {key: said[key] for key in FIELDS if key in said and key not in ("description", _NUMBER)}
    return plain | {_CALENDAR: calendar_name(said.get(_NUMBER, ALWAYS_ID))}


def planned(document: Any, at_ms: int) -> list[Step]:
    """What would have to be done for the store to be as a document says; nothing for what it does not name.

    Raises Refused, at the place, where the document is none, or names a definition that there are several of.
    """
    given = _object(document, "", _KEYS)
    steps = list(_calendars(_list(given, "calendars")))
    coming = {step.name for step in steps}
    return [*steps, *_slas(_list(given, "slas"), coming, at_ms)]


def _calendars(given: list[Any]) -> Iterator[Step]:
    known = store.names()
    for place, one in enumerate(given):
        path = f"calendars[{place}]"
        if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
            raise Refused(path, f"a calendar is an object with a name, not {one!r:.60}")
        name = one["name"]
        found = tuple(differences(store.show(name), dict(one))) if name in known else ()
        if name not in known or found:
            yield Step("calendar", name, one, None, found)


def _slas(given: list[Any], coming: Set[str], at_ms: int) -> Iterator[Step]:
    there = _there()
    seen: set[tuple[str, str | None]] = set()
    for place, one in enumerate(given):
        path = f"slas[{place}]"
        wanted = _whole(_object(one, path, _SLA_KEYS), path, coming, at_ms)
        key = (wanted["name"], wanted.get("site"))
        same = [(known, last) for known, last in there if (known.name, known.site and known.site.name) == key]
        if len(same) > 1 or key in seen:
            raise Refused(f"{path}.name", f"there are several SLAs {key[0]!r}; give them names of their own")
        seen.add(key)
        if not same:
            yield Step("SLA", key[0], wanted, None, ())
            continue
        known, last = same[0]
        said = last if "draft" in wanted else known.published or last
        found = differences(_written(known, said), wanted)
        if found:
            yield Step("SLA", key[0], wanted, known.pk, tuple(found))


def _whole(one: Mapping[str, Any], path: str, coming: Set[str], at_ms: int) -> Document:
    """An entry as it would be written: what has its default is left out. `coming` are calendars of the document."""
    if ("policy" in one) == ("legacy" in one):
        raise Refused(path, "needs a policy, or else legacy")
    name, site = one.get("name"), one.get("site")
    if not isinstance(name, str) or not isinstance(site, str | None):
        raise Refused(f"{path}.name", "a text is needed, and one or nothing for the site")
    found: Document = {"name": name.strip()} | ({"site": site} if site else {})
    for key, default in (("enabled", True), ("draft", False)):
        if not isinstance(one.get(key, default), bool):
            raise Refused(f"{path}.{key}", f"true or false, not {one[key]!r:.60}")
        found |= {key: not default} if one.get(key, default) is not default else {}
    if "legacy" in one:
        said = _legacy(name, one["legacy"], path, at_ms, coming).legacy or {}
        return found | {"legacy": _by_name(said) | {_CALENDAR: one["legacy"].get(_CALENDAR, store.DEFAULT)}}
    try:
        return found | {"policy": write_policy(read_policy(one["policy"]))}
    except Refused as error:
        raise Refused(f"{path}.policy{'.' if error.path else ''}{error.path}", error.problem) from None


def _legacy(name: str, given: Any, path: str, at_ms: int, coming: Set[str] = frozenset()) -> Draft:
    """The draft that a definition of the Time to SLA services means; a calendar that is coming counts as 7x24."""
    said = dict(_object(given, f"{path}.legacy", None))
    calendar = said.pop(_CALENDAR, store.DEFAULT)
    numbers = dict.fromkeys(coming, ALWAYS_ID) | calendar_numbers()
    if calendar not in numbers:
        known = ", ".join(numbers)
        raise Refused(f"{path}.legacy.{_CALENDAR}", f"there is no {calendar!r:.60}; there are: {known}")
    try:
        return legacy.read(said | {"description": name, _NUMBER: numbers[calendar]}, at_ms)
    except NotSaved as error:
        raise Refused(f"{path}.legacy", str(error)) from None


@transaction.atomic
def apply(steps: list[Step], applies_to: AppliesTo, by: By) -> None:
    """Do it, all of it or nothing; definitions are published unless they are drafts. Raises Refused, at the place."""
    for step in steps:
        if step.kind == "calendar":
            store.save(dict(step.given), now=datetime.fromtimestamp(by.at_ms / 1000, UTC), replace=True)
            continue
        try:
            _save(step, applies_to, by)
        except Refused as error:
            raise Refused(f"SLA {step.name}: {error.path}", error.problem) from None


def _save(step: Step, applies_to: AppliesTo, by: By) -> None:
    given, number = step.given, step.number
    only_switched = bool(step.differences) and all(one.path == "enabled" for one in step.differences)
    if number is None or not only_switched:
        draft = _draft(given, by.at_ms)
        made = definitions.save(number, draft, by) if number else definitions.create(draft, by, given.get("site"))
        number = made.definition_id
        if not given.get("draft", False):
            definitions.publish(number, made.number, applies_to, by)
    definitions.set_enabled(number, by, enabled=given.get("enabled", True))


def _draft(given: Mapping[str, Any], at_ms: int) -> Draft:
    name = given["name"]
    return Draft(name, given["policy"]) if "policy" in given else _legacy(name, given["legacy"], name, at_ms)


def _object(value: Any, path: str, known: tuple[str, ...] | None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Refused(path, f"an object, not {value!r:.60}")
    for key in value:
        if known is not None and key not in known:
            raise Refused(within(path, key), f"unknown key; there are {', '.join(known)}")
    return value


def _list(given: Mapping[str, Any], key: str) -> list[Any]:
    found = given.get(key) or []
    if not isinstance(found, list):
        raise Refused(key, f"a list, not {found!r:.60}")
    return found


def rehearse(steps: list[Step], applies_to: AppliesTo, by: By) -> None:
    """Do it and take it back; raises what `apply` would, before anybody is asked."""
    with transaction.atomic():
        apply(steps, applies_to, by)
        transaction.set_rollback(True)
