"""Work items as the services name them, and what SLAs show of them: all that is told of any goes through here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q

from sojourn.api.security import sight_of
from sojourn.api.tts.calls import Call, Said, number_of
from sojourn.api.tts.definitions import SLA, missing
from sojourn.api.tts.naming import Names, keys_of
from sojourn.api.tts.shapes import Told
from sojourn.core.sla.policy import Policy
from sojourn.errors import UserError
from sojourn.history.models import Field, Issue
from sojourn.history.seen import EVERYTHING
from sojourn.sla import definitions
from sojourn.sla.checks import STATUS
from sojourn.sla.clocks import Face, shown
from sojourn.sla.definitions import Missing
from sojourn.sla.models import Definition
from sojourn.sla.rules import rule
from sojourn.sla.stored import being_counted, stored


@dataclass(frozen=True, slots=True)
class Item:
    """A work item by its number in the store, its key and its site's number."""

    pk: int
    key: str
    site_id: int


_ALIKE = """
SELECT i.id, i.key, i.site_id, s.name FROM history_site s
CROSS JOIN history_issue i WHERE i.site_id = s.id AND i.{column} = %s AND i.deleted_ms IS NULL ORDER BY i.id
"""


def found(call: Call) -> Item | None:
    """The work item of the key or id in the address; None where there is none, or none to be seen.

    Raises UserError where several sites have one: then `site` names it.
    """
    key, site = call.given["key"], call.query.get("site")
    seen = _seen(call, [row for row in _alike(key) if site in (None, row[-1])])
    if len(seen) > 1:
        names = " and ".join(name for *_, name in seen[:2])
        raise UserError(f"several sites have {key:.60}, such as {names}; name one with the parameter site")
    return Item(*seen[0][:3]) if seen else None


def _alike(key: str) -> list[Any]:
    """The work items of a key or id: by plain SQL, as this comes before every answer."""
    column = "jira_id" if key.isdecimal() else "key"
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE.format(column=column), [key])
        rows: list[Any] = cursor.fetchall()
    return rows


def _seen(call: Call, rows: list[Any]) -> list[Any]:
    """Those of some work items that who asks may see: the one place where that is decided for these services."""
    sight = sight_of(call.request) if rows else EVERYTHING
    if not sight:
        return rows
    try:
        question, asked = _those(sight)
    except EmptyResultSet:
        return []
    numbers = [row[0] for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(f"{question} WHERE seen.pk IN ({', '.join(['%s'] * len(numbers))})", [*asked, *numbers])
        known = {number for (number,) in cursor.fetchall()}
    return [row for row in rows if row[0] in known]


@lru_cache(maxsize=1024)
def _those(sight: Q) -> tuple[str, tuple[Any, ...]]:
    """The question for the work items of a sight, which is kept, as making it takes longer than the answer."""
    question, asked = Issue.objects.filter(sight).values("pk").query.sql_with_params()
    return f"SELECT seen.pk FROM ({question}) seen", asked  # noqa: S608 - the question is ours


def find(call: Call) -> Item:
    """The same; raises Said 404 where there is none."""
    one = found(call)
    if one is None:
        raise Said(404, {"message": f'Issue with given key "{call.given["key"]}" could not be found.'})
    return one


def wanted(call: Call) -> Definition | None:
    """The SLA that the parameter `slaId` names, None without it; raises UserError where there is no such one."""
    given = call.query.get("slaId")
    return None if given is None else named(given)


def named(given: str) -> Definition:
    """The published SLA of a number; raises UserError where there is none."""
    number = number_of(given, SLA)
    try:
        one = definitions.find(number)
    except Missing:
        raise missing(number) from None
    if one.published is None:
        raise missing(number)
    return one


def told(items: Sequence[Item], definition: Definition | None, as_of_ms: int) -> Iterator[tuple[Item, Told]]:
    """What the SLAs in force, or one of them, show of work items, item after item, by the SLAs' numbers."""
    rows = stored([item.pk for item in items], definition.pk if definition else None)
    faces = list(shown(rows, as_of_ms))
    names = _Naming([face.rule.policy for face in faces])
    waiting = being_counted()
    by_issue: dict[int, list[Face]] = {}
    for face in faces:
        by_issue.setdefault(face.issue_id, []).append(face)
    for item in items:
        for face in by_issue.get(item.pk, []):
            yield item, _told(face, names.of(item.site_id), waits=face.definition_id in waiting)


def untold(item: Item, definition: Definition, as_of_ms: int) -> Told:
    """What an SLA shows of a work item where nothing of it ever started."""
    if definition.published is None:
        raise missing(definition.pk)
    own = rule(definition.published)
    names, waits = _Naming([own.policy]).of(item.site_id), definition.pk in being_counted()
    return Told(definition.pk, definition.name, own.policy, own.calendars, None, as_of_ms, names, waits)


def _told(face: Face, names: Names, *, waits: bool) -> Told:
    clock = face.clocks[-1] if face.clocks else None
    own = face.rule
    return Told(face.definition_id, own.version.name, own.policy, own.calendars, clock, face.as_of_ms, names, waits)


_STATUSES = "SELECT key, name FROM history_value WHERE site_id = %s AND kind = %s"


class _Naming:
    """What sites call their statuses, and the fields that some policies ask for."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._keys = {key for policy in policies for key in keys_of(policy)}
        self._known: dict[int, Names] = {}

    def of(self, site: int) -> Names:
        """The names of a site, asked for once."""
        if site not in self._known:
            with connection.cursor() as cursor:
                cursor.execute(_STATUSES, [site, STATUS])
                statuses = dict(cursor.fetchall())
            self._known[site] = Names(statuses, self._fields(site) if self._keys else {})
        return self._known[site]

    def _fields(self, site: int) -> dict[str, str]:
        return dict(Field.objects.filter(site=site, key__in=self._keys).values_list("key", "name"))
