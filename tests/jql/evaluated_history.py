"""Histories of payloads, for the slow evaluator (docs/semantics.md 1 to 6)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

UNKNOWN = ""
"""The id of the value that nobody knows."""

FIELDS = {"fixVersion": "Fix Version", "sprint": "Sprint"}


@dataclass
class Entry:
    """From `at` on a field held `values`, by the doing of `author`; `left` is when they were left, None if never."""

    at: int
    values: set[str]
    author: str | None
    left: int | None = None


def ms(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def timeline(item: dict[str, Any], name: str) -> list[Entry]:
    """What a field held since creation. `created` is a field that never changes."""
    fields = item["fields"]
    creator = fields.get("creator")
    author = creator["accountId"] if creator else None
    changes = _changes(item, FIELDS.get(name, name))
    begin = ms(fields["created"])
    if name == "fixVersion":
        return _backwards(begin, author, _present(fields, "fixVersions"), changes)
    present = _present(fields, "customfield_20" if name == "sprint" else name)
    entries = [Entry(begin, changes[0][2] if changes else present, author)]
    if name == "status" and not entries[0].values:
        entries[0].values = {UNKNOWN}
    for place, (at, who, _, after) in enumerate(changes):
        values = present if place == len(changes) - 1 else after
        if name == "status" and not values:
            values = {UNKNOWN}
        if values != entries[-1].values:
            entries.append(Entry(max(at, begin), values, who))
    return entries


def _backwards(begin: int, author: str | None, present: set[str], changes: list[Any]) -> list[Entry]:
    """A change says what was put into the set and what was taken out: what was there before follows from the end."""
    sets = [present]
    for _, _, out, put in reversed(changes):
        sets.insert(0, (sets[0] - put) | out)
    entries = [Entry(begin, sets[0], author)]
    for (at, who, _, _), values in zip(changes, sets[1:], strict=True):
        if values != entries[-1].values:
            entries.append(Entry(max(at, begin), values, who))
    return entries


def _changes(item: dict[str, Any], field: str) -> list[tuple[int, str | None, set[str], set[str]]]:
    """Instant, who, before and after of the changes of a field, in order."""
    found = [
        (ms(history["created"]), int(history["id"]), place, history.get("author"), change)
        for history in item["changelog"]["histories"]
        for place, change in enumerate(history["items"])
        if change["field"] == field
    ]
    found.sort(key=lambda one: one[:3])
    return [
        (at, author["accountId"] if author else None, _side(change.get("from")), _side(change.get("to")))
        for at, _, _, author, change in found
    ]


def _side(text: str | None) -> set[str]:
    return {part.strip() for part in text.split(",")} if text else set()


def _present(fields: dict[str, Any], name: str) -> set[str]:
    value = fields.get(name)
    if name == "created":
        return set()
    parts = value if isinstance(value, list) else [value]
    return {part.get("accountId") or part["id"] for part in parts if part}
