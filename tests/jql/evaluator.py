"""The slow truth: which work items meet a query, asked of one payload after the other in plain Python.

It knows Jira's JSON, the tree of a query and docs/semantics.md; it shares no line with `sojourn.jql` but the tree, and
with the store none at all. What nobody knows by that name is in no value: as a lenient reader sees it.
"""

import itertools
from collections.abc import Callable
from typing import Any

from sojourn.core.calendar import reference
from sojourn.core.calendar.rules import Rules
from sojourn.jql import ast
from tests.jql import evaluated_dates as dates
from tests.jql.evaluated_history import Entry, ms, timeline
from tests.jql.evaluated_values import CATEGORIES, FUNCTIONS, ONE, SETS, Chosen, Values, is_nothing, links_of

ALIASES = {"type": "issuetype", "createddate": "created", "updateddate": "updated", "resolutiondate": "resolved"}
ALIASES |= {"duedate": "due", "issuekey": "key", "issue": "key", "id": "key"}
MINUTE = 60_000
WORKDAY, WORKWEEK = 8 * 60, 5 * 8 * 60


class World(Values):
    """Values that can be asked for: what meets a query, and in which order."""

    def found(self, query: ast.Query) -> list[str]:
        """The keys of the work items that meet the query, in its order."""
        met = [item for item in self.items if query.where is None or self.meets(query.where, item)]
        for sort in reversed(query.order_by):
            met = self._sorted(met, sort)
        return [item["key"] for item in met]

    def meets(self, clause: ast.Clause, item: dict[str, Any]) -> bool:
        """Whether a work item meets a clause. NOT is the plain complement."""
        if isinstance(clause, ast.Not):
            return not self.meets(clause.clause, item)
        if isinstance(clause, ast.And):
            return all(self.meets(part, item) for part in clause.clauses)
        if isinstance(clause, ast.Or):
            return any(self.meets(part, item) for part in clause.clauses)
        if isinstance(clause, ast.Changed):
            return self._changed(clause, item)
        if clause.field.properties:
            return self._timed(clause, item)
        if clause.operator.startswith("was"):
            return self._was(clause, item) != ("not" in clause.operator)
        return self._holds(clause, item)

    # What is there now.

    def _holds(self, clause: ast.Condition, item: dict[str, Any]) -> bool:
        """`!=` and NOT IN say that there is a value, and that it is none of those."""
        name, operator = self._name(clause.field), clause.operator
        if operator in ("<", "<=", ">", ">="):
            return self._compared(name, operator, clause.operand, item)
        parts = singles(clause.operand)
        is_there = self._is_there(name, item)
        equal = any(
            not is_there if is_nothing(name, part) else is_there and self._equal(name, part, item) for part in parts
        )
        return equal if operator in ("=", "in", "is") else is_there and not equal

    def _name(self, place: ast.Field) -> str:
        name = place.name.casefold()
        number = name.removeprefix("cf[").removesuffix("]")
        if number != name:
            return f"customfield_{number}"
        found = {shown.casefold(): key for key, shown in self.custom_names.items()}.get(name)
        known = {known.casefold(): known for known in (*ONE, *SETS, "statusCategory")}
        return ALIASES.get(name) or found or known.get(name, name)

    def _is_there(self, name: str, item: dict[str, Any]) -> bool:
        if self.kind(name):
            return bool(self.ids(name, item))
        if name == "issuelinktype":
            return bool(item["fields"].get("issuelinks"))
        return name == "key" or self._value(name, item) is not None

    def _equal(self, name: str, operand: ast.Operand, item: dict[str, Any]) -> bool:
        if isinstance(operand, ast.Function) and operand.name.casefold() == "linkedissues":
            return item["key"] in self.linked(operand)
        if isinstance(operand, ast.Function) and operand.name.casefold() == "updatedby":
            return self._updated_by(operand, item)
        if isinstance(operand, ast.Function) and (found := FUNCTIONS.get(operand.name.casefold())):
            kind, category = found
            return any(self.categories[kind].get(key) == category for key in self.ids(name, item))
        if self.kind(name):
            return bool(self.ids(name, item) & self.chosen(name, operand).ids)
        if name == "issuelinktype":
            return self.kinds_of_links(operand.text) & {page for page, _ in links_of(item)} != set()
        if name == "key":
            return operand.text.strip().upper() == item["key"].upper() or operand.text.strip() == item["id"]
        if name == "parent":
            return operand.text.strip().upper() == self._value(name, item)
        if self.custom.get(name) == "text":
            return same_ascii(operand.text, self._value(name, item))
        return bool(self._value(name, item) == self._meant(name, operand))

    def _compared(self, name: str, operator: str, operand: ast.Operand, item: dict[str, Any]) -> bool:
        if name == "priority":
            own = [-int(key) for key in self.ids(name, item)]
            limits = [-int(key) for key in self.chosen(name, operand).ids]
            return any(COMPARE[operator](one, limit) for one in own for limit in limits)
        if name == "key":
            project, _, number = operand.text.strip().upper().rpartition("-")
            key, own = item["key"].rpartition("-")[::2]
            return key == project and COMPARE[operator](int(own), int(number))
        value = self._value(name, item)
        return value is not None and COMPARE[operator](value, self._meant(name, operand))

    def _value(self, name: str, item: dict[str, Any]) -> Any:
        """What a field without a dictionary holds, as something to compare."""
        fields = item["fields"]
        if name in ("created", "updated"):
            return ms(fields[name]) if fields.get(name) else None
        if name == "resolved":
            return ms(fields["resolutiondate"]) if fields.get("resolutiondate") else None
        if name == "parent":
            return fields["parent"]["key"] if fields.get("parent") else None
        if name == "due":
            return fields.get("duedate")
        if name in ("votes", "watchers"):
            found = fields.get({"votes": "votes", "watchers": "watches"}[name]) or {}
            return found.get({"votes": "votes", "watchers": "watchCount"}[name])
        if name in ESTIMATES:
            return fields.get(ESTIMATES[name])
        value = fields.get(name)
        return ms(value) if value and self.custom.get(name) == "instant" else value

    def _meant(self, name: str, operand: ast.Operand) -> Any:
        """What an operand means to a field without a dictionary: a date relates to the date only, not to the time."""
        if name in ("created", "updated", "resolved") or self.custom.get(name) == "instant":
            return self._instant(operand)
        if name == "due" or self.custom.get(name) == "date":
            return dates.local(self._instant(operand), self.tz).date().isoformat()
        if name in ESTIMATES:
            return seconds(operand.text)
        return float(operand.text)

    def _instant(self, operand: ast.Operand) -> int:
        return dates.instant_ms(operand, self.as_of_ms, self.tz)

    # The past.

    def _entries(self, name: str, item: dict[str, Any]) -> list[Entry]:
        """What has happened by the moment asked of; the last stay reaches to it."""
        entries = [entry for entry in timeline(item, name) if entry.at <= self.as_of_ms]
        for entry, following in itertools.pairwise(entries):
            entry.left = following.at
        return entries

    def _was(self, clause: ast.Condition, item: dict[str, Any]) -> bool:
        name = self._name(clause.field)
        return any(
            self._are(name, clause.operand, entry.values)
            and all(self._of_stay(predicate, entry) for predicate in clause.predicates)
            for entry in self._entries(name, item)
        )

    def _are(self, name: str, operand: ast.Operand, values: set[str]) -> bool:
        """Whether one of the operands is among the values, or there is none and EMPTY is asked for."""
        for part in singles(operand):
            chosen = self._in_past(name, part)
            if values & chosen.ids or (chosen.empty and not values):
                return True
        return False

    def _in_past(self, name: str, part: ast.Operand) -> Chosen:
        if isinstance(part, ast.Function) and part.name.casefold() in FUNCTIONS:
            kind, category = FUNCTIONS[part.name.casefold()]
            return Chosen({key for key, found in self.categories[kind].items() if found == category})
        return self.chosen(name, part)

    def _of_stay(self, predicate: ast.Predicate, entry: Entry) -> bool:
        """A value holds at each millisecond from its entry until it is left; one of no length at that of its entry."""
        if predicate.name == "by":
            return self._by(predicate, entry)
        first, last = self._span(predicate)
        held_last = self.as_of_ms if entry.left is None else max(entry.left - 1, entry.at)
        return max(first, entry.at) <= min(last, held_last)

    def _span(self, predicate: ast.Predicate) -> tuple[float, float]:
        """First and last instant of a predicate: BEFORE and AFTER leave theirs out."""
        if predicate.name == "before":
            return float("-inf"), self._instant(predicate.operand) - 1
        if predicate.name == "after":
            return self._instant(predicate.operand) + 1, float("inf")
        if predicate.name == "on":
            day = dates.local(self._instant(predicate.operand), self.tz).date()
            return dates.day_begins(day, self.tz), dates.day_begins(dates.next_day(day), self.tz) - 1
        first, last = (self._instant(part) for part in predicate.operand.operands)
        return first, last

    def _by(self, predicate: ast.Predicate, entry: Entry) -> bool:
        return self._are("assignee", predicate.operand, {entry.author} if entry.author else set())

    def _changed(self, clause: ast.Changed, item: dict[str, Any]) -> bool:
        name = self._name(clause.field)
        entries = self._entries(name, item)
        for place in range(1, len(entries)):
            before, after = entries[place - 1].values, entries[place].values
            if name in ("fixVersion", "sprint"):
                before, after = whole_change(entries, place)
            if all(self._of_change(name, predicate, entries[place], before, after) for predicate in clause.predicates):
                return True
        return False

    def _of_change(self, name: str, predicate: ast.Predicate, entry: Entry, before: set[str], after: set[str]) -> bool:
        """FROM and TO: what was taken away, and what was given; nothing is what a field without a value has."""
        if predicate.name in ("from", "to"):
            one, other = (before, after) if predicate.name == "from" else (after, before)
            return self._are(name, predicate.operand, one - other) and one != other and (bool(one - other) or not one)
        if predicate.name == "by":
            return self._by(predicate, entry)
        first, last = self._span(predicate)
        return first <= entry.at <= last

    def _updated_by(self, function: ast.Function, item: dict[str, Any]) -> bool:
        who, *ends = function.arguments
        first, last = ([self._instant(end) for end in ends] + [float("-inf"), float("inf")][len(ends) :])[:2]
        people = self.called_so("user", who.text)
        return any(
            entry.author in people and first <= entry.at <= last
            for name in (*HISTORIES, "created")
            for entry in self._entries(name, item)
        )

    # Time in a status.

    def _timed(self, clause: ast.Condition, item: dict[str, Any]) -> bool:
        name, (status, *calendar) = clause.field.name.casefold(), clause.field.properties
        rules = self.calendars[calendar[0].argument.text] if calendar else None
        ids = self.called_so("status", status.argument.text)
        stays = [entry for entry in self._entries("status", item) if entry.values & ids]
        ends = [self.as_of_ms if entry.left is None else entry.left for entry in stays]
        amount: int | None = None
        if name == "visits":
            amount = len(stays)
        elif stays and name == "timein":
            amount = sum(worked(rules, entry.at, end) for entry, end in zip(stays, ends, strict=True))
        elif stays:
            amount = worked(rules, stays[-1].at, self.as_of_ms)
        if isinstance(clause.operand, ast.Empty):
            return (amount is None) == (clause.operator in ("=", "is"))
        number = int(clause.operand.text) if name == "visits" else duration(clause.operand.text, rules)
        return amount is not None and COMPARE[clause.operator](amount, number)

    # Order.

    def _sorted(self, met: list[dict[str, Any]], sort: ast.Sort) -> list[dict[str, Any]]:
        name = self._name(sort.field)
        is_down = sort.direction == "DESC" or (sort.direction is None and name in LATEST_FIRST)
        keyed = [(self._sort_key(name, item), item) for item in met]
        there = [pair for pair in keyed if pair[0] is not None]
        there.sort(key=lambda pair: pair[0], reverse=is_down)  # stable both ways: equal ones keep their order
        return [item for _, item in there] + [item for key, item in keyed if key is None]

    def _sort_key(self, name: str, item: dict[str, Any]) -> Any:
        ids = self.ids(name, item) if self.kind(name) else set()
        if name == "key":
            number = item["key"].rpartition("-")[2]
            return item["fields"]["project"]["key"].encode(), int(number), item["key"].encode()
        if name == "priority":
            return max((-int(key) for key in ids), default=None)
        if name == "statusCategory":
            return next((list(CATEGORIES).index(key) for key in ids), None)
        if name == "project":
            return item["fields"]["project"]["key"].encode()
        if name == "category":
            return min((key.encode() for key in ids), default=None)
        if self.kind(name):
            return min((self.names[self.kind(name)][key].encode() for key in ids), default=None)
        value = self._value(name, item)
        return value.encode() if isinstance(value, str) else value


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
}
LATEST_FIRST = ("created", "updated", "resolved", "priority")
HISTORIES = ("status", "assignee", "reporter", "priority", "resolution", "issuetype", "fixVersion", "sprint")
ESTIMATES = {"originalestimate": "timeoriginalestimate", "remainingestimate": "timeestimate", "timespent": "timespent"}


