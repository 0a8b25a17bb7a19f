"""Rows of plain SQL as models, for the few questions that come before every answer: making their SQL took longest."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def columns(model: type[models.Model], alias: str) -> str:
    """The columns of a model, to be selected in the order in which `made` takes them."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


def made(model: type[M], cells: Sequence[Any]) -> M:
    """A model of the cells of its columns, each converted as Django converts it."""
    values = list(cells)
    for place, convert in _converters(model, connection.vendor):
        values[place] = convert(values[place])
    return model.from_db(connection.alias, [field.attname for field in model._meta.concrete_fields], values)


@cache
def _converters(model: type[models.Model], vendor: str) -> list[tuple[int, Callable[[Any], Any]]]:  # noqa: ARG001
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for place, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        some = (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
        found += [(place, partial(convert, expression=column, connection=connection)) for convert in some]
    return found
