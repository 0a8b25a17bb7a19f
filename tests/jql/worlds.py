"""Small worlds of work items, and queries about them, thrown by dice.

Few instants, few values and few names: so that things happen at once, hold for no time, and meet what is asked for.
Dice are many times quicker than Hypothesis' own choices, and do not come back to what was tried before.
"""

from datetime import UTC, datetime
from random import Random
from typing import Any

from sojourn.core.calendar import Calendar
from sojourn.errors import Refused
from sojourn.jql import ast
from tests.builders import issue
from tests.core.calendar_help import ms
from tests.jql.evaluator import World

HOUR = 3_600_000
CUSTOM = {
    "customfield_1": "number",
    "customfield_2": "instant",
    "customfield_3": "customfield_3",
    "customfield_4": "date",
    "customfield_5": "label",
    "customfield_6": "user",
    "customfield_7": "text",
    "customfield_20": "sprint",
}
NAMES = {"customfield_1": "Story points", "customfield_3": "Tier", "customfield_7": "It's 100%"}
FIELDS = [{"id": key, "name": NAMES.get(key, key), "navigable": True, "searchable": True} for key in CUSTOM]
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
NIGHT = {"sat": [["20:00", "04:00"]], "mon": [["00:00", "24:00"]]}
CALENDARS = {
    "Office": Calendar.from_json({"tz": "UTC", "week": {**OFFICE, "tue": [["08:00", "12:00"]]}}),
    "Night": Calendar.from_json({"tz": "America/Havana", "week": NIGHT}),
}


def calendar(name: str) -> Calendar:
    """A calendar by its name, as who asks finds it."""
    if name not in CALENDARS:
        raise Refused("calendar", f"there is no calendar {name!r}")
    return CALENDARS[name]


