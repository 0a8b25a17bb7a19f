"""The page of a report, and the report as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import Any, cast

import polars as pl
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sojourn.access import roles
from sojourn.errors import Refused, UserError
from sojourn.history.models import Issue
from sojourn.reports import catalogue, charts, formats, notes
from sojourn.reports.charts import Figure, Measured
from sojourn.reports.items import values_of
from sojourn.reports.query import Asker
from sojourn.reports.request import Request
from sojourn.reports.table import Table
from sojourn.web import bundle, chips, form, grid, presets, query
from sojourn.web.query import PER_PAGE, Query
from sojourn.web.words import LABEL

_DONE = "done"
_REPORT = "time-in-status"


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Time in status: the form, the chart and a page of the table; 400 with the form where an option is wrong."""
    asked = query.parse(request.GET)
    if query.is_form(request.GET):
        return HttpResponseRedirect(request.path + query.tidied(asked).address)
    asker = Asker.of(request.user)
    account = presets.account_of(request)
    shared = {
        "query": asked,
        "chips": chips.of(asked),
        "cleared": chips.cleared(asked),
        "opened": presets.opened(account, asked),
        "may_save": roles.may(account, "reports"),
    }
    try:
        wanted = query.request(asked, timezone.now(), asker)
        if wanted.group_by:
            raise Refused("group_by", "is not shown on this page; `sojourn report` and the REST API answer by groups")
        answer = _answer(asked, wanted)
    except UserError as error:
        refused = error if isinstance(error, Refused) else Refused("", str(error))
        context = {**shared, "form": form.build(asked, asker.sight, refused), "wrong": _wrong(asked, refused)}
        return render(request, "web/report.html", context, status=HTTPStatus.BAD_REQUEST)
    return render(request, "web/report.html", {**shared, "form": form.build(asked, asker.sight, None), **answer})


@never_cache
@require_safe
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """The whole report in a format, sent as it is computed; in milliseconds unless a time format is asked for."""
    if name not in formats.FORMATS:
        raise Http404
    chosen = formats.parse_format(name)
    try:
        wanted = query.request(query.parse(request.GET), timezone.now(), Asker.of(request.user), "ms")
        table = catalogue.run(_REPORT, wanted)
        pieces = formats.chunks(table, chosen)
        first = next(pieces)  # what the format cannot hold is refused before anything is sent
    except UserError as error:
        context = {"title": "This cannot be downloaded", "text": str(error)}
        return render(request, "web/message.html", context, status=HTTPStatus.BAD_REQUEST)
    headers = {"Content-Disposition": f'attachment; filename="{_REPORT}.{chosen}"', **formats.headers(table)}
    return StreamingHttpResponse(chain([first], pieces), content_type=formats.CONTENT_TYPES[chosen], headers=headers)


def _wrong(asked: Query, error: Refused) -> dict[str, str]:
    """What is wrong, where, and the address of the page without it."""
    name = error.path
    seen = {
        "calendar",
        "time_format",
        "project",
        "jql",
        *query.RANGES,
        "columns",
        "visits",
        "current",
        "as_of",
        "site",
        "stop_on_done",
    }
    return {
        "name": name,
        "label": LABEL.get(name, name),
        "problem": error.problem,
        "field": name if name in seen else "",
        "without": asked.without(name).address,
    }


def _answer(asked: Query, wanted: Request) -> dict[str, Any]:
    """What the page shows of the answer, which is computed once."""
    table = catalogue.run(_REPORT, wanted)
    frame = table.collect()
    found = charts.figures(table, frame, values_of(wanted, "status"))
    pages = _Pages.of(asked, frame.height)
    return {
        "context": f"{wanted.calendar_name} · {wanted.calendar.tz}",
        "as_of": notes.local(wanted.as_of_ms, wanted.calendar.tz),
        "grid": grid.build(table, frame, pages.cut(frame), found, asked),
        "pages": pages,
        "count": _count(table, frame),
        "is_empty": frame.is_empty(),
        "has_items": not frame.is_empty() or Issue.objects.filter(wanted.sight).exists(),
        "sees_all": not wanted.sight,
        "lines": table.notes.lines,
        "shapes": _links(asked, "shape", {"wide": "Row per work item", "long": "Row per status"}),
        "downloads": _downloads(asked, wanted, table),
        **_chart(asked, table, found),
    }


