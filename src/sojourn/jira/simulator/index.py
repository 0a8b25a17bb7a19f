"""What the search of a simulated Jira knows, which may be behind, and the few forms of JQL that it understands."""

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from operator import attrgetter

Condition = Callable[["Entry"], bool]
Order = tuple[tuple[str, int], ...]
_TERM = re.compile(
    r'\s*(?:(?P<date>updated|created)\s*(?P<compare>>=|<=|<|>)\s*"(?P<at>[^"]*)"'
    r"|(?P<list>id|issuekey|key|project)\s+in\s*\((?P<members>[^)]*)\)"
    r'|project\s*=\s*(?P<project>"[^"]*"|\w+)'
    r"|(?P<any>project\s+is\s+not\s+EMPTY))\s*",
    re.IGNORECASE,
)
_SINCE, _UNTIL = {">=": 0, ">": 1}, {"<": 0, "<=": 1}
"""By how many ms after the minute that is named what is found begins, or ends."""

_ALWAYS = 1 << 62
_SORT = {"updated": "updated_ms", "created": "created_ms", "id": "id", "key": "id", "issuekey": "id"}


_BY_UPDATE: tuple[Order, ...] = tuple((("updated_ms", way), ("id", way)) for way in (1, -1))
"""The orders in which sweeps ask, and in which entries are kept."""


class BadJql(ValueError):
    """JQL that the simulator does not know; its message is Jira's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the search knows of a work item."""

    id: int
    project: str
    project_key: str
    number: int
    created_ms: int
    updated_ms: int
    level: str


@dataclass(frozen=True, slots=True)
class Query:
    """JQL that was read: what is chosen, in which order, and the ids where it names nothing but some.

    `project` is one, by id or key, None for all. `since_ms` and `until_ms` say when it was updated; `conditions` are
    all others. `is_bounded` is whether anything is asked for.
    """

    is_bounded: bool
    project: str | None
    since_ms: int
    until_ms: int
    conditions: tuple[Condition, ...]
    order: Order
    ids: frozenset[int] | None = None

    def place(self, entry: Entry) -> tuple[int, ...]:
        """Where a work item stands in the order."""
        return tuple(way * getattr(entry, name) for name, way in self.order)


@lru_cache(1000)
def read(jql: str, zone: tzinfo) -> Query:
    """Read JQL; dates are minutes in the zone. Raises BadJql."""
    where, _, order = jql.partition("ORDER BY")
    terms = [term for term in re.split(r"\bAND\b", where) if term.strip()]
    project, since_ms, until_ms, conditions = None, -_ALWAYS, _ALWAYS, []
    for term in terms:
        found = _TERM.fullmatch(term)
        if not found:
            raise BadJql(f"Error in the JQL Query: '{term.strip()}' is not understood.")
        if found["project"] and project is None:
            project = found["project"].strip('"')
        elif (found["date"] or "").lower() == "updated":
            first_ms, end_ms = _span(found, zone)
            since_ms, until_ms = max(since_ms, first_ms), min(until_ms, end_ms)
        else:
            conditions.append(_condition(found, zone))
    only_ids = re.fullmatch(r"\s*id in \(([\d, ]+)\)\s*", where)
    ids = frozenset(map(int, only_ids[1].split(","))) if only_ids else None
    return Query(bool(terms), project, since_ms, until_ms, tuple(conditions), _order(order), ids)


def _order(text: str) -> Order:
    ways = [part.split() for part in text.split(",") if part.strip()]
    if any(len(way) not in (1, 2) or way[0].lower() not in _SORT for way in ways):
        raise BadJql(f"Field '{text.strip()}' does not exist or cannot be sorted by.")
    found = tuple((_SORT[way[0].lower()], -1 if way[1:] == ["DESC"] else 1) for way in ways)
    return found if found and found[-1][0] == "id" else (*found, ("id", found[-1][1] if found else -1))