PEOPLE = [
    {"accountId": "ann", "displayName": "Ann Archer"},
    {"accountId": "bob", "displayName": "Bob"},
    {"accountId": "bob2", "displayName": "BOB"},
    {"accountId": "o'neil", "displayName": "O'Neil 100% __ Straße"},
    {"accountId": "5", "displayName": "ann"},
]
STATUSES = [
    ("1", "Open", "new"),
    ("3", "In progress", "indeterminate"),
    ("5", "Done", "done"),
    ("7", "open", "new"),
    ("8", "3", "indeterminate"),
    ("9", "Σοφός", "done"),
]
OLD_NAMES = {"3": "Doing", "6": "Gone"}
PRIORITIES = [{"id": key, "name": name} for key, name in (("1", "High"), ("2", "Low"), ("10", "Urgent"))]
RESOLUTIONS = [{"id": "1", "name": "Fixed"}, {"id": "2", "name": "Won't do"}]
VERSIONS = [
    {"id": key, "name": name, "released": released}
    for key, name, released in (("7", "1.0", True), ("8", "1.1", False), ("9", "100%_a__b", True))
]
SPRINTS = [
    {"id": key, "name": f"Sprint {key}", "state": state}
    for key, state in (("21", "closed"), ("22", "active"), ("23", "future"))
]
TYPES = [
    {"id": key, "name": name, "subtask": key == "9"} for key, name in (("1", "Bug"), ("2", "Story"), ("9", "Sub-task"))
]
COMPONENTS = [{"id": "41", "name": "Web"}, {"id": "42", "name": "Café [x]"}]
TIERS = [{"id": "31", "value": "Gold"}, {"id": "32", "value": "31"}]
LABELS = ["red", "Red", "ß", "İ", "a%b"]
TEXTS = ["Straße", "STRASSE", "It is", "it IS", "100%", "[x]"]
PROJECTS = {
    key: {"id": jira_id, "key": key, "name": name, "lead": PEOPLE[lead], **more}
    for key, jira_id, name, lead, more in (
        ("ABC", "10", "First", 0, {}),
        ("XYZ", "11", "Another", 2, {"projectCategory": {"id": "1", "name": "Ops"}}),
        ("A-B", "12", "Third", 1, {"projectCategory": {"id": "2", "name": "Dev"}}),
    )
}
LINKS = [
    {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
    {"name": "Relates", "inward": "relates to", "outward": "relates to"},
]
KEYS = ["ABC-1", "ABC-2", "ABC-10", "XYZ-4", "XYZ-05", "A-B-3"]
ZONES = ["UTC", "America/New_York", "America/Havana", "Pacific/Auckland", "Asia/Kolkata"]
BEGINS = [ms("2024-03-08T00:00"), ms("2024-11-01T00:00")]
"""Two days before clocks are changed in Havana at midnight, and in New York at 2."""


SINGLE = {
    "status": [(key, name) for key, name, _ in STATUSES] + list(OLD_NAMES.items()),
    "assignee": [(one["accountId"], one["displayName"]) for one in PEOPLE],
    "reporter": [(one["accountId"], one["displayName"]) for one in PEOPLE[:2]],
    "priority": [(one["id"], one["name"]) for one in PRIORITIES],
    "resolution": [(one["id"], one["name"]) for one in RESOLUTIONS],
    "issuetype": [(one["id"], one["name"]) for one in TYPES],
}


def world(dice: Random) -> World:
    """One to six work items; who asks is one of those that may be named in them."""
    begin = dice.choice(BEGINS)
    keys = dice.sample(KEYS, dice.randint(1, 6))
    return World(
        [_item(dice, begin, key) for key in keys],
        as_of_ms=_instant(dice, begin),
        tz=dice.choice(ZONES),
        user=dice.choice(PEOPLE)["accountId"],
        calendars={name: calendar.rules for name, calendar in CALENDARS.items()},
        custom=CUSTOM,
        custom_names=NAMES,
        statuses=dice.choice([[], [_status(key) for key, *_ in STATUSES[:4]]]),
    )


def _item(dice: Random, begin: int, key: str) -> dict[str, Any]:
    days = [_text(begin + day * 24 * HOUR)[:10] for day in range(5)]
    resolution = _maybe(dice, RESOLUTIONS)
    fields: dict[str, Any] = {
        "created": _text(_instant(dice, begin)),
        "updated": dice.choice([None, _text(begin + 200 * HOUR)]),
        "resolutiondate": resolution and _text(_instant(dice, begin)),
        "project": PROJECTS[key.rpartition("-")[0]],
        "status": _status(dice.choice(STATUSES)[0]),
        **{name: _maybe(dice, PEOPLE) for name in ("assignee", "reporter", "creator", "customfield_6")},
        "priority": _maybe(dice, PRIORITIES),
        "resolution": resolution,
        "issuetype": _maybe(dice, TYPES),
        **{name: _some(dice, LABELS) for name in ("labels", "customfield_5")},
        **{name: _some(dice, VERSIONS) for name in ("fixVersions", "versions")},
        "components": _some(dice, COMPONENTS),
        "security": _maybe(dice, [{"id": "51", "name": "Secret"}]),
        **{name: _maybe(dice, days) for name in ("duedate", "customfield_4")},
        "parent": _maybe(dice, [{"key": other} for other in KEYS[:2]]),
        "customfield_1": _maybe(dice, [0, 0.5, 3, -2, 2**53]),
        "customfield_2": dice.choice([None, _text(_instant(dice, begin))]),
        "customfield_3": _maybe(dice, TIERS),
        "customfield_7": _maybe(dice, TEXTS),
        "customfield_20": _some(dice, SPRINTS),
        "timespent": _maybe(dice, [0, 3600, 28800]),
        "votes": _maybe(dice, [{"votes": 0}, {"votes": 2}]),
        "issuelinks": [
            {"type": dice.choice(LINKS), dice.choice(["outwardIssue", "inwardIssue"]): {"key": dice.choice(KEYS)}}
            for _ in range(dice.randint(0, 2))
        ],
    }
    return issue(key, "Open", *(_history(dice, begin) for _ in range(dice.randint(0, 5))), **fields) | {"names": NAMES}


def _history(dice: Random, begin: int) -> dict[str, Any]:
    """One edit. What one tells does not always follow from another, nor what is now from the last."""
    author = _maybe(dice, PEOPLE)
    items = [item for _ in range(dice.randint(1, 2)) for item in _change(dice)]
    return {"created": _text(_instant(dice, begin)), "items": items, **({"author": author} if author else {})}


def _change(dice: Random) -> list[dict[str, Any]]:
    """The items that one edit of one field makes."""
    name = dice.choice(["status", "status", "status", "Fix Version", "Sprint", *SINGLE])
    if name == "Fix Version":
        out, put = _maybe(dice, VERSIONS), _maybe(dice, VERSIONS)
        sides = [(out, None)] * (out is not None) + [(None, put)] * (put is not None)
        return [_told(name, *(one and (one["id"], one["name"]) for one in pair)) for pair in sides]
    if name == "Sprint":
        sets = [_some(dice, SPRINTS), _some(dice, SPRINTS)]
        told = [tuple(", ".join(one[part] for one in sprints) for part in ("id", "name")) for sprints in sets]
        return [_told(name, *told) | {"fieldtype": "custom", "fieldId": "customfield_20"}]
    pair = [_maybe(dice, SINGLE[name]), _maybe(dice, SINGLE[name])]
    return [_told(name, *(one and (one[0], OLD_NAMES.get(one[0], one[1])) for one in pair))]


def _told(name: str, before: Any, after: Any) -> dict[str, Any]:
    (old, old_name), (new, new_name) = before or (None, None), after or (None, None)
    return {"field": name, "fieldtype": "jira", "from": old, "fromString": old_name, "to": new, "toString": new_name}


def _status(key: str) -> dict[str, Any]:
    name, category = next((name, category) for known, name, category in STATUSES if known == key)
    return {"id": key, "name": name, "statusCategory": {"key": category}}


def _instant(dice: Random, begin: int) -> int:
    """Every six hours of six days, and now and then a millisecond beside."""
    return begin + dice.randint(0, 24) * 6 * HOUR + dice.choice([0, 0, 0, 0, 0, 0, 1, -1])


def _text(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _maybe(dice: Random, values: list[Any]) -> Any:
    return dice.choice([None, *values])


def _some(dice: Random, values: list[Any]) -> list[Any]:
    return dice.sample(values, dice.randint(0, 2))


# Queries.

WORDS = {
    "status": ["open", "IN PROGRESS", "3", "done", "8", "σοφόσ", "Gone", "Unknown", "nowhere"],
    "assignee": ["ann", "Ann Archer", "bob", "BOB2", "O'NEIL 100% __ STRASSE", "5", "nobody"],
    "priority": ["high", "low", "10", "none"],
    "resolution": ["fixed", "Unresolved", "won't DO", "2"],
    "issuetype": ["bug", "9", "STORY"],
    "labels": ["RED", "SS", "i̇", "A%B", "nil"],
    "component": ["web", "CAFÉ [X]", "41"],
    "fixVersion": ["1.0", "8", "100%_A__B", "0.1"],
    "sprint": ["sprint 21", "22", "Sprint 23"],
    "project": ["abc", "another", "12", "A-B"],
    "category": ["ops", "DEV"],
    "statusCategory": ["Done", "to do", "4", "indeterminate"],
    "level": ["secret", "51"],
    "Tier": ["gold", "31", "32"],
    "parent": ["abc-1", "ABC-2", "ABC-99"],
    "key": ["ABC-2", "xyz-4", "XYZ-05", "A-B-3", "ABC-99"],
    "issueLinkType": ["blocks", "BLOCKS", "is blocked by", "relates to", "clones"],
    "It's 100%": ["straße", "It is", "100%", "[X]"],
    "Story points": ["0", "0.5", "3", "-2", "9007199254740992"],
    "votes": ["0", "2", "-1"],
    "timeSpent": ["1h", "1d", "60", "0.0"],
}  # fmt: skip
PEOPLES = ["assignee", "reporter", "creator", "cf[6]"]
WORDS |= dict.fromkeys(PEOPLES, WORDS["assignee"])
WORDS |= {"affectedVersion": WORDS["fixVersion"], "cf[5]": WORDS["labels"], "type": WORDS["issuetype"]}
VERSION_CALLS = [("releasedVersions",), ("unreleasedVersions", "abc"), ("releasedVersions", "11")]
LINKED = [("linkedIssues", key, *kind) for key in ("ABC-1", "xyz-4") for kind in ((), ("blocks",), ("RELATES",))]
UPDATED = [("updatedBy", who, *ends) for who in ("bob", "Ann Archer") for ends in ((), ("-2d",), ("-3d", "-1d"))]
CALLS: dict[str, list[tuple[str, ...]]] = {
    **{name: [("currentUser",)] for name in PEOPLES},
    "fixVersion": VERSION_CALLS,
    "affectedVersion": VERSION_CALLS,
    "sprint": [("openSprints",), ("CLOSEDSPRINTS",), ("futureSprints",)],
    "issuetype": [("standardIssueTypes",), ("subTaskIssueTypes",)],
    "project": [("projectsLeadByUser",), ("projectsLeadByUser", "bob")],
    "key": [*LINKED, *UPDATED],
}
DATED = ["created", "updated", "resolved", "due", "cf[2]", "cf[4]"]
ORDERED = ["priority", "key", "Story points", "votes", "timeSpent", *DATED]
IN_PAST = ["status", "status", "assignee", "reporter", "priority", "resolution", "fixVersion", "sprint", "issuetype"]
SORTED = [name for name in (*WORDS, *DATED) if name not in ("parent", "issueLinkType")]
LITERALS = [
    *("2024-03-08", "2024-03-10", "2024/03/10 02:30", "2024-03-10 00:00", "2024-11-03", "2024-11-03 01:30"),
    *("-1d", "-2d 6h", "+1d", "-1w", "4h", "1709900000000", "1730604600000"),
]
STEPS = [(), ("-1",), ("+1d",), ("2w",), ("-1M",), ("-6h",), ("30m",)]
NUMBERS = {"visits": ["0", "1", "2"]}
DURATIONS = ["0h", "6h", "1d", "1d 6h", "12h", "2w", "18h 30m"]
EQUAL = ["=", "!=", "in", "not in", "is", "is not"]
ORDERS = ["<", "<=", ">", ">="]
IN_THE_PAST = ["was", "was not", "was in", "was not in"]
WHEN = ["by", "before", "after", "on", "during"]


def question(dice: Random) -> ast.Query:
    """A query about a world."""
    where = dice.choice([None, _clause(dice, 0), _clause(dice, 1), _clause(dice, 2), _clause(dice, 3)])
    sorts = [
        ast.Sort(ast.Field(dice.choice(SORTED)), dice.choice([None, "ASC", "DESC"])) for _ in range(dice.randint(0, 2))
    ]
    return ast.Query(where, tuple(sorts))


def parts(query: ast.Query) -> list[ast.Query]:
    """Smaller queries that are in a query, the smallest first."""
    return [ast.Query(None, (sort,)) for sort in query.order_by] + [
        ast.Query(clause) for clause in (_within(query.where) if query.where else [])
    ]


def _within(clause: ast.Clause) -> list[ast.Clause]:
    inner = (
        clause.clauses
        if isinstance(clause, ast.And | ast.Or)
        else (clause.clause,)
        if isinstance(clause, ast.Not)
        else ()
    )
    return [part for one in inner for part in _within(one)] + [clause]


def _clause(dice: Random, depth: int, *, but: type = ast.Node) -> ast.Clause:
    """A normal tree: no And stands right in an And, no Or in an Or."""
    kind = dice.choice([kind for kind in (ast.Not, ast.And, ast.Or) if kind is not but]) if depth else ast.Condition
    if kind is ast.Not:
        return ast.Not(_clause(dice, depth - 1))
    if kind is ast.Condition:
        return dice.choice([_now, _now, _then, _then, _timed])(dice)
    return kind(tuple(_clause(dice, dice.randint(0, depth - 1), but=kind) for _ in range(dice.randint(2, 3))))


def _now(dice: Random) -> ast.Condition:
    name = dice.choice([*WORDS, *DATED])
    operator = dice.choice(EQUAL + ORDERS if name in ORDERED else EQUAL)
    if name == "key" and operator in ORDERS:
        return ast.Condition(ast.Field(name), operator, ast.Value(dice.choice(["ABC-2", "xyz-05", "A-B-3"])))
    return ast.Condition(ast.Field(name), operator, _operand(dice, name, operator))


def _then(dice: Random) -> ast.Condition | ast.Changed:
    name = dice.choice(IN_PAST)
    operator = dice.choice(["changed", "changed", "changed", *IN_THE_PAST])
    kinds = [*WHEN, "from", "to", "from", "to"] if operator == "changed" else WHEN
    predicates = tuple(_predicate(dice, name, dice.choice(kinds)) for _ in range(dice.choice([0, 1, 1, 2])))
    if operator == "changed":
        return ast.Changed(ast.Field(name), predicates)
    return ast.Condition(ast.Field(name), operator, _operand(dice, name, operator), predicates)


def _predicate(dice: Random, name: str, kind: str) -> ast.Predicate:
    if kind in ("before", "after", "on"):
        return ast.Predicate(kind, _date(dice))
    if kind == "during":
        return ast.Predicate(kind, ast.Items((_date(dice), _date(dice))))
    return ast.Predicate(kind, _operand(dice, "assignee" if kind == "by" else name, dice.choice(["=", "in"])))


def _timed(dice: Random) -> ast.Condition:
    name = dice.choice(["timeIn", "timeSince", "visits"])
    calendar = dice.choice(["", "Office", "Night"]) if name != "visits" else ""
    properties = [ast.Property(ast.Value(dice.choice(WORDS["status"])), "calendar" if calendar else "")]
    properties += [ast.Property(ast.Value(calendar))] if calendar else []
    operator = dice.choice(["=", "!=", "is", "is not", *ORDERS])
    operand = ast.Empty() if "is" in operator else ast.Value(dice.choice(NUMBERS.get(name, DURATIONS)))
    return ast.Condition(ast.Field(name, tuple(properties)), operator, operand)


def _operand(dice: Random, name: str, operator: str) -> ast.Operand:
    """What may stand after an operator: of lists also lists in lists."""
    if operator.startswith("is"):
        return ast.Empty()
    if operator.endswith("in"):
        return ast.Items(tuple(_single(dice, name, depth=2) for _ in range(dice.randint(1, 3))))
    return _value(dice, name) if operator in ORDERS or dice.randint(0, 9) else ast.Empty()


def _single(dice: Random, name: str, depth: int) -> ast.Operand:
    throw = dice.randint(0, 9)
    if throw == 0:
        return ast.Empty()
    if throw == 1 and depth:
        return ast.Items(tuple(_single(dice, name, depth - 1) for _ in range(dice.randint(1, 2))))
    return _value(dice, name)


def _value(dice: Random, name: str) -> ast.Value | ast.Function:
    if name in DATED:
        return _date(dice)
    if name in CALLS and dice.randint(0, 2) == 0:
        called, *rest = dice.choice(CALLS[name])
        return ast.Function(called, tuple(map(ast.Value, rest)))
    return ast.Value(dice.choice(WORDS[name]))


def _date(dice: Random) -> ast.Value | ast.Function:
    throw = dice.randint(0, 5)
    if throw == 0:
        return ast.Function("now")
    if throw < 3:
        edge, unit = dice.choice(["start", "end"]), dice.choice(["Day", "Week", "Month", "Year"])
        return ast.Function(f"{edge}Of{unit}", tuple(map(ast.Value, dice.choice(STEPS))))
    return ast.Value(dice.choice(LITERALS))
