"""The filters in force, each with the address of the page without it."""

from collections.abc import Iterator
from dataclasses import dataclass

from sojourn.web.query import RANGES, Query
from sojourn.web.words import COLUMN, LABEL

_LONGEST = 60
_SENTENCES = {
    ("current", "exclude"): "Current stay left out",
    ("stop_on_done", "true"): "Nothing counted after done",
    ("visits", "first"): "First visits only",
    ("visits", "last"): "Last visits only",
    ("visits", "max"): "Longest visits only",
    ("visits", "min"): "Shortest visits only",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force."""

    text: str
    address: str


def of(query: Query) -> list[Chip]:
    """The filters an address names, in the order of the form."""
    return [Chip(text, without.address) for _, text, without in _parts(query)]


def cleared(query: Query) -> str:
    """The address with none of them."""
    for name, _, _ in list(_parts(query)):
        query = query.without(name)
    return query.address


def _parts(query: Query) -> Iterator[tuple[str, str, Query]]:
    for name in ("site", "project"):
        for text in query.many(name):
            yield name, f"{LABEL[name]}: {text}", query.without(name, text)
    for text in query.many("jql"):
        yield "jql", f"{LABEL['jql']}: {text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'}", query.without("jql")
    for name in (*RANGES, "as_of"):
        for text in query.many(name):
            yield name, f"{LABEL[name]} {_range(text)}".strip(), query.without(name)
    for name in ("visits", "current", "stop_on_done"):
        for text in query.many(name):
            yield name, _SENTENCES.get((name, text), f"{LABEL[name]}: {text}"), query.without(name)
    for text in query.many("sort"):
        column, _, order = text.rpartition(":")
        known = COLUMN.get(column, column) if order in ("asc", "desc") else text
        down = ", largest first" if order == "desc" else ""
        yield "sort", f"{LABEL['sort']} {known}{down}", query.without("sort", text)


def _range(text: str) -> str:
    begin, dots, end = text.partition("..")
    if not dots:
        return text
    return " ".join(part for part in (begin and f"from {begin}", end and f"before {end}") if part)
