"""Who asks a query, when and where, and what goes wrong on the way to its meaning."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Expression, F, Q, QuerySet, Subquery

from sojourn.core.calendar import Calendar
from sojourn.history.models import Issue
from sojourn.history.seen import EVERYTHING
from sojourn.jql.ast import Condition, Node, Operator
from sojourn.jql.errors import JqlError
from sojourn.jql.manual import Function

Sortable = Expression | F | Subquery
_MOST_NAMED = 12
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asking:
    """What a query means depends on: the moment, the zone of the dates in it, and the reader.

    `user` is the account id or name of who asks, None where nobody is known to. `sites` are the names of the sites
    whose work items are asked for, all where there are none. `calendars` finds a calendar by name and raises UserError
    where there is none. `clocks` gives the fields of other rooms, by the name in small letters: what SLA clocks add to
    the language. A lenient reader gets a warning for a value that is not there, others an error. `sight` is which work
    items the reader may be told of (`history.seen`).
    """

    as_of_ms: int
    tz: str = "UTC"
    user: str | None = None
    login_ms: int | None = None
    sites: tuple[str, ...] = ()
    calendars: Callable[[str], Calendar] | None = None
    clocks: Callable[[], Mapping[str, "Clock"]] = dict
    is_lenient: bool = False
    sight: Q = EVERYTHING

    @property
    def zone(self) -> ZoneInfo:
        """The zone of dates and times in the query."""
        return ZoneInfo(self.tz)


class Clock(Protocol):
    """A field of another room: it is asked with functions only, and has no history."""

    @property
    def name(self) -> str:
        """The field as it is written."""

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What it can be asked with."""

    @property
    def functions(self) -> tuple[Function, ...]:
        """The functions that go with it."""

    def condition(self, scope: "Scope", condition: Condition) -> Q:
        """The work items that meet a condition on the field."""


class Index(Generic[T]):
    """What there is, by name in whatever case, and by id: each as the store's number, Jira's id and the name."""

    def __init__(self, known: Iterable[tuple[T, str, str]]) -> None:
        self.names: set[str] = set()
        self._by_name: dict[str, set[T]] = {}
        self._by_key: dict[str, set[T]] = {}
        for one, key, name in known:
            self.names.add(name)
            self._by_name.setdefault(name.casefold(), set()).add(one)
            self._by_key.setdefault(key.casefold(), set()).add(one)

    def called(self, text: str) -> frozenset[T]:
        """All of that name; where there is none, of that id."""
        word = text.casefold()
        return frozenset(self._by_name.get(word) or self._by_key.get(word) or ())

    def with_key(self, key: str) -> frozenset[T]:
        """All of that id."""
        return frozenset(self._by_key.get(key.casefold(), ()))


class Meaning(Protocol):
    """What a field name means. `history` is the key of its timelines, None where there are none."""

    @property
    def name(self) -> str:
        """The field as messages call it."""

    @property
    def history(self) -> str | None:
        """The key of its timelines."""

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What it can be asked with, besides WAS and CHANGED."""

    @property
    def starts_high(self) -> bool:
        """Whether to sort by it begins with the latest or highest."""

    def condition(self, scope: "Scope", condition: Condition) -> Q:
        """The work items that meet a condition on the field."""

    def order(self, scope: "Scope") -> Sequence[Sortable]:
        """What to sort by, most important first; nothing where it cannot be sorted by."""


@dataclass(slots=True)
class Scope:
    """One query while its meaning is worked out: its text, and what was found on the way that is no error.

    `within` are the work items that are looked at where histories have to be read: no others can meet the query. Where
    they are all that are there of some sites, `everything` names these, or none for all (`history.read.timelines`).
    """

    text: str
    asking: Asking
    within: QuerySet[Issue]
    everything: tuple[str, ...] | None = None
    warnings: list[JqlError] = field(default_factory=list)
    indexes: dict[str, "Index[int]"] = field(default_factory=dict)
    _clocks: Mapping[str, Clock] | None = None

    @property
    def clocks(self) -> Mapping[str, Clock]:
        """The fields of other rooms, asked for once in a query."""
        if self._clocks is None:
            self._clocks = self.asking.clocks()
        return self._clocks

    def wrong(self, node: Node, message: str, hint: str = "", expected: Iterable[str] = ()) -> JqlError:
        """The error at a node."""
        return JqlError(message, self.text, node.span.start, node.span.end, expected=tuple(expected), hint=hint)

    def warn(self, node: Node, message: str, hint: str = "") -> None:
        """Say something about a node that is no error."""
        self.warnings.append(self.wrong(node, message, hint))

    def missing(self, node: Node, message: str, word: str, known: Iterable[str]) -> None:
        """Something a query names is not there: an error that tells the nearest, or a warning to a lenient reader.

        Of many warnings only the first tell the nearest: to look for it takes as long as there are names.
        """
        is_told = len(self.warnings) < _MOST_NAMED
        problem = self.wrong(node, message, *(nearest(word, known) if is_told or not self.asking.is_lenient else ()))
        if not self.asking.is_lenient:
            raise problem
        self.warnings.append(problem)


def nearest(word: str, known: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """A hint at what was probably meant, and what there is, where that is not too much to name."""
    names = {name.casefold(): name for name in sorted(known)}
    close = [names[found] for found in get_close_matches(word.casefold(), names, n=1, cutoff=0.6)]
    hint = f"did you mean {close[0]!r}?" if close else ""
    return hint, tuple(sorted(names.values())) if len(names) <= _MOST_NAMED else ()
