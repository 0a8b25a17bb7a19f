"""Asking Jira what somebody's account may see (docs/access.md, semantics 33).

Jira is asked about work items and not about projects: of a project it also says yes to whoever *might* be a reporter
there. Work items that the permission scheme and the security level cannot tell apart are one class, and a few of them
are asked about. The rules say what can tell them apart: being the reporter or the assignee, a field that names people,
or something that is not known here, of which nothing is shown.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from sojourn.errors import UserError
from sojourn.history.models import Issue, IssueValue, Project, Value
from sojourn.history.owners import owners
from sojourn.history.permitted import Part, Permitted, Untold
from sojourn.jira import access
from sojourn.jira.failures import JiraFailure, NotAllowed, NotThere, Unavailable
from sojourn.jira.holders import OWN, PORTAL, UNKNOWN, Permits
from sojourn.jira.manners import Manners
from sojourn.jira.models import Connection
from sojourn.jira.source import JiraSource

_RULES_FOR = timedelta(minutes=4)
_PROBES = 3
"""How many work items stand for a class: one may have been moved in Jira since it was read."""
_CANDIDATES = 60
Rules = Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True)
class _Class:
    """Work items of which an account sees all or none, and those that are asked about, by Jira's id."""

    part: Part
    probes: frozenset[str]
    needs_agent: bool

    def is_seen(self, permits: Permits) -> bool:
        """Whether Jira lets the account see all of those, but for what is no more there."""
        there = self.probes & permits.there
        seen = permits.browsed & permits.served if self.needs_agent else permits.browsed
        return bool(there) and there <= seen


def tell(site: int, account: str, now: datetime, seconds: float) -> Permitted:
    """What an account may see of a site that is connected, within so many seconds; raises Untold."""
    row = Connection.objects.filter(site=site).first()
    if row is None:
        raise Untold("the site is not connected", is_lasting=True)
    if row.refused:
        raise Untold(row.refused)
    try:
        with _source(row, seconds) as source:
            rules, since = _rules(row, source, now)
            classes = list(_classes(row, rules, account))
            issues = sorted({one for found in classes for one in found.probes}, key=int)
            permits = source.permitted(account, issues)
    except (NotAllowed, NotThere) as error:
        raise Untold(
            f"{error}; the account of the connection needs the permission Administer Jira", is_lasting=True
        ) from None
    except (JiraFailure, UserError) as error:
        raise Untold(str(error)) from None
    return Permitted(tuple(one.part for one in classes if one.is_seen(permits)), since)


def _source(row: Connection, seconds: float) -> JiraSource:
    """The Jira of a connection, which is waited for no longer than that in all: no call is made in the second half."""
    ends = time.monotonic() + seconds / 2
    late = Unavailable(f"{row.name}: does not answer in time, or asks to wait")

    def clock() -> float:
        now = time.monotonic()
        if now > ends:
            raise late
        return now

    def sleep(_: float) -> None:
        raise late

    return JiraSource.open(
        access.jira(row), access.route(), Manners(row.name, clock=clock, sleep=sleep), seconds=seconds / 2
    )


def _rules(row: Connection, source: JiraSource, now: datetime) -> tuple[Rules, datetime]:
    """Who holds Browse, by project, and who is in a security level, and when that was read: not long ago."""
    kept: dict[str, Any] = row.permissions or {}
    read_at = parse_datetime(str(kept.get("at", "")))
    if read_at is not None and now - _RULES_FOR < read_at <= now:
        return kept, read_at
    projects = row.projects.filter(is_seen=True).values_list("project", flat=True)
    rules = {"projects": source.browse_holders(sorted(projects)), "levels": source.level_holders()}
    Connection.objects.filter(pk=row.pk).update(permissions={**rules, "at": now.isoformat()})
    return rules, now


def _classes(row: Connection, rules: Rules, account: str) -> Iterator[_Class]:
    """The classes there are work items of; where a rule is not known there is none."""
    here = Issue.objects.filter(site=row.site_id, deleted_ms=None)
    levels = dict(Value.objects.filter(site=row.site_id, kind="security").values_list("pk", "key"))
    person = Value.objects.filter(site=row.site_id, kind="user", key=account).values_list("pk", flat=True).first()
    with_level = IssueValue.objects.filter(value__in=levels)
    used = set(with_level.values_list("issue__project", "value").distinct())
    for project, jira_id in Project.objects.filter(site=row.site_id).values_list("pk", "jira_id"):
        of_project = rules["projects"].get(jira_id)
        if of_project is None:
            continue
        items = here.filter(project=project)
        cells: list[tuple[int | None, Any, set[str]]] = [(None, items.filter(~owners(with_level)), set(of_project))]
        for level in (level for owner, level in sorted(used) if owner == project):
            of_level = rules["levels"].get(levels[level], [UNKNOWN])
            of_this = owners(IssueValue.objects.filter(value=level))
            cells.append((level, items.filter(of_this), {*of_project, *of_level}))
        for of, found, holders in cells:
            yield from _of_cell(Part(project, of), found, holders, person)


def _of_cell(part: Part, items: Any, holders: set[str], person: int | None) -> Iterator[_Class]:
    """The classes of one project and level: what is nobody's own, and where that matters what is the account's."""
    if UNKNOWN in holders:
        return
    own = sorted(holders & set(OWN))
    fields = holders - set(OWN) - {PORTAL}
    for whose in ("", *own) if person else ("",):
        others = Q()
        for other in own if person else ():
            others |= Q(**{other: person}) if other != whose else Q(pk__in=())
        chosen = items.exclude(others) if others else items
        chosen = chosen.filter(**{whose: person}) if whose else chosen
        probes = frozenset(_probes(chosen, fields))
        if probes:
            yield _Class(Part(part.project, part.level, whose), probes, PORTAL in holders)


def _probes(items: Any, fields: Iterable[str]) -> Iterator[str]:
    """Some work items that nobody is named in by those fields, those first that were not changed for long."""
    told = items.order_by("updated_ms").values_list("jira_id", "fields")[: _CANDIDATES if fields else _PROBES]
    found = (jira_id for jira_id, values in told if not any(values.get(name) for name in fields))
    for jira_id, _ in zip(found, range(_PROBES), strict=False):
        yield jira_id
