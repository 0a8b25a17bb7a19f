"""What the search of a simulated Jira knows, which may be behind, and the few forms of JQL that it understands."""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

Condition = Callable[["Entry"], bool]
Order = tuple[tuple[str, int], ...]
_TERM = re.compile(
    r'\s*(?:(?P<date>updated|created)\s*(?P<compare>>=|<=|<|>)\s*"(?P<at>[^"]*)"'
    r"|(?P<list>id|issuekey|key|project)\s+in\s*\((?P<members>[^)]*)\)"
    r'|project\s*=\s*(?P<project>"[^"]*"|\w+)'
    r"|(?P<any>project\s+is\s+not\s+EMPTY))\s*",
    re.IGNORECASE,
)
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}
_SORT = {"updated": "updated_ms", "created": "created_ms", "id": "id", "key": "id", "issuekey": "id"}


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
    """JQL that was read: what is chosen, in which order, and the ids where it names nothing but some."""

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
    conditions = tuple(_condition(term, zone) for term in re.split(r"\bAND\b", where) if term.strip())
    ways = [part.split() for part in order.split(",") if part.strip()]
    if any(len(way) not in (1, 2) or way[0].lower() not in _SORT for way in ways):
        raise BadJql(f"Field '{order.strip()}' does not exist or cannot be sorted by.")
    found = tuple((_SORT[way[0].lower()], -1 if way[1:] == ["DESC"] else 1) for way in ways)
    only_ids = re.fullmatch(r"\s*id in \(([\d, ]+)\)\s*", where)
    ids = frozenset(map(int, only_ids[1].split(","))) if only_ids else None
    return Query(conditions, (*found, ("id", found[-1][1] if found else -1)), ids)


def _condition(term: str, zone: tzinfo) -> Condition:
    found = _TERM.fullmatch(term)
    if not found:
        raise BadJql(f"Error in the JQL Query: '{term.strip()}' is not understood.")
    if found["any"]:
        return lambda entry: entry.id > 0
    if found["date"]:
        attribute, compare = _SORT[found["date"].lower()], _COMPARE[found["compare"]]
        at_ms = _minute_ms(found["at"], zone)
        return lambda entry: compare(getattr(entry, attribute), at_ms)
    texts = {text.strip().strip('"') for text in (found["members"] or found["project"]).split(",")}
    if found["project"] or (found["list"] or "").lower() == "project":
        return lambda entry: entry.project in texts or entry.project_key in texts
    return lambda entry: str(entry.id) in texts or f"{entry.project_key}-{entry.number}" in texts


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
        self._sorted: dict[Order, tuple[list[tuple[int, ...]], list[Entry]]] = {}

    def put(self, entry: Entry) -> None:
        """Know a work item at once."""
        self._entries[entry.id] = entry
        self._sorted.clear()

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
            self._sorted.clear()
            if entry:
                self._entries[issue] = entry
            else:
                self._entries.pop(issue, None)
        self._waiting = still

    def search(self, query: Query, sees: Condition, after: Sequence[int] | None = None) -> list[Entry]:
        """The entries that are chosen and seen, in order, from behind a place on."""
        if query.ids is not None and after is None:  # how Data Center is asked for many work items
            named = [entry for issue in query.ids if (entry := self._entries.get(issue)) and sees(entry)]
            return sorted(named, key=query.place)
        if query.order not in self._sorted:
            entries = sorted(self._entries.values(), key=query.place)
            self._sorted[query.order] = ([query.place(entry) for entry in entries], entries)
        places, entries = self._sorted[query.order]
        start = bisect_right(places, tuple(after)) if after is not None else 0
        found = entries[start:]
        for condition in (*query.conditions, sees):
            found = list(filter(condition, found))
        return found

    def remove(self, issue: int) -> None:
        """Know nothing of a work item."""
        self._entries.pop(issue, None)
        self._sorted.clear()
