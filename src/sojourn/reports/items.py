"""Which work items a request is about, and the parts of it every report works with."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from sojourn.core.calendar import Calendar
from sojourn.errors import Refused
from sojourn.history.models import Issue, Project, Site
from sojourn.reports.request import DateField, Range, Request

_COLUMN: dict[DateField, str] = {"created": "created_ms", "updated": "updated_ms", "resolved": "resolved_ms"}


def chosen(request: Request) -> QuerySet[Issue]:
    """The work items of a request that existed at its moment; raises Refused where a site or project is not known."""
    _must_exist("site", request.sites, Site.objects.values_list("name", flat=True))
    _must_exist("project", request.projects, Project.objects.values_list("key", flat=True))
    found = Issue.objects.filter(Q(deleted_ms=None) | Q(deleted_ms__gt=request.as_of_ms))
    if request.sites:
        found = found.filter(site__name__in=request.sites)
    if request.projects:
        found = found.filter(project__key__in=request.projects)
    if request.page:
        found = found.filter(pk__gt=request.page.after, pk__lte=request.page.upto)
    for place, (expression, value) in enumerate(request.within):
        name = f"within{place}"
        wanted_value = {f"{name}__isnull": True} if value is None else {name: value}
        found = found.alias(**{name: expression}).filter(**wanted_value)
    for name, wanted in request.filters.items():
        found = found.filter(_between(name, wanted, request.calendar))
    return found


def _must_exist(option: str, wanted: tuple[str, ...], known: Iterable[str]) -> None:
    missing = sorted(set(wanted) - set(known)) if wanted else []
    if missing:
        there = ", ".join(sorted(known)) or "none yet; import some work items first"
        raise Refused(option, f"there is no {option} {missing[0]!r}; there are: {there}")


def _between(name: DateField, wanted: Range, calendar: Calendar) -> Q:
    if name == "due":
        days = [None if end is None else _local_date(end, calendar) for end in (wanted.from_ms, wanted.to_ms)]
        bounds: dict[str, Any] = {"due__gte": days[0], "due__lt": days[1]}
    else:
        bounds = {f"{_COLUMN[name]}__gte": wanted.from_ms, f"{_COLUMN[name]}__lt": wanted.to_ms}
    limits = {bound: end for bound, end in bounds.items() if end is not None}
    return Q(**limits) & Q(**{f"{_COLUMN.get(name, 'due')}__isnull": False})


def _local_date(at_ms: int, calendar: Calendar) -> date:
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(calendar.tz)).date()
