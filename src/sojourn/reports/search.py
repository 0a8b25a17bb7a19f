"""Work items that a query in JQL finds, in its order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import polars as pl
from django.db.models import Q, QuerySet

from sojourn.calendars import store
from sojourn.core.calendar.parse import known_zone
from sojourn.core.duration import DAY_MS, TimeFormat
from sojourn.core.instants import utc_text
from sojourn.errors import Refused
from sojourn.history import freshness
from sojourn.history.models import Issue
from sojourn.jql.asking import Asking
from sojourn.jql.compile import Selection, selection
from sojourn.reports import columns, notes
from sojourn.reports.options import instant_ms
from sojourn.reports.parts import IDENTITY
from sojourn.reports.query import OPERATOR, Asker, said
from sojourn.reports.table import Notes, Table
from sojourn.sla import search

FIELDS = ("summary", "status", "assignee", "updated")
"""What is shown of a work item where nothing else is asked for."""

_BATCH = 4_096


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: a query, the moment of which and the zone in which it is asked, and who asks.

    Where the search is lenient, a value that is not there is a warning and no error.
    """

    jql: str
    as_of_ms: int
    tz: str = "UTC"
    asker: Asker = OPERATOR
    is_lenient: bool = False

    @classmethod
    def of(
        cls, jql: str, tz: str, as_of: str, now: datetime, asker: Asker = OPERATOR, *, is_lenient: bool = False
    ) -> "Search":
        """A search by texts, as of now where no moment is named; raises Refused where zone or moment are none."""
        zone = ZoneInfo(known_zone(tz))
        at_ms = instant_ms(as_of, zone, "as_of") if as_of else round(now.timestamp() * 1000)
        return cls(jql, at_ms, tz, asker, is_lenient)

    @property
    def asking(self) -> Asking:
        """The same for the language."""
        return Asking(
            as_of_ms=self.as_of_ms,
            tz=self.tz,
            user=self.asker.name,
            login_ms=self.asker.login_ms,
            calendars=store.load,
            clocks=search.fields,
            is_lenient=self.is_lenient,
            sight=self.asker.sight,
        )


def find(search: Search) -> tuple[QuerySet[Issue], Selection]:
    """The work items that a query finds, in no order, and what it means; raises JqlError where it means nothing.

    They are those that were there at the moment and that the asker may see; what is asked of their fields is as they
    are today, but for history.
    """
    there = Q(deleted_ms=None) | Q(deleted_ms__gt=search.as_of_ms)
    issues = Issue.objects.filter(search.asker.sight, there, created_ms__lte=search.as_of_ms)
    found = selection(search.jql, search.asking, issues, is_everything=not search.asker.sight)
    return issues.filter(found.condition), found


def table(search: Search, names: Sequence[str], limit: int | None = None) -> Table:
    """The work items with some of their fields, in the order of the query.

    Raises JqlError where the query means nothing, Refused where no work item has such a field.
    """
    issues, meaning = find(search)
    try:
        shown = columns.find_all(names, IDENTITY)
    except Refused as error:
        raise Refused("fields", error.problem) from None
    layout = (*IDENTITY, *(one.column for one in shown))
    ordered = issues.order_by(*meaning.order).values_list("key", "jira_id", *(one.expression for one in shown))

    def frames() -> Iterator[pl.DataFrame]:
        rows = ordered[:limit].iterator(_BATCH)
        while batch := list(islice(rows, _BATCH)):
            key, jira_id, *cells = zip(*batch, strict=True)
            series = [pl.Series(key, dtype=pl.String), pl.Series(jira_id, dtype=pl.String)]
            series += [one.series(values) for one, values in zip(shown, cells, strict=True)]
            yield pl.DataFrame([one.alias(column.name) for column, one in zip(layout, series, strict=True)])

    return Table(layout, _notes(search, meaning), frames)


def _notes(search: Search, meaning: Selection) -> Notes:
    lines = [f"JQL: {meaning.query}" if str(meaning.query) else "All work items."]
    data = freshness.of(sight=search.asker.sight)
    return Notes(
        report="search",
        as_of=utc_text(search.as_of_ms),
        calendar=store.DEFAULT,
        zone=search.tz,
        business_day_ms=DAY_MS,
        business_week_ms=7 * DAY_MS,
        time_format=TimeFormat.MS,
        lines=(*lines, *notes.of_data(data, search.tz), *said(meaning.warnings)),
        data_as_of=notes.instant(data),
        data_doubts=notes.doubts(data),
    )
