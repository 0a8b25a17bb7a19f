"""Which work items a request is about, and the parts of it every report works with."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from sojourn.calendars import store
from sojourn.core.calendar import Calendar
from sojourn.errors import Refused
from sojourn.history import read, seen
from sojourn.history.models import Issue, Value
from sojourn.jql.asking import Asking
from sojourn.jql.compile import Selection, selection
from sojourn.reports.request import DateField, Range, Request
from sojourn.sla import search

_COLUMN: dict[DateField, str] = {"created": "created_ms", "updated": "updated_ms", "resolved": "resolved_ms"}


def chosen(request: Request) -> QuerySet[Issue]:
    """The work items of a request that existed at its moment, and that who asks may see.

    Raises Refused where a site or project is not known, or where its query in JQL means nothing.
    """
    _must_exist("site", request.sites, seen.sites(request.sight).values_list("name", flat=True))
    _must_exist("project", request.projects, seen.projects(request.sight).values_list("key", flat=True))
    found = _plainly_chosen(request)
    if request.jql:
        found = found.filter(meaning(request).condition)
    if request.page:
        found = found.filter(pk__gt=request.page.after, pk__lte=request.page.upto)
    for place, (expression, value) in enumerate(request.within):
        name = f"within{place}"
        wanted_value = {f"{name}__isnull": True} if value is None else {name: value}
        found = found.alias(**{name: expression}).filter(**wanted_value)
    return found


def values_of(request: Request, field_key: str) -> QuerySet[Value]:
    """The values of a field at the sites of a request that who asks is told of."""
    found = read.values_of(field_key, request.sites)
    return seen.values(found, request.sight, [read.dictionary_of(field_key)])


def meaning(request: Request) -> Selection:
    """What the query of a request means; raises JqlError, pointing at the place, where it means nothing."""
    query = request.jql
    if query is None:
        raise ValueError("the request has no query")
    asking = Asking(
        as_of_ms=request.as_of_ms,
        tz=request.calendar.tz,
        user=query.asker.name,
        login_ms=query.asker.login_ms,
        sites=request.sites,
        calendars=store.load,
        clocks=search.fields,
        sight=request.sight,
    )
    issues, is_everything = _plainly_chosen(request), request.is_everything
    return query.meaning(lambda: selection(query.text, asking, issues, is_everything=is_everything))


def _plainly_chosen(request: Request) -> QuerySet[Issue]:
    """The work items that the options other than the query choose, on whatever page."""
    found = Issue.objects.filter(request.sight).filter(Q(deleted_ms=None) | Q(deleted_ms__gt=request.as_of_ms))
    if request.sites:
        found = found.filter(site__name__in=request.sites)
    if request.projects:
        found = found.filter(project__key__in=request.projects)
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
