"""What stands within the `fields` of a work item, alike on every database."""

from typing import Any

from django.db.models import F, FloatField, TextField
from django.db.models.expressions import Func


class _Within(Func):
    """The part of `fields` at a path of keys, NULL where it is of another type."""

    sqlite_types: str
    read_sqlite: str
    postgresql_type: str
    read_postgresql: str

    def __init__(self, *path: str, output_field: Any) -> None:
        super().__init__(F("fields"), output_field=output_field)
        self.path = path

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = compiler.compile(self.source_expressions[0])
        if any(mark in self.path[0] for mark in '"\\'):  # a path cannot say that on every version of SQLite
            value = self.read_sqlite.format("value")
            each = f"json_each({column}) WHERE key = %s AND type IN ({self.sqlite_types})"
            return f"(SELECT {value} FROM {each})", (*parameters, self.path[0])  # noqa: S608 - all of it is ours
        path = "$" + "".join(f'."{key}"' for key in self.path)
        value = self.read_sqlite.format(f"JSON_EXTRACT({column}, %s)")
        sql = f"CASE WHEN JSON_TYPE({column}, %s) IN ({self.sqlite_types}) THEN {value} END"
        return sql, (*parameters, path, *parameters, path)

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = compiler.compile(self.source_expressions[0])
        value = self.read_postgresql.format(f"({column} #>> %s)")
        sql = f"CASE WHEN jsonb_typeof({column} #> %s) = '{self.postgresql_type}' THEN {value} END"
        path = list(self.path)
        return sql, (*parameters, path, *parameters, path)


class NumberWithin(_Within):
    """A number within the fields."""

    sqlite_types = "'integer', 'real'"
    read_sqlite = "CAST({} AS REAL)"
    postgresql_type = "number"
    read_postgresql = "{}::double precision"

    def __init__(self, *path: str) -> None:
        super().__init__(*path, output_field=FloatField())


class TextWithin(_Within):
    """A text within the fields, compared by its bytes."""

    sqlite_types = "'text'"
    read_sqlite = "{}"
    postgresql_type = "string"
    read_postgresql = '{} COLLATE "C"'

    def __init__(self, *path: str) -> None:
        super().__init__(*path, output_field=TextField())
