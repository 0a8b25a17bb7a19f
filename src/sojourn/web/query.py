"""The address of a report page: everything the page shows is said by its query string."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict

from sojourn.calendars import store
from sojourn.errors import Refused, UserError
from sojourn.reports import columns
from sojourn.reports import options as reading
from sojourn.reports.charts import MEASURED
from sojourn.reports.items import chosen
from sojourn.reports.menu import OPTIONS, Option
from sojourn.reports.query import Asker
from sojourn.reports.request import DATE_FIELDS, Request

PER_PAGE = ("50", "100", "500")
PAGE_OPTIONS = (
    Option("page", "The page of the table.", "1"),
    Option("per_page", "Rows on a page of the table.", "50", PER_PAGE),
    Option("chart", "What the bars of the chart show.", "mean", MEASURED),
    Option("preset", "The preset that was opened."),
    Option("chart_done", "Whether the chart shows done statuses too.", "false", ("false", "true")),
)
"""What an address says about the page, beside the options of the report."""

RANGES = (*DATE_FIELDS, "trim")
TIME_FORMAT = "DaysHoursMinutes"
_DEFAULTS = {option.name: option.default for option in (*OPTIONS, *PAGE_OPTIONS)} | {"time_format": TIME_FORMAT}
_MANY = {option.name for option in OPTIONS if option.many}
_LINE_BREAK = re.compile(r"\r\n?|\n")
_FORM_ENDS = tuple(f"{name}_{end}" for name in RANGES for end in ("from", "to"))


@dataclass(frozen=True)
class Query:
    """The options of an address that are not left at their defaults, as texts."""

    options: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """The text of an option, or its default."""
        return (self.options.get(name) or (_DEFAULTS.get(name, ""),))[0]

    def many(self, name: str) -> tuple[str, ...]:
        """All texts of an option."""
        return self.options.get(name, ())

    def put(self, name: str, *texts: str) -> "Query":
        """The same with another value of an option; back on the first page."""
        kept = {one: given for one, given in self.options.items() if one not in (name, "page")}
        return Query(kept | ({name: texts} if texts and texts != (_DEFAULTS.get(name),) else {}))

    def without(self, name: str, text: str | None = None) -> "Query":
        """The same without an option, or without one of its texts."""
        return self.put(name, *(one for one in self.many(name) if text is not None and one != text))

    @property
    def address(self) -> str:
        """The query string with its question mark; `?` alone where nothing is chosen."""
        return f"?{urlencode(self.options, doseq=True)}"


def parse(given: QueryDict) -> Query:
    """What an address, or a form that was sent, asks for; texts of ranges are joined, blanks and defaults left out."""
    texts = {name: _texts(name, given.getlist(name)) for name in given if name not in _FORM_ENDS}
    texts |= {"jql": tuple(_LINE_BREAK.sub(" ", text) for text in texts.get("jql", ()))}  # the field has one line
    for name in RANGES:
        begin, end = (given.get(f"{name}_{part}", "").strip() for part in ("from", "to"))
        if begin or end:
            texts[name] = (begin if ".." in begin and not end else f"{begin}..{end}",)
    kept = {name: found for name, found in texts.items() if found and found != (_DEFAULTS.get(name),)}
    return Query(kept)


def _texts(name: str, given: Sequence[str]) -> tuple[str, ...]:
    parts = (part for text in given for part in (text.split(",") if name in _MANY else (text,)))
    return tuple(part.strip() for part in parts if part.strip())


def is_form(given: QueryDict) -> bool:
    """Whether the query string is that of a form that was sent, with parts and blanks, and wants tidying."""
    return any(name in _FORM_ENDS or "" in given.getlist(name) for name in given)


def tidied(query: Query) -> Query:
    """The query of a form that was sent, sorted no longer by a column that was taken away."""
    gone = set(columns.NAMES) - set(query.many("columns"))
    kept = [text for text in query.many("sort") if text.rpartition(":")[0] not in gone and text not in gone]
    return Query({name: texts for name, texts in query.put("sort", *kept).options.items() if name != "page"})


def request(query: Query, now: datetime, asker: Asker, time_format: str = TIME_FORMAT) -> Request:
    """The request somebody's address asks for, in a time format unless it names one itself.

    Raises Refused, naming the option and what would be right.
    """
    of_page = {option.name for option in PAGE_OPTIONS}
    given = {name: texts for name, texts in query.options.items() if name not in of_page}
    try:
        calendar = store.load(query.one("calendar"))
    except UserError as error:
        raise Refused("calendar", str(error)) from error
    found = reading.request({"time_format": (time_format,), **given}, calendar, now, asker=asker)
    chosen(found)  # whether there are such sites and projects and what the query means, before anything is sent
    for option in PAGE_OPTIONS:
        _check(option, query.one(option.name))
    return found


def _check(option: Option, text: str) -> None:
    if option.choices and text not in option.choices:
        raise Refused(option.name, f"{text!r} is not one of {', '.join(option.choices)}")
    if option.name == "page" and not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise Refused("page", f"{text!r} is not a page; write a number from 1")
