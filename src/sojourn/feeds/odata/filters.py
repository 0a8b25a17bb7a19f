"""$filter: a text as a condition on the rows that are shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import polars as pl
from lark import Lark, UnexpectedEOF, UnexpectedInput, v_args
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from sojourn.errors import Refused
from sojourn.feeds.odata.errors import Unsupported
from sojourn.feeds.odata.properties import Property

LONGEST = 20_000
"""The most characters of a filter."""

DEEPEST = 50
"""How deep a filter may be nested: Polars walks it by recursion."""

_PLACE = "$filter"
_KINDS = {
    "Edm.String": "text",
    "Edm.Int64": "number",
    "Edm.Double": "number",
    "Edm.Boolean": "truth",
    "Edm.DateTimeOffset": "instant",
    "Edm.Date": "date",
}
_HIGHEST = 1 << 63


@dataclass(frozen=True, slots=True)
class _Term:
    """A part of a filter: what it is by Polars, of which kind, and how deep it is nested."""

    is_: pl.Expr
    kind: str
    depth: int = 0


def condition(text: str, properties: Sequence[Property]) -> pl.Expr:
    """What a filter means, on frames as they are printed; a row on which it is neither true nor false is left out.

    Raises Refused where the text is no filter, Unsupported where it is one that is not built.
    """
    if len(text) > LONGEST:
        raise Refused(_PLACE, f"has over {LONGEST:,} characters; ask for less at once")
    try:
        found = _Reading(properties).transform(_grammar().parse(text))
    except UnexpectedEOF:
        raise Refused(_PLACE, "ends too early") from None
    except UnexpectedInput as error:
        begin = max(error.pos_in_stream or 0, 0)
        problem = f"cannot be read at {text[begin : begin + 20]!r}" if text[begin:].strip() else "ends too early"
        raise Refused(_PLACE, f"{problem}; write such as: current eq true and calendarMs gt 3600000") from None
    except VisitError as error:
        raise error.orig_exc from None
    return cast(pl.Expr, found)


@cache
def _grammar() -> Lark:
    return Lark(Path(__file__).with_name("filter.lark").read_text(), parser="lalr")


def _instant(text: str) -> _Term:
    at = datetime.fromisoformat(text.upper()).astimezone(UTC)
    return _Term(pl.lit(at, dtype=pl.Datetime("us", "UTC")), "instant")


def _text_of(call: Callable[..., pl.Expr], kind: str, *more: str) -> tuple[tuple[str, ...], str, Callable[..., Any]]:
    return ("text", *more), kind, call


def _part_of(name: str, *kinds: str) -> tuple[tuple[str, ...], str, Callable[..., Any]]:
    return ("|".join(kinds),), "number", lambda at: getattr(at.dt, name)().cast(pl.Int64)


_FUNCTIONS: Mapping[str, tuple[tuple[str, ...], str, Callable[..., Any]]] = {
    "contains": _text_of(lambda text, part: text.str.contains(part, literal=True), "truth", "text"),
    "startswith": _text_of(lambda text, part: text.str.starts_with(part), "truth", "text"),
    "endswith": _text_of(lambda text, part: text.str.ends_with(part), "truth", "text"),
    "length": _text_of(lambda text: text.str.len_chars().cast(pl.Int64), "number"),
    "tolower": _text_of(lambda text: text.str.to_lowercase(), "text"),
    "toupper": _text_of(lambda text: text.str.to_uppercase(), "text"),
    "trim": _text_of(lambda text: text.str.strip_chars(), "text"),
    "date": (("instant",), "date", lambda at: at.dt.date()),
    **{name: _part_of(name, "instant", "date") for name in ("year", "month", "day")},
    **{name: _part_of(name, "instant") for name in ("hour", "minute", "second")},
}
"""The functions there are: the kinds of what they take, of what they give, and what they do. Instants are in UTC."""


@v_args(inline=True)
class _Reading(Transformer_NonRecursive[Any, Any]):
    """The terms of a filter, from its leaves up."""

    def __init__(self, properties: Sequence[Property]) -> None:
        super().__init__()
        self.properties = {one.name: one for one in properties}

    def start(self, term: _Term) -> pl.Expr:
        return _truth(term).is_

    def either(self, *terms: _Term) -> _Term:
        return _Term(pl.any_horizontal([_truth(one).is_ for one in terms]), "truth", _depth(terms))

    def both(self, *terms: _Term) -> _Term:
        return _Term(pl.all_horizontal([_truth(one).is_ for one in terms]), "truth", _depth(terms))

    def negated(self, term: _Term) -> _Term:
        return _Term(~_truth(term).is_, "truth", _depth([term]))

    def compared(self, left: _Term, operator: str, right: _Term) -> _Term:
        if operator == "has":
            raise Unsupported(_PLACE, "has is of enumerations, and there are none here")
        left, right = _alike(left, right)
        if left.kind == "truth" and operator not in ("eq", "ne"):
            raise Refused(_PLACE, "true and false have no order; compare them by eq and ne")
        return _Term(_COMPARED[operator](left.is_, right.is_), "truth", _depth([left, right]))

    def among(self, term: _Term, *members: _Term) -> _Term:
        pairs = [_alike(term, one) for one in members]
        same = [_COMPARED["eq"](one.is_, member.is_) for one, member in pairs]
        return _Term(pl.any_horizontal(same), "truth", _depth([term, *members]))

    def computed(self, *_: Any) -> _Term:
        raise Unsupported(_PLACE, "computes with add, sub, mul, div or mod, which is not built; compare with one value")

    def call(self, name: str, *given: _Term | None) -> _Term:
        if name not in _FUNCTIONS:
            there = ", ".join(_FUNCTIONS)
            raise Unsupported(_PLACE, f"the function {name:.40} is not built; there are {there}")
        terms = [one for one in given if one is not None]
        kinds, kind, do = _FUNCTIONS[name]
        if len(terms) != len(kinds):
            raise Refused(_PLACE, f"{name} takes {len(kinds)}, not {len(terms)}")
        for one, wanted in zip(terms, kinds, strict=True):
            if one.kind not in wanted.split("|"):
                raise Refused(_PLACE, f"{name} takes {wanted.replace('|', ' or ')}, not {one.kind}")
        return _Term(do(*(one.is_ for one in terms)), kind, _depth(terms))

    def property(self, *path: str) -> _Term:
        name = "/".join(path)
        found = self.properties.get(name)
        if found is None:
            raise Refused(_PLACE, f"there is no {name!r:.60}; there are {', '.join(self.properties)}")
        return _Term(pl.col(found.column), _KINDS[found.kind])

    def text(self, token: str) -> _Term:
        return _Term(pl.lit(token[1:-1].replace("''", "'")), "text")

    def number(self, token: str) -> _Term:
        if token.lstrip("+-").isdigit():
            value = int(token[:40])
            if not -_HIGHEST <= value < _HIGHEST:
                raise Refused(_PLACE, f"{token:.40} is beyond what 64 bits hold")
            return _Term(pl.lit(value, dtype=pl.Int64), "number")
        return _Term(pl.lit(float(token)), "number")

    def instant(self, token: str) -> _Term:
        try:
            return _instant(token)
        except (ValueError, OverflowError):
            raise Refused(_PLACE, f"{token:.40} is no time; write such as 2024-01-31T09:00:00Z") from None

    def date(self, token: str) -> _Term:
        try:
            return _Term(pl.lit(date.fromisoformat(token)), "date")
        except ValueError:
            raise Refused(_PLACE, f"{token:.40} is no date; write such as 2024-01-31") from None

    def constant(self, word: str) -> _Term:
        return _Term(pl.lit(None), "null") if word == "null" else _Term(pl.lit(word == "true"), "truth")

    def comparison(self, token: str) -> str:
        return str(token)

    arithmetic = comparison


_COMPARED: Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "eq": lambda left, right: left.eq_missing(right),
    "ne": lambda left, right: left.ne_missing(right),
    "gt": lambda left, right: (left > right).fill_null(value=False),
    "ge": lambda left, right: (left >= right).fill_null(value=False),
    "lt": lambda left, right: (left < right).fill_null(value=False),
    "le": lambda left, right: (left <= right).fill_null(value=False),
}
"""Null equals null and nothing else, and is neither before nor behind anything (URL Conventions, 5.1.1.1)."""


def _truth(term: _Term) -> _Term:
    if term.kind not in ("truth", "null"):
        raise Refused(_PLACE, f"a {term.kind} is no condition; compare it with something")
    return _Term(term.is_.cast(pl.Boolean).fill_null(value=False), "truth", term.depth)


def _alike(left: _Term, right: _Term) -> tuple[_Term, _Term]:
    """Two terms that can be compared: a date beside an instant is its first moment in UTC."""
    kinds = {left.kind, right.kind}
    if kinds == {"instant", "date"}:
        return _as_instant(left), _as_instant(right)
    if len(kinds) > 1 and "null" not in kinds:
        raise Refused(_PLACE, f"compares {left.kind} with {right.kind}")
    return left, right


def _as_instant(term: _Term) -> _Term:
    if term.kind == "instant":
        return term
    return _Term(term.is_.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), "instant", term.depth)


def _depth(terms: Sequence[_Term]) -> int:
    depth = 1 + max((one.depth for one in terms), default=0)
    if depth > DEEPEST:
        raise Refused(_PLACE, f"is nested more than {DEEPEST} deep; write it flatter")
    return depth
