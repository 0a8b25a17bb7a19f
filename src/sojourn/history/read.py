"""Reading many work items as columns: one query, plain rows, arrays joined block by block."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import BigIntegerField, Case, F, FilteredRelation, IntegerField, Q, QuerySet, When
from django.db.models import Value as Literal
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, JSONArray
from numpy.typing import NDArray

from sojourn.core.timeline import Timelines
from sojourn.history.models import Field, Issue, Value
from sojourn.history.packing import EMPTY, pack, unpack
from sojourn.history.write import PRESENT

BATCH = 32_768
"""Work items in one batch: everything about them fits the processor's cache."""

_FETCH = 1_000
_AUTHOR = " author"


@dataclass(frozen=True, slots=True)
class Batch:
    """One field of n work items, in the order of the query.

    `columns` holds n values of each column asked for; `flags` is int16[n], `core.flags.Flag` bits of the work item and
    of this field's timeline. `also` holds the timelines of the other fields that were asked for.
    """

    timelines: Timelines
    also: dict[str, Timelines]
    flags: NDArray[np.int16]
    columns: dict[str, tuple[Any, ...]]


_DICTIONARIES = {"assignee": "user", "reporter": "user", "duedate": "date"}


def dictionary_of(field_key: str) -> str:
    """The kind of the values that the timelines of a field hold: its key, but for a few that share one."""
    return _DICTIONARIES.get(field_key, field_key)


def names_of_fields() -> dict[str, str]:
    """The tracked fields there are, by key, with their names: also those that have never changed anywhere yet."""
    told = dict(Field.objects.filter(tracked=True).values_list("key", "name"))
    return dict(sorted(({key: key for key in PRESENT} | told).items()))


def values_of(field_key: str, sites: Sequence[str] = ()) -> QuerySet[Value]:
    """Every value the timelines of a field can hold at the sites of those names, or at all of them."""
    found = Value.objects.select_related("site").filter(kind=dictionary_of(field_key))
    return found.filter(site__name__in=sites) if sites else found


def timelines(
    issues: QuerySet[Issue],
    field_key: str,
    columns: Sequence[str] = (),
    expressions: Mapping[str, Any] = MappingProxyType({}),
    also: Sequence[str] = (),
    *,
    authors: bool = False,
) -> Iterator[Batch]:
    """The timelines of one field of the given work items, in batches, with columns and expressions over the work items.

    `also` names other fields whose timelines are wanted with them. A work item whose field never changed has its
    present value since creation. The order is the query's, or the order in which work items were first stored. With
    `authors` the entries of the one field carry who made them, ids of `Value` or `packing.EMPTY`.
    """
    fields = (field_key, *(other for other in also if other != field_key))
    query = _query(issues, fields, (*columns, *(["line0__author"] if authors else [])), expressions)
    try:
        sql, parameters = query.query.sql_with_params()
    except EmptyResultSet:  # the choice is one that no row can meet
        return
    with connection.chunked_cursor() as cursor, ThreadPoolExecutor(1) as reader:
        cursor.execute(sql, parameters)
        ahead = reader.submit(_rows, cursor)
        while rows := ahead.result():
            ahead = reader.submit(_rows, cursor)  # the next batch is read while this one is worked on
            with _no_cycles():
                batch = _batch(rows, fields, (*columns, *([_AUTHOR] if authors else []), *expressions))
            yield batch


def _query(
    issues: QuerySet[Issue], fields: Sequence[str], columns: Sequence[str], expressions: Mapping[str, Any]
) -> QuerySet[Issue, Any]:
    ordered = issues if issues.query.order_by else issues.order_by("pk")
    selected: list[str] = []
    for place, field_key in enumerate(fields):
        ordered = ordered.annotate(**_line(f"line{place}", f"special{place}", field_key))
        selected += [f"line{place}__at", f"line{place}__value", f"special{place}"]
    return ordered.values_list(*selected, *columns, *expressions.values())


def _line(line: str, special: str, field_key: str) -> dict[str, Any]:
    """The join with the timelines of a field, and what few rows need of it.

    Every column more costs a tenth of a second for a million rows, so that is one column: doubts, and where the field
    never changed, creation and present value.
    """
    numbers = list(Field.objects.filter(key=field_key).values_list("id", flat=True))
    present = F(f"{field_key}_id") if field_key in PRESENT else Literal(None, output_field=BigIntegerField())
    both = CombinedExpression(F("flags"), CombinedExpression.BITOR, F(f"{line}__flags"), output_field=IntegerField())
    doubts = Coalesce(both, F("flags"), output_field=IntegerField())
    return {
        line: FilteredRelation("timeline", condition=Q(timeline__field__in=numbers or [0])),
        special: Case(
            When(**{f"{line}__at": None}, then=JSONArray(doubts, "created_ms", present)),
            When(Q(flags__gt=0) | Q(**{f"{line}__flags__gt": 0}), then=JSONArray(doubts)),
        ),
    }


def _rows(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
    """The next rows, as many as make a batch; none at the end."""
    rows: list[tuple[Any, ...]] = []
    with _no_cycles():
        while len(rows) < BATCH and (block := cursor.fetchmany(_FETCH)):
            rows += block
    return rows


def _batch(rows: list[tuple[Any, ...]], fields: Sequence[str], columns: Sequence[str]) -> Batch:
    cells = list(zip(*rows, strict=True))
    flags = np.zeros(len(rows), dtype=np.int16)
    lines = {}
    for place, field_key in enumerate(fields):
        at, value, specials = cells[3 * place : 3 * place + 3]
        special = {row: orjson.loads(text) for row, text in enumerate(specials) if text}
        for row, found in special.items():
            flags[row] |= found[0]
        if None in at:
            at, value = _filled(at, value, special)
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, at), np.int64, len(rows)) >> 3, out=offsets[1:])
        lines[field_key] = Timelines(unpack(at), unpack(value), offsets)
    rest = dict(zip(columns, cells[3 * len(fields) :], strict=True))
    first = lines.pop(fields[0])
    if _AUTHOR in rest:
        first = replace(first, carried=unpack(blob or pack([EMPTY]) for blob in rest.pop(_AUTHOR)))
    return Batch(first, lines, flags, rest)


def _filled(
    at: tuple[bytes | None, ...], value: tuple[bytes | None, ...], special: dict[int, list[Any]]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The arrays, with one entry, the present value since creation, where a field never changed."""
    some_at = tuple(blob or pack([special[place][1]]) for place, blob in enumerate(at))
    some_value = tuple(blob or pack([special[place][2] or EMPTY]) for place, blob in enumerate(value))
    return some_at, some_value


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Rows of bytes and numbers hold no cycles; looking for some among millions of them doubles the time to read.

    Nobody else's code runs meanwhile: a reader that is never read to its end would leave the whole process without.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
