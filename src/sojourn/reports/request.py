"""What is asked of a report: the options every report shares, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from django.db.models import Expression, F, Q

from sojourn.core.calendar import Calendar
from sojourn.core.time_format import TimeFormat
from sojourn.core.timeline import VisitsRule
from sojourn.errors import Refused
from sojourn.history.seen import EVERYTHING
from sojourn.reports.menu import Current, Shape, StatusesBy
from sojourn.reports.query import JqlQuery

DateField = Literal["created", "updated", "resolved", "due"]
DATE_FIELDS: tuple[DateField, ...] = get_args(DateField)


@dataclass(frozen=True, slots=True)
class Range:
    """Instants `[from_ms, to_ms)`; an end that is None is open."""

    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """One column to sort by."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class StatusGroup:
    """Statuses that are added up under one name."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The work items stored after one and up to another, by the store's numbers; `last` is the end of all pages."""

    after: int
    upto: int
    last: int

    @property
    def whole(self) -> "Page":
        """All pages together."""
        return Page(0, self.last, self.last)


@dataclass(frozen=True, slots=True)
class Request:
    """A question to a report, the same for all of them.

    `as_of_ms` is the moment of which it is asked; `filters` say which work items, by a date of theirs; `trim` is the
    part of time that is looked at, as if the world began and ended there (docs/semantics.md 12). `page` says which of
    the work items are answered for now. `own` holds the texts of the options that only this report has.
    """

    as_of_ms: int
    calendar: Calendar
    calendar_name: str
    sites: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    jql: JqlQuery | None = None
    filters: dict[DateField, Range] = field(default_factory=dict)
    trim: Range = Range()
    current: Current = "include"
    stop_on_done: bool = False
    since_last_move: bool = False
    statuses_by: StatusesBy = "id"
    status_groups: tuple[StatusGroup, ...] = ()
    visits: VisitsRule = "sum"
    shape: Shape = "wide"
    columns: tuple[str, ...] = ()
    time_format: TimeFormat = TimeFormat.MS
    is_past: bool = False
    """Whether the moment of which is asked lies before the moment of asking."""
    sort: tuple[Sort, ...] = ()
    limit: int | None = None
    group_by: tuple[str, ...] = ()
    page: Page | None = None
    within: tuple[tuple[Expression | F, Any], ...] = ()
    """Only work items of which these columns have these values; None is none."""
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sight: Q = EVERYTHING
    """Which work items who asks may see (`history.seen`)."""

    def __post_init__(self) -> None:
        if self.trim.from_ms is not None and self.trim.from_ms >= self.as_of_ms:
            raise Refused("trim", "begins at the moment of which is asked, or later; let it begin before as_of")

    @property
    def is_everything(self) -> bool:
        """Whether neither options nor sight leave out a work item of its sites; the query and the page may."""
        return not (self.projects or self.filters or self.sight)

    @property
    def everything(self) -> tuple[str, ...] | None:
        """The sites of which no work item is left out, none for all; None where some are (`history.read.timelines`)."""
        left_out = not self.is_everything or self.jql or self.page or self.within
        return None if left_out else self.sites

    @property
    def of_all_pages(self) -> "Request":
        """The same request about the work items of all pages: what the columns of every page come from."""
        return self if self.page is None else replace(self, page=self.page.whole)

    @property
    def end_ms(self) -> int:
        """The end of what is looked at: the moment asked of, or the end of the trim if that is earlier."""
        return self.as_of_ms if self.trim.to_ms is None else min(self.as_of_ms, self.trim.to_ms)

    def one(self, name: str) -> str:
        """The text of an option that only this report has."""
        return (*self.own.get(name, ()), "")[0]
