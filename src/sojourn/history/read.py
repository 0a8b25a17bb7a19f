"""Reading many work items as columns: one query, plain rows, arrays joined block by block."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, groupby, takewhile
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import (
    BigIntegerField,
    Case,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models import Value as Literal
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, JSONArray
from numpy.typing import NDArray

from sojourn.core.timeline import Timelines, concatenated
from sojourn.history import segments
from sojourn.history.garbage import uncollected
from sojourn.history.models import Field, Issue, IssueValue, Value
from sojourn.history.packing import EMPTY, pack, unpack
from sojourn.history.segments import Packed, Stretch
from sojourn.history.write import PRESENT

T = TypeVar("T")
BATCH = 1 << 13
"""Work items in one batch: all about them fits the processor's cache, and a report's rows of them in little memory."""

_BLOCK = 1 << 10
_AUTHOR = " author"
_CREATOR = " creator"


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


def names_of_fields(fields: QuerySet[Field] | None = None) -> dict[str, str]:
    """The tracked fields there are, by key, with their names: also those that have never changed anywhere yet.

    `fields` are those that may be named, all where none are given.
    """
    known = Field.objects.all() if fields is None else fields
    told = dict(known.filter(tracked=True).values_list("key", "name"))
    return dict(sorted(({key: key for key in PRESENT} | told).items()))


def values_of(field_key: str, sites: Sequence[str] = ()) -> QuerySet[Value]:
    """Every value the timelines of a field can hold at the sites of those names, or at all of them."""
    found = Value.objects.select_related("site").filter(kind=dictionary_of(field_key))
    return found.filter(site__name__in=sites) if sites else found


def values_used(issues: QuerySet[Issue], field_key: str, everything: Sequence[str] | None = None) -> set[int]:
    """The values a field ever had at the given work items: ids of `Value`, and `packing.EMPTY` where it had none.

    `everything` is as for `timelines`.
    """
    if everything is not None:
        batches = timelines(issues, field_key, everything=everything)
        return set().union(*(np.unique(batch.timelines.value).tolist() for batch in batches))
    query = issues.order_by().annotate(line=_relation(field_key)).values_list("line__value", _present(field_key))
    return set().union(*(found for blocks in _read(query, _used) for found in blocks))


def _used(rows: Sequence[tuple[bytes | None, int | None]]) -> set[int]:
    unchanged = {present or EMPTY for blob, present in rows if not blob}
    return unchanged.union(np.unique(unpack(blob for blob, _ in rows if blob)).tolist())


def timelines(
    issues: QuerySet[Issue],
    field_key: str,
    columns: Sequence[str] = (),
    expressions: Mapping[str, Any] = MappingProxyType({}),
    also: Sequence[str] = (),
    *,
    authors: bool = False,
    everything: Sequence[str] | None = None,
) -> Iterator[Batch]:
    """The timelines of one field of the given work items, in batches, with columns and expressions over the work items.

    `also` names other fields whose timelines are wanted with them. A work item whose field never changed has its
    present value since creation. The order is the query's, or the order in which work items were first stored. With
    `authors` the entries of the one field carry who made them, ids of `Value` or `packing.EMPTY`: of a field that never
    changed, who created the work item.

    Where the work items are all that are there of some sites, `everything` says so: it names these sites, or none for
    all. It is read several times as fast, from segments where these hold, and the answer is the same.
    """
    fields = (field_key, *(other for other in also if other != field_key))
    own = {name: getattr(one, "name", "") for name, one in expressions.items()}
    sources = {**dict(zip(columns, columns, strict=True)), **own}
    stretches = [Stretch()]
    if everything is not None and set(segments.COLUMNS).issuperset(sources.values()):
        stretches = segments.stretches(everything, fields, max(BATCH >> segments.SHIFT, 1))
    for is_packed, group in groupby(stretches, lambda one: bool(one.blocks)):
        some = list(group)
        for found in _of_segments(some, fields, sources, authors=authors) if is_packed else some:
            if isinstance(found, Batch):
                yield found
            else:
                yield from _of_rows(_between(issues, found), fields, columns, expressions, authors=authors)


def whole(issues: QuerySet[Issue], field_key: str, columns: Sequence[str]) -> Batch | None:
    """The timelines of one field of the given work items in one batch, with authors, from rows; None of nothing."""
    batches = list(_of_rows(issues, (field_key,), columns, {}, authors=True))
    return _joined(batches) if batches else None


def _of_rows(
    issues: QuerySet[Issue],
    fields: Sequence[str],
    columns: Sequence[str],
    expressions: Mapping[str, Any],
    *,
    authors: bool,
) -> Iterator[Batch]:
    who = {_AUTHOR: F("line0__author"), _CREATOR: _creator()} if authors else {}
    expressions = {**who, **expressions}
    query = _query(issues, fields, columns, expressions)
    for blocks in _read(query, partial(_batch, fields=fields, columns=(*columns, *expressions))):
        yield _joined(blocks)


def _between(issues: QuerySet[Issue], stretch: Stretch) -> QuerySet[Issue]:
    """Those of the work items that are in a stretch."""
    found = issues.filter(pk__gte=stretch.begin) if stretch.begin else issues
    return found if stretch.end is None else found.filter(pk__lt=stretch.end)


def _of_segments(
    stretches: Iterable[Stretch], fields: Sequence[str], sources: Mapping[str, str], *, authors: bool
) -> Iterator[Batch | Stretch]:
    """What segments say of each stretch; the stretch itself where one of its segments is gone by now.

    `sources` are the names that the columns asked for have in segments.
    """
    following = iter(stretches)
    with connection.cursor() as cursor:

        def read() -> Batch | Stretch | None:
            stretch = next(following, None)
            if stretch is None:
                return None
            cursor.execute(*segments.select(fields, stretch.blocks, authors=authors))
            rows = cursor.fetchall()
            is_whole = len(rows) == len(stretch.blocks) * len(fields)
            return _unpacked(list(segments.unpacked(rows, sources.values())), fields, sources) if is_whole else stretch

        yield from filter(None, _ahead(read))


def _unpacked(
    blocks: Sequence[tuple[dict[str, list[Any]], dict[str, Packed]]], fields: Sequence[str], sources: Mapping[str, str]
) -> Batch:
    lines = {key: concatenated([packed[key].lines for _, packed in blocks]) for key in fields}
    flags = np.concatenate([np.bitwise_or.reduce([packed[key].flags for key in fields]) for _, packed in blocks])
    columns = {name: tuple(chain.from_iterable(told[source] for told, _ in blocks)) for name, source in sources.items()}
    return Batch(lines.pop(fields[0]), lines, flags.astype(np.int16), columns)


def _creator() -> Case:
    """Who created a work item of which there is no timeline of the first field."""
    told = IssueValue.objects.filter(issue=OuterRef("pk"), field__key="creator").values("value")[:1]
    return Case(When(line0__at=None, then=Subquery(told)))


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
    both = CombinedExpression(F("flags"), CombinedExpression.BITOR, F(f"{line}__flags"), output_field=IntegerField())
    doubts = Coalesce(both, F("flags"), output_field=IntegerField())
    return {
        line: _relation(field_key),
        special: Case(
            When(**{f"{line}__at": None}, then=JSONArray(doubts, "created_ms", _present(field_key))),
            When(Q(flags__gt=0) | Q(**{f"{line}__flags__gt": 0}), then=JSONArray(doubts)),
        ),
    }


def _relation(field_key: str) -> FilteredRelation:
    """The timeline of a field of a work item."""
    numbers = list(Field.objects.filter(key=field_key).values_list("id", flat=True))
    return FilteredRelation("timeline", condition=Q(timeline__field__in=numbers or [0]))


def _present(field_key: str) -> F | Literal:
    """The present value of a field of a work item, where it has a column."""
    return F(f"{field_key}_id") if field_key in PRESENT else Literal(None, output_field=BigIntegerField())


def _read(query: QuerySet[Issue, Any], made: Callable[[list[tuple[Any, ...]]], T]) -> Iterator[list[T]]:
    """What is made of the rows of a query, block by block, as many blocks as make a batch at once.

    The next ones are read while these are worked on. Blocks are small, so that rows are worked on while they are in the
    processor's cache.
    """
    try:
        sql, parameters = query.query.sql_with_params()
    except EmptyResultSet:  # the choice is one that no row can meet
        return
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        yield from _ahead(lambda: _blocks(cursor, made))


def _ahead(read: Callable[[], T]) -> Iterator[T]:
    """All that is read, until nothing is; the next is read while the one before is worked on."""
    with ThreadPoolExecutor(1) as reader:
        ahead = reader.submit(read)
        while found := ahead.result():
            ahead = reader.submit(read)
            yield found


def _blocks(cursor: CursorWrapper, made: Callable[[list[tuple[Any, ...]]], T]) -> list[T]:
    """What is made of the next rows; nothing at the end."""
    size = min(_BLOCK, BATCH)
    with uncollected():  # rows hold no cycles; looking for some among millions of them doubles the time to read
        rows = takewhile(bool, (cursor.fetchmany(size) for _ in range(BATCH // size)))
        return [made(block) for block in rows]


def _batch(rows: list[tuple[Any, ...]], fields: Sequence[str], columns: Sequence[str]) -> Batch:
    cells = list(zip(*rows, strict=True))
    flags = np.zeros(len(rows), dtype=np.int16)
    lines = {}
    for place, field_key in enumerate(fields):
        at, value, specials = cells[3 * place : 3 * place + 3]
        special = _special(specials)
        for row, found in special.items():
            flags[row] |= found[0]
        if None in at:  # the present value since creation, where the field never changed
            unchanged = [special[row] for row, blob in enumerate(at) if not blob]
            at = _filled(at, [created_ms for _, created_ms, _ in unchanged])
            value = _filled(value, [present or EMPTY for _, _, present in unchanged])
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, at), np.int64, len(rows)) >> 3, out=offsets[1:])
        lines[field_key] = Timelines(unpack(at), unpack(value), offsets)
    rest = dict(zip(columns, cells[3 * len(fields) :], strict=True))
    first = lines.pop(fields[0])
    if _AUTHOR in rest:
        pairs = zip(rest.pop(_AUTHOR), rest.pop(_CREATOR), strict=True)
        first = replace(first, carried=unpack(blob or pack([creator or EMPTY]) for blob, creator in pairs))
    return Batch(first, lines, flags, rest)


def _joined(batches: Sequence[Batch]) -> Batch:
    """The batches one after the other."""
    columns = {name: tuple(chain.from_iterable(one.columns[name] for one in batches)) for name in batches[0].columns}
    also = {name: concatenated([one.also[name] for one in batches]) for name in batches[0].also}
    flags = np.concatenate([one.flags for one in batches])
    return Batch(concatenated([one.timelines for one in batches]), also, flags, columns)


def _special(texts: Sequence[str | None]) -> dict[int, list[Any]]:
    """By row, what few rows need (`_line`)."""
    rows = [row for row, text in enumerate(texts) if text] if any(texts) else []
    return dict(zip(rows, orjson.loads(f"[{','.join(filter(None, texts))}]"), strict=True))


def _filled(blobs: Iterable[bytes | None], numbers: Sequence[int]) -> tuple[bytes, ...]:
    """The arrays; those that are missing have one of the numbers each."""
    packed = pack(numbers)
    single = (packed[start : start + 8] for start in range(0, len(packed), 8))
    return tuple(blob or next(single) for blob in blobs)
