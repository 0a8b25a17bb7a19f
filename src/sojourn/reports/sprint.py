"""The sprint report: what a sprint began with, won, lost, completed and left over (docs/semantics.md 41)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import polars as pl

from sojourn.core.sprint import Sprint, sprint
from sojourn.core.timeline import BoolArray
from sojourn.errors import Refused
from sojourn.reports import columns, notes
from sojourn.reports.columns import IssueColumn
from sojourn.reports.flow import FlowPart, Rules, flow_parts, instants
from sojourn.reports.long import FLAGS
from sojourn.reports.options import instant_ms
from sojourn.reports.parts import IDENTITY
from sojourn.reports.request import Range, Request
from sojourn.reports.sprint_field import holding
from sojourn.reports.table import Column, Notes, Table

FIGURES = ("committed", "added", "removed", "finished_before", "completed", "carried_over")
_FINISHED, _ESTIMATE = Column("finished", "instant"), Column("estimate", "number")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A sprint that is asked about: the request until its end, its start, and which values of the field hold it."""

    request: Request
    begin_ms: int
    holds: BoolArray
    rules: Rules
    estimate: tuple[IssueColumn, ...]
    extra: tuple[IssueColumn, ...]

    def parts(self) -> Iterator[tuple[FlowPart, Sprint]]:
        """The work items in batches, and what each of them was to the sprint."""
        last_ms = self.request.end_ms - (self.request.end_ms == self.request.trim.to_ms)
        for found in flow_parts(self.request, self.rules, (*self.extra, *self.estimate), ("sprint",)):
            lines = found.part.batch.also["sprint"]
            yield found, sprint(lines, self.holds[lines.value], found.moments, self.begin_ms, last_ms)

    def estimates(self, found: FlowPart) -> list[pl.Series]:
        """The estimate of each work item, null where it has none or no number; nothing where none is asked for."""
        texts = [pl.Series(found.part.batch.columns[one.column.name], dtype=pl.String) for one in self.estimate]
        numbers = [text.cast(pl.Float64, strict=False) for text in texts]
        return [number.set(~number.is_finite(), None) for number in numbers]


def sprint_report(request: Request) -> Table:
    """The figures of a sprint, or with `rows = items` what each work item that was in it was to it.

    With an estimate field also the estimates, whose sums count 0 for what has none. Raises Refused where there is no
    such sprint or field, and where the sprint does not begin before its end and before the moment asked of.
    """
    begin_ms, until_end = _span(request)
    own = (*(Column(name, "boolean") for name in FIGURES), _FINISHED, FLAGS, _ESTIMATE)
    rules, holds, estimate = Rules.of(request), holding(request), _estimate(request)
    asked = _Asked(until_end, begin_ms, holds, rules, estimate, columns.find_all(request.columns, (*IDENTITY, *own)))
    begin, end = (notes.local(at, request.calendar.tz) for at in (begin_ms, until_end.end_ms))
    lines = [
        f"The sprint from {begin} to {end}.",
        *rules.notes(),
        *(["Estimates are those of today."] if estimate else []),
    ]
    told = notes.saying("sprint-report", request, lines)
    return _sums(asked, told) if request.one("rows") == "sums" else _items(asked, told)


def _span(request: Request) -> tuple[int, Request]:
    """When the sprint begins, and the request until its end, which is not included; without one, until as_of."""
    begin_text, end_text, zone = request.one("sprint_start"), request.one("sprint_end"), ZoneInfo(request.calendar.tz)
    if not begin_text:
        raise Refused("sprint_start", "say when the sprint began, such as 2024-01-31T09:00")
    begin_ms = instant_ms(begin_text, zone, "sprint_start")
    end_ms = instant_ms(end_text, zone, "sprint_end") if end_text else None
    if end_ms is not None and end_ms <= begin_ms:
        raise Refused("sprint_end", "must be later than sprint_start")
    if begin_ms >= request.as_of_ms:
        raise Refused("sprint_start", "must be earlier than the moment of which is asked")
    return begin_ms, replace(request, trim=Range(None, end_ms))


def _estimate(request: Request) -> tuple[IssueColumn, ...]:
    name = request.one("estimate")
    try:
        found = (columns.find(name),) if name else ()
    except Refused:
        raise Refused("estimate", f"no work item has a field {name!r}; such as customfield_10016") from None
    if found and not found[0].custom:
        raise Refused("estimate", f"{name!r} is no field with numbers; name one such as customfield_10016")
    return found


def _sums(asked: _Asked, told: Notes) -> Table:
    """A row a figure: how many work items, and the sum of their estimates; no rows where none was in the sprint."""
    if asked.extra:
        raise Refused("columns", "are fields of work items; ask for them with rows items")
    layout = (Column("figure", "text"), Column("work_items", "integer"), *([_ESTIMATE] if asked.estimate else []))

    def frames() -> Iterator[pl.DataFrame]:
        counts = dict.fromkeys(FIGURES, 0)
        amounts: dict[str, list[float]] = {name: [] for name in FIGURES}
        for found, figures in asked.parts():
            estimates = asked.estimates(found)
            for name in FIGURES:
                chosen: BoolArray = getattr(figures, name)
                counts[name] += int(chosen.sum())
                for one in estimates:
                    amounts[name] += one.filter(pl.Series(chosen)).drop_nulls().to_list()
        sums = [[math.fsum(amounts[name]) for name in FIGURES]] if asked.estimate else []
        if any(counts.values()):
            yield pl.DataFrame([FIGURES, list(counts.values()), *sums], schema=[column.name for column in layout])

    return Table(layout, told, frames)


def _items(asked: _Asked, told: Notes) -> Table:
    """A row a work item that was in the sprint: what it was to it, when it was finished, its estimate."""
    figures = (Column(name, "boolean") for name in FIGURES)
    estimate = (_ESTIMATE,) if asked.estimate else ()
    layout = (*IDENTITY, *figures, _FINISHED, *estimate, FLAGS, *(one.column for one in asked.extra))

    def frames() -> Iterator[pl.DataFrame]:
        for found, was in asked.parts():
            part = found.part
            figures = (pl.Series(getattr(was, name)) for name in FIGURES)
            shown = part.shown()[: len(asked.extra)]
            finished = instants(found.moments.finished)
            series = (*part.identity(), *figures, finished, *asked.estimates(found), part.flags(), *shown)
            frame = pl.DataFrame([one.alias(column.name) for column, one in zip(layout, series, strict=True)])
            yield frame.filter(pl.Series(was.members))

    return Table(layout, told, frames)
