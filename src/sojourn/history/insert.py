"""Rows into a table by plain SQL: model instances would cost more than everything else that is done with them."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import Model


class Insert:
    """Inserts rows of some columns of a model, or replaces the row that has the same `unique` columns.

    `at_once` rows are one statement: each statement costs as much as some rows do, and SQLite's text index takes ten
    times as long where each row has its own. Their cells must be fewer than the 32,766 that SQLite takes. What is left
    is written by powers of two, so that there are few statements, which databases keep.
    """

    def __init__(
        self, model: type[Model], columns: Sequence[str], unique: Sequence[str] = (), *, at_once: int = 100
    ) -> None:
        replaced = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in unique)
        self.on_conflict = f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {replaced}" if unique else ""
        self._head = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES "  # noqa: S608 - our own names
        self._row = f"({', '.join(['%s'] * len(columns))})"
        self._at_once = at_once
        self._full = self._sql(at_once)

    def __call__(self, cursor: CursorWrapper, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows."""
        end = len(rows) - len(rows) % self._at_once
        full = [rows[start : start + self._at_once] for start in range(0, end, self._at_once)]
        if full:
            cursor.executemany(self._full, [list(chain.from_iterable(part)) for part in full])
        while end < len(rows):
            part = rows[end : end + (1 << (len(rows) - end).bit_length() - 1)]
            cursor.execute(self._sql(len(part)), list(chain.from_iterable(part)))
            end += len(part)

    def _sql(self, rows: int) -> str:
        return f"{self._head}{', '.join([self._row] * rows)}{self.on_conflict}"
