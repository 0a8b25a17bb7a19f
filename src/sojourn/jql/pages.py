"""Work items in an order, page by page: each page costs the same, and what comes before it is not read again.

A page begins after the last work item of the one before, by what that was sorted by. A work item that is changed
meanwhile may so come twice or not at all; no other is missed or comes twice.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from sojourn.history.models import Issue

Position = list[str | int | float | None]
"""What the last work item of a page was sorted by, and its number in the store."""


def page(
    issues: QuerySet[Issue], order: Sequence[Any], after: Position | None, size: int
) -> tuple[list[Issue], Position | None]:
    """The first work items after a position, or from the beginning, and the position of the last of them.

    `order` is that of a `compile.Selection`. The position is None where there are no more.
    """
    terms = [term for term in order if isinstance(term, OrderBy)]
    names = [f"order_{place}" for place in range(len(terms))]
    found = issues.annotate(**{name: term.expression for name, term in zip(names, terms, strict=True)})
    directions = [(name, term.descending) for name, term in zip(names, terms, strict=True)]
    if after is not None:
        found = found.filter(_after(directions, after))
    by = [F(name).desc(nulls_last=True) if is_down else F(name).asc(nulls_last=True) for name, is_down in directions]
    rows = list(found.order_by(*by, "pk")[: size + 1])
    if len(rows) <= size:
        return rows, None
    last = rows[size - 1]
    return rows[:size], [*(_plain(getattr(last, name)) for name in names), last.pk]


def _after(directions: Sequence[tuple[str, bool]], position: Position) -> Q:
    """What comes later in the order: by the first thing that is not the same. Who has no value comes last."""
    *values, number = position
    found, same = Q(pk__in=()), Q()
    for (name, is_down), value in zip(directions, values, strict=True):
        if value is None:
            same &= Q(**{f"{name}__isnull": True})
            continue
        beyond = Q(**{f"{name}__{'lt' if is_down else 'gt'}": value}) | Q(**{f"{name}__isnull": True})
        found |= same & beyond
        same &= Q(**{name: value})
    return found | (same & Q(pk__gt=number))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