def _condition(found: re.Match[str], zone: tzinfo) -> Condition:
    if found["any"]:
        return lambda entry: entry.id > 0
    if found["date"]:
        first_ms, end_ms = _span(found, zone)
        return lambda entry: first_ms <= entry.created_ms < end_ms
    texts = {text.strip().strip('"') for text in (found["members"] or found["project"]).split(",")}
    if found["project"] or (found["list"] or "").lower() == "project":
        return lambda entry: entry.project in texts or entry.project_key in texts
    return lambda entry: str(entry.id) in texts or f"{entry.project_key}-{entry.number}" in texts


def _span(found: re.Match[str], zone: tzinfo) -> tuple[int, int]:
    """From when until before when a comparison with a minute holds."""
    at_ms, compare = _minute_ms(found["at"], zone), found["compare"]
    return (at_ms + _SINCE[compare], _ALWAYS) if compare in _SINCE else (-_ALWAYS, at_ms + _UNTIL[compare])


def _minute_ms(text: str, zone: tzinfo) -> int:
    try:
        local = datetime.strptime(text.replace("/", "-"), "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    except ValueError:
        raise BadJql(f"Date value '{text}' is invalid. Valid formats include: 'yyyy-MM-dd HH:mm'.") from None
    return round(local.timestamp() * 1000)


class Index:
    """The entries that searches are answered from."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._waiting: deque[tuple[int, int, Entry | None]] = deque()
        self._by_update: dict[str | None, list[Entry]] = {}  # of each project by id and by key, and of all

    def put(self, entry: Entry) -> None:
        """Know a work item at once."""
        self._entries[entry.id] = entry
        self._by_update.clear()

    def later(self, due_ms: int, issue: int, entry: Entry | None) -> None:
        """Know a work item, or that it is no more, from an instant on."""
        self._waiting.append((due_ms, issue, entry))

    def catch_up(self, now_ms: int, reconcile: Sequence[int] = ()) -> None:
        """Learn what is due, and all about the work items to reconcile."""
        still: deque[tuple[int, int, Entry | None]] = deque()
        for due_ms, issue, entry in self._waiting:
            if due_ms > now_ms and issue not in reconcile:
                still.append((due_ms, issue, entry))
                continue
            self._by_update.clear()
            if entry:
                self._entries[issue] = entry
            else:
                self._entries.pop(issue, None)
        self._waiting = still

    def search(self, query: Query, sees: Condition, after: Sequence[int] | None = None) -> list[Entry]:
        """The entries that are chosen and seen, in order, from behind a place on."""
        found = self._chosen(query, sees)
        if query.order in _BY_UPDATE and query.ids is None:
            found = found[:: query.order[0][1]]
        else:
            found.sort(key=query.place)
        return found if after is None else found[bisect_right(found, tuple(after), key=query.place) :]

    def count(self, query: Query, sees: Condition) -> int:
        """How many entries are chosen and seen."""
        return len(self._chosen(query, sees))

    def remove(self, issue: int) -> None:
        """Know nothing of a work item."""
        self._entries.pop(issue, None)
        self._by_update.clear()

    def _chosen(self, query: Query, sees: Condition) -> list[Entry]:
        if query.ids is not None:  # how Data Center is asked for many work items
            return [entry for issue in query.ids if (entry := self._entries.get(issue)) and sees(entry)]
        if not self._by_update:
            self._sort()
        entries, updated_ms = self._by_update.get(query.project, []), attrgetter("updated_ms")
        start = bisect_left(entries, query.since_ms, key=updated_ms)
        found = entries[start : bisect_left(entries, query.until_ms, key=updated_ms)]
        for condition in (*query.conditions, sees):
            found = list(filter(condition, found))
        return found

    def _sort(self) -> None:
        for entry in sorted(self._entries.values(), key=attrgetter("updated_ms", "id")):
            for name in {None, entry.project, entry.project_key}:
                self._by_update.setdefault(name, []).append(entry)
