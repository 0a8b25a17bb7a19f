"""ORDER BY: what to sort work items by, alike on every database."""

from typing import Any

from sojourn.jql import catalogue
from sojourn.jql.asking import Scope
from sojourn.jql.ast import Sort

_MOST = 7
"""As many fields as Jira sorts by."""


def by(scope: Scope, sorts: tuple[Sort, ...]) -> list[Any]:
    """What `order_by` takes: the fields asked for, then the store's own number, so that the order is whole.

    Who has no value comes last. Instants and priorities begin with the latest and the highest unless ASC is asked for.
    """
    if len(sorts) > _MOST:
        raise scope.wrong(sorts[_MOST], f"there are more than {_MOST} fields to sort by", "leave some out")
    return [*(term for sort in sorts for term in _terms(scope, sort)), "pk"]


def _terms(scope: Scope, sort: Sort) -> list[Any]:
    meaning = catalogue.find(scope, sort.field)
    order = meaning.order(scope)
    if not order:
        raise scope.wrong(sort.field, f"work items cannot be sorted by {sort.field.name}")
    if sort.direction == "DESC" or (sort.direction is None and meaning.starts_high):
        return [one.desc(nulls_last=True) for one in order]
    return [one.asc(nulls_last=True) for one in order]
