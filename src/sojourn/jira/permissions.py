"""Asking Jira what somebody's account may see (docs/access.md, semantics 33).

Jira is asked about work items and not about projects: of a project it also says yes to whoever *might* be a reporter
there. Work items that the permission scheme and the security level cannot tell apart are one class, and the first and
the last of them are asked about: one may have been moved in Jira since it was read. The rules say what can tell them
apart: being the reporter or the assignee, a field that names people, or something that is not known here, of which
nothing is shown.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Case, Max, Min, When
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
    levels = dict(Value.objects.filter(site=row.site_id, kind="security").values_list("pk", "key"))
    person = Value.objects.filter(site=row.site_id, kind="user", key=account).values_list("pk", flat=True).first()
    projects = dict(Project.objects.filter(site=row.site_id).values_list("pk", "jira_id"))

    @cache
    def ends(without: frozenset[str]) -> dict[tuple[int, int | None], list[_Ends]]:
        return _ends(row.site_id, levels, person, without)

    for project, level in ends(frozenset()):
        of_level = [] if level is None else rules["levels"].get(levels[level], [UNKNOWN])
        holders = {*rules["projects"].get(projects[project], [UNKNOWN]), *of_level}
        if UNKNOWN not in holders:
            fields = frozenset(holders - set(OWN) - {PORTAL})
            yield from _of_cell(Part(project, level), ends(fields).get((project, level), []), holders)


@dataclass(frozen=True, slots=True)
class _Ends:
    """The first and the last work item of those of a project and level that are the account's own in the same way."""

    project: int
    level: int | None
    own: frozenset[str]
    ends: frozenset[str]


def _ends(
    site: int, levels: Mapping[int, str], person: int | None, without: frozenset[str]
) -> dict[tuple[int, int | None], list[_Ends]]:
    """Those of the work items of a site in which none of some fields holds anything, by project and level.

    These are three queries, however many projects and levels there are.
    """
    here = Issue.objects.filter(site=site, deleted_ms=None)
    if without:
        here = here.exclude(fields__has_any_keys=sorted(without))  # what is empty is not kept
    has_level = IssueValue.objects.filter(value__in=levels)
    plain = here.filter(~owners(has_level)).annotate(level=models.Value(None, models.IntegerField()))
    found = list(_grouped(plain, person, "", "level"))
    if levels:
        found += _grouped(has_level.filter(issue__in=here), person, "issue__", "value")
    numbers = {end for *_, first, last in found for end in (first, last)}
    names = dict(Issue.objects.filter(pk__in=numbers).values_list("pk", "jira_id"))
    cells: dict[tuple[int, int | None], list[_Ends]] = defaultdict(list)
    for project, level, own, first, last in found:
        cells[project, level].append(_Ends(project, level, frozenset(own), frozenset((names[first], names[last]))))
    return cells


def _grouped(rows: Any, person: int | None, prefix: str, level: str) -> Iterator[tuple[Any, ...]]:
    flags = {
        f"own_{whose}": Case(When(**{f"{prefix}{whose}": person}, then=1), default=0) if person else models.Value(0)
        for whose in OWN
    }
    key = f"{prefix}pk"
    by = rows.annotate(**flags).values_list(f"{prefix}project", level, *flags).order_by()
    for project, of, *own, first, last in by.annotate(first=Min(key), last=Max(key)):
        yield project, of, (whose for whose, is_own in zip(OWN, own, strict=True) if is_own), first, last


def _of_cell(part: Part, cell: list[_Ends], holders: set[str]) -> Iterator[_Class]:
    """The classes of one project and level: what is nobody's own, and where that matters what is the account's."""
    matters = holders & set(OWN)
    for whose in ("", *sorted(matters)):
        alike = [one.ends for one in cell if one.own & matters == ({whose} if whose else set())]
        if alike:
            probes = frozenset[str]().union(*alike)
            yield _Class(Part(part.project, part.level, whose), probes, PORTAL in holders)
