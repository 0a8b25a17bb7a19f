"""The columns of a feed as OData has them: names that are identifiers, and types of the Entity Data Model."""

import re
from dataclasses import dataclass
from typing import Any

import polars as pl

from sojourn.reports.table import Table

ROW = "row"
"""The key: the number of a row in the whole answer as of its moment, from 0. No column of a report is one by itself."""

NUMBER = " row"
"""The column of it in frames."""

_LONGEST = 128
_TYPES: dict[Any, str] = {
    pl.String: "Edm.String",
    pl.Int64: "Edm.Int64",
    pl.Float64: "Edm.Double",
    pl.Boolean: "Edm.Boolean",
    pl.Datetime: "Edm.DateTimeOffset",
    pl.Date: "Edm.Date",
}


@dataclass(frozen=True, slots=True)
class Property:
    """A column under its name in OData; `kind` is its type there."""

    name: str
    column: str
    kind: str


def properties(table: Table) -> tuple[Property, ...]:
    """The properties of the rows of a feed, the key first; durations are of the type they are printed in."""
    printed = table.printed(pl.DataFrame(schema=table.schema))
    found = [Property(ROW, NUMBER, "Edm.Int64")]
    taken = {ROW}
    for column, kind in printed.schema.items():
        name = _identifier(column, taken)
        taken.add(name)
        found.append(Property(name, column, _TYPES[kind.base_type()]))
    return tuple(found)


def _identifier(column: str, taken: set[str]) -> str:
    """A name that is one for OData: others have `_` for what may not stand there, and numbers where that is taken."""
    plain = re.sub(r"\W", "_", column)[: _LONGEST - 4]
    plain = plain if plain and not plain[0].isdigit() else f"_{plain}"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name
