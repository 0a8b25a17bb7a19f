"""What the reports on flow have in common: batches of work items, and when each was started and finished."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from sojourn.core import flow
from sojourn.core.flow import NEVER, Moments
from sojourn.core.time_format import TimeFormat
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.reports import columns, notes
from sojourn.reports.axis import Axis
from sojourn.reports.columns import IssueColumn
from sojourn.reports.long import FLAGS
from sojourn.reports.parts import IDENTITY, Part, axis_of, parts
from sojourn.reports.request import Range, Request
from sojourn.reports.table import TYPES, Column, Table

_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Rules:
    """The statuses there are, and of each whether it starts the work, and whether it finishes it.

    Groups of statuses do not change what they are; they give names to several, for options and for showing.
    """

    axis: Axis
    starts: BoolArray
    finishes: BoolArray
    titles: tuple[str, ...]
    """What each status is called, or the group that it is in."""

    @classmethod
    def of(cls, request: Request) -> "Rules":
        """The rules of a request; raises Refused where it names no status there is (docs/semantics.md 35, 36)."""
        axis = axis_of(replace(request, status_groups=()), "status")
        started, finished = (marked(request, axis, option) for option in ("started", "finished"))
        return cls(axis, started, finished, axis.titles_in(request.status_groups))

    def notes(self) -> list[str]:
        """What starts and what finishes the work, in words."""
        started, finished = named(self.axis, self.starts), named(self.axis, self.finishes)
        lines = [f"Started by the first entry into {started}; finished by the last entry into {finished}."]
        sorted_out = self.starts | self.finishes | np.array([group != "" for group in self.axis.groups], dtype=bool)
        if not sorted_out.all():
            unsorted = ", ".join(self.axis.titles[place] for place in np.flatnonzero(~sorted_out))
            how = "Importing Jira's list of statuses tells."
            lines.append(f"Not known what these statuses are, and so taken for neither: {unsorted}. {how}")
        return lines


def marked(request: Request, axis: Axis, option: str) -> BoolArray:
    """Of each status whether an option of the request names it, or its group; raises Refused where there is neither."""
    found = np.zeros(len(axis), dtype=bool)
    groups = {group.name.casefold(): group.members for group in request.status_groups}
    for name in request.own.get(option, ()):
        for member in groups.get(name.casefold(), (name,)):
            found[axis.matching(member, option)] = True
    return found


def named(axis: Axis, wanted: BoolArray) -> str:
    """The statuses that are wanted, in words."""
    names = [axis.titles[place] for place in np.flatnonzero(wanted)]
    if len(names) > _MOST_NAMES:
        return f"{len(names)} statuses"
    return ", ".join(names) or "no status"


@dataclass(frozen=True, slots=True)
class FlowPart:
    """A batch with all stays in statuses until the end of what is looked at, and the moments that follow from them."""

    part: Part
    moments: Moments

    def between(self, begin: Int64Array, end: Int64Array, known: BoolArray) -> tuple[pl.Series, pl.Series]:
        """Working time and elapsed time from `begin` to `end` of each work item, ms; null where it is not known."""
        begun, ended = begin[known], end[known]
        amounts = np.zeros((2, len(known)), dtype=np.int64)
        amounts[0, known] = self.part.measure.reaching(begun).elapsed(begun, ended)
        amounts[1, known] = ended - begun
        return nullable(amounts[0], known), nullable(amounts[1], known)


def unbegun(request: Request) -> Request:
    """The request whose trim ends histories, but does not begin them (docs/semantics.md 38)."""
    return replace(request, trim=Range(None, request.trim.to_ms))


def flow_parts(
    request: Request, rules: Rules, extra: tuple[IssueColumn, ...] = (), also: Sequence[str] = ()
) -> Iterator[FlowPart]:
    """The work items of a request in batches; also with other fields' timelines."""
    for part in parts(unbegun(request), "status", rules.axis, extra, also):
        stays = part.stays
        yield FlowPart(part, flow.moments(stays, rules.starts[stays.value], rules.finishes[stays.value]))


def nullable(numbers: Int64Array, known: BoolArray) -> pl.Series:
    """The numbers as a column; null where they are not known."""
    return pl.Series(numbers, dtype=pl.Int64).set(pl.Series(~known, dtype=pl.Boolean), None)


def instants(at: Int64Array) -> pl.Series:
    """Instants as a column; null for what has not happened."""
    return nullable(at, at != NEVER).cast(TYPES["instant"])


Make = Callable[[FlowPart], tuple[BoolArray, list[pl.Series]]]
"""Of a batch: which work items have a row, and the report's own columns for all of them."""


def item_table(
    name: str,
    request: Request,
    rules: Rules,
    own: Sequence[Column],
    make: Make,
    *,
    timed: str,
    needed: Sequence[str] = (),
    lines: Sequence[str] = (),
) -> Table:
    """A report with a row a work item: key and id, the report's own columns, flags, and the columns asked for.

    With another time format than `ms`, a column `time` after the column `timed` shows it in that format. `needed` are
    columns of the work item that `make` reads. `lines` are notes.
    """
    cells = list(own)
    place = 1 + [column.name for column in own].index(timed)
    if request.time_format is not TimeFormat.MS:
        cells.insert(place, Column("time", "duration", "ms"))
    extra = columns.find_all(request.columns, (*IDENTITY, *cells, FLAGS))
    layout = (*IDENTITY, *cells, FLAGS, *(one.column for one in extra))
    read = (*extra, *(columns.find(one) for one in needed))

    def frames() -> Iterator[pl.DataFrame]:
        for found in flow_parts(request, rules, read):
            part = found.part
            keep, series = make(found)
            if len(cells) > len(series):
                series.insert(place, series[place - 1])
            every = (*part.identity(), *series, part.flags(), *part.shown()[: len(extra)])
            frame = pl.DataFrame([one.alias(column.name) for column, one in zip(layout, every, strict=True)])
            yield frame.filter(pl.Series(keep, dtype=pl.Boolean))

    return Table(layout, notes.saying(name, request, lines), frames)