def singles(operand: ast.Operand) -> list[ast.Operand]:
    """The parts of a list, and of lists in it."""
    if isinstance(operand, ast.Items):
        return [single for part in operand.operands for single in singles(part)]
    return [operand]


def same_ascii(one: str, other: str) -> bool:
    """Equal but for the case of the letters a to z."""

    def small(text: str) -> str:
        return "".join(letter.lower() if letter.isascii() else letter for letter in text)

    return small(one) == small(other)


def whole_change(entries: list[Entry], place: int) -> tuple[set[str], set[str]]:
    """The sets before and after all that one person did to them at one instant: one edit tells of many items."""
    own = entries[place]
    first = last = place
    while first > 1 and (entries[first - 1].at, entries[first - 1].author) == (own.at, own.author):
        first -= 1
    while last + 1 < len(entries) and (entries[last + 1].at, entries[last + 1].author) == (own.at, own.author):
        last += 1
    return entries[first - 1].values, entries[last].values


def seconds(text: str) -> float:
    """An estimate: `2h 30m` of days of eight hours and weeks of five days, or minutes."""
    if text.replace(".", "").isdecimal():
        return float(text) * 60
    units = {"w": WORKWEEK, "d": WORKDAY, "h": 60, "m": 1}
    return sum(int(part[:-1]) * units[part[-1]] for part in text.split()) * 60


def duration(text: str, rules: Rules | None) -> int:
    """Milliseconds of `1d 2h`: a day is Monday's working time, a week the working time of a plain one."""
    day, week = 24 * 60 * MINUTE, 7 * 24 * 60 * MINUTE
    if rules:
        day = sum(closes - opens for opens, closes in rules.week[0])
        week = sum(closes - opens for windows in rules.week for opens, closes in windows)
    units = {"w": week, "d": day, "h": 60 * MINUTE, "m": MINUTE}
    return sum(int(part[:-1]) * units[part[-1]] for part in text.split())


def worked(rules: Rules | None, start: int, end: int) -> int:
    return reference.elapsed(rules, start, end) if rules else end - start