def _count(table: Table, frame: pl.DataFrame) -> str:
    is_long = charts.is_long(table)
    items = frame["issue_id"].n_unique() if is_long else frame.height
    words = f"{items:,} work item{'' if items == 1 else 's'}"
    return f"{frame.height:,} rows for {words}" if is_long else words


def _chart(asked: Query, table: Table, found: Sequence[Figure]) -> dict[str, Any]:
    measured = cast("Measured", asked.one("chart"))
    with_done = asked.one("chart_done") == "true"
    shown = [one for one in found if with_done or one.group != _DONE]
    write = charts.printer(table.notes)
    return {
        "chart": charts.spec(shown, measured, table.notes) if shown else None,
        "chart_program": bundle.address(),
        "chart_choices": _links(asked, "chart", {"mean": "Average", "median": "Median"}),
        "chart_done": with_done,
        "chart_done_address": asked.put("chart_done", "false" if with_done else "true").address,
        "figures": [
            (one, charts.CATEGORIES[one.group], *(write(ms) for ms in (one.mean_ms, one.median_ms, one.p85_ms)))
            for one in found
        ],
    }


def _links(asked: Query, name: str, labels: dict[str, str]) -> list[tuple[str, str, str, bool]]:
    """Id, label and address of each value of an option, and whether it is the one in force.

    Another shape has other columns, so it is not sorted as this one is.
    """
    base = asked.without("sort") if name == "shape" else asked
    return [
        (f"{name}-{value}", label, base.put(name, value).address, asked.one(name) == value)
        for value, label in labels.items()
    ]


def _downloads(asked: Query, wanted: Request, table: Table) -> list[tuple[str, list[tuple[str, str]]]]:
    """The addresses of this very view as a file, at the same moment: with milliseconds, and as it is shown."""
    fixed = asked.put("as_of", table.notes.as_of)
    raw = fixed.without("time_format")
    shown = Query({**raw.options, "time_format": (wanted.time_format.value,)})
    kinds = (("Exact, in milliseconds", raw), ("With times as shown", shown))
    return [
        (label, [(name, f"{_REPORT}.{name}{_without_page(one).address}") for name in formats.FORMATS])
        for label, one in kinds
    ]


def _without_page(asked: Query) -> Query:
    for option in query.PAGE_OPTIONS:
        asked = asked.without(option.name)
    return asked


@dataclass(frozen=True, slots=True)
class _Pages:
    """Which rows are shown, and the addresses of the pages beside."""

    number: int
    last: int
    size: int
    rows: int
    asked: Query

    @classmethod
    def of(cls, asked: Query, rows: int) -> "_Pages":
        size = int(asked.one("per_page"))
        last = max(1, -(-rows // size))
        return cls(min(int(asked.one("page")), last), last, size, rows, asked)

    def cut(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of the page."""
        return frame.slice((self.number - 1) * self.size, self.size)

    @property
    def shown(self) -> str:
        """Which rows these are, such as `51–100 of 2,000`."""
        first = (self.number - 1) * self.size + 1
        return f"{first:,}–{min(self.number * self.size, self.rows):,} of {self.rows:,}"

    @property
    def before(self) -> str:
        """The address of the page before; empty on the first one."""
        return self.asked.put("page", str(self.number - 1)).address if self.number > 1 else ""

    @property
    def after(self) -> str:
        """The address of the page after; empty on the last one."""
        return self.asked.put("page", str(self.number + 1)).address if self.number < self.last else ""

    @property
    def sizes(self) -> list[tuple[str, str, str, bool]]:
        """The numbers of rows a page can have."""
        return _links(self.asked, "per_page", {size: size for size in PER_PAGE})
