"""The options of OData in an address: which rows and columns, in what order, and how many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from sojourn.errors import Refused
from sojourn.feeds.odata.errors import Unsupported
from sojourn.feeds.odata.filters import condition
from sojourn.feeds.odata.properties import Property

READ = ("$select", "$filter", "$orderby", "$top", "$skip", "$count", "$format", "$skiptoken")
_NOT_BUILT = ("$expand", "$search", "$apply", "$compute", "$deltatoken", "$index", "$schemaversion")
_HIGHEST = 1 << 63


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: these properties of the rows that fulfil a condition.

    `order` are columns, and whether they fall; `top` and `skip` are as they were given, `count` whether to count all.
    """

    shown: tuple[Property, ...]
    where: pl.Expr | None
    order: tuple[tuple[str, bool], ...]
    top: int | None
    skip: int
    count: bool


def read(given: Mapping[str, str], properties: Sequence[Property]) -> Query:
    """What the options ask of rows with these properties.

    Raises Refused at the option that is wrong, Unsupported at one that is OData's and not built.
    """
    for name in given:
        if name in _NOT_BUILT:
            raise Unsupported(name, f"is not built; there are {', '.join(READ)}")
        if name.startswith("$") and name not in READ:
            raise Refused(name, f"is no option of OData 4.0 here; there are {', '.join(READ)}")
    filtering = given.get("$filter", "")
    return Query(
        shown=_shown(given.get("$select", ""), properties),
        where=condition(filtering, properties) if "$filter" in given else None,
        order=_order(given.get("$orderby", ""), properties),
        top=_number("$top", given["$top"]) if "$top" in given else None,
        skip=_number("$skip", given.get("$skip", "0")),
        count=_truth("$count", given.get("$count", "false")),
    )


def _shown(text: str, properties: Sequence[Property]) -> tuple[Property, ...]:
    names = [name.strip() for name in text.split(",")] if text else []
    wanted = {_found("$select", name, properties) for name in names if name != "*"}
    return tuple(one for one in properties if one in wanted or not names or "*" in names)


def _order(text: str, properties: Sequence[Property]) -> tuple[tuple[str, bool], ...]:
    found = []
    for part in text.split(",") if text.strip() else ():
        if "(" in part:
            raise Unsupported("$orderby", "by functions is not built; order by properties")
        name, _, way = part.strip().partition(" ")
        if way.strip() not in ("", "asc", "desc"):
            raise Refused("$orderby", f"{part.strip()!r:.60} is none; write a property, and asc or desc")
        found.append((_found("$orderby", name, properties).column, way.strip() == "desc"))
    return tuple(found)


def _found(option: str, name: str, properties: Sequence[Property]) -> Property:
    for one in properties:
        if one.name == name:
            return one
    raise Refused(option, f"there is no {name!r:.60}; there are {', '.join(one.name for one in properties)}")


def _number(option: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:20]) >= _HIGHEST:
        raise Refused(option, f"{text!r:.20} is no number of rows; write 0 or more")
    return int(text)


def _truth(option: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise Refused(option, f"{text!r:.20} is neither true nor false")
    return text == "true"
