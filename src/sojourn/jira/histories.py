"""The histories of one work item in Jira's JSON, read into the timelines of its record."""

import itertools
import json
from collections.abc import Callable
from operator import itemgetter
from typing import Any, TypeVar

from sojourn.core.changes import UNKNOWN, Change, Membership, Steps, Unknown, set_steps, step_function
from sojourn.core.flags import Flag
from sojourn.errors import Refused
from sojourn.history.record import FROM_PRESENT, IssueRecord, Ref, TimelineRecord
from sojourn.jira import values

SINGLE = {
    "status": "status",
    "assignee": "user",
    "reporter": "user",
    "priority": "priority",
    "issuetype": "issuetype",
    "resolution": "resolution",
    "project": "project",
    "duedate": "date",
}
"""Fields with one value, by id, and the dictionary that names their values."""

COLUMNS = ("status", "assignee", "reporter", "priority", "issuetype", "resolution")
_SYSTEM_NAMES = {**{key: key for key in SINGLE}, "Key": "key", "Fix Version": "fixVersions"}
_CUSTOM_NAMES = {"Sprint": "sprint", "Flagged": "flagged"}
FIELD_NAMES = {
    "status": "Status",
    "assignee": "Assignee",
    "reporter": "Reporter",
    "priority": "Priority",
    "key": "Key",
    "issuetype": "Issue type",
    "resolution": "Resolution",
    "project": "Project",
    "duedate": "Due date",
    "fixVersions": "Fix versions",
    "sprint": "Sprint",
    "flagged": "Flagged",
    "comment": "Comments",
}


_Entry = tuple[int, tuple[int, int], str | None, dict[str, Any]]
"""One item of one history: when it was, its order among those of one instant, who did it, and the item."""


class Histories:
    """The histories of one work item, read into the timelines of its record."""

    def __init__(self, custom_fields: tuple[str, ...], issue: dict[str, Any], record: IssueRecord) -> None:
        self.record = record
        self.fields: dict[str, Any] = issue["fields"]
        self.custom_fields = custom_fields
        names = issue.get("names")
        self.names: dict[str, Any] = names if isinstance(names, dict) else {}
        self.rank = FROM_PRESENT + (record.updated_ms or record.created_ms)
        self.creator = user_of(record, self.fields.get("creator"), self.rank)
        self.entries: dict[str, list[_Entry]] = {}
        self.custom_ids: dict[str, str] = {}
        for history in _histories(record.key, issue):
            self._take(history)
        for entries in self.entries.values():
            entries.sort(key=itemgetter(0, 1))

    def _take(self, history: dict[str, Any]) -> None:
        history_id = str(history.get("id", ""))
        path = f"{self.record.key}.changelog.{history_id}."
        at_ms = values.instant_ms(history.get("created"), path + "created")
        items = values.objects(history.get("items"), path + "items")
        wanted = [(place, key, item) for place, item in enumerate(items) if (key := self._tracked(item))]
        if not wanted:
            return
        number = int(history_id) if history_id.isdecimal() and len(history_id) < 100 else 0
        author = user_of(self.record, history.get("author"), at_ms)
        for place, key, item in wanted:
            self.entries.setdefault(key, []).append((at_ms, (number, place), author, item))

    def _tracked(self, item: dict[str, Any]) -> str | None:
        """The tracked field a change item is about, or None."""
        name, field_id = str(item.get("field")), item.get("fieldId")
        if item.get("fieldtype") != "custom":
            return _SYSTEM_NAMES.get(name)
        for custom in self.custom_fields:
            if field_id == custom or (not field_id and self.names.get(custom) == name):
                return custom
        key = _CUSTOM_NAMES.get(name)
        if key and isinstance(field_id, str):
            self.custom_ids[key] = field_id
        return key

    def read(self) -> None:
        """Put the timeline of every tracked field on the record."""
        for key, kind in SINGLE.items():
            if key in self.entries or (key not in COLUMNS and key in self.fields):
                self._put(key, self._single(key, kind))
        if "key" in self.entries:
            self._put("key", self._single("key", "key", self.record.key))
        self._put_set("fixVersions", "fixVersions", self.fields.get("fixVersions", UNKNOWN), backwards=True)
        for key in _CUSTOM_NAMES.values():
            self._put_set(key, key, self._present_of(key), backwards=False)
        for custom in self.custom_fields:
            self._put_custom(custom)

    def _put(self, key: str, steps: TimelineRecord) -> None:
        if len(steps.value) == 1 and steps.value[0] is None and not steps.flags:
            return  # always empty: there is nothing to tell
        if len(steps.value) == 1 and not steps.flags and key in COLUMNS:
            return  # never changed: the present value stands on the work item
        self.record.timelines[key] = steps
        self.record.field_names[key] = self._field_name(key)

    def _field_name(self, key: str) -> str:
        return values.field_name(self.names.get(key)) or FIELD_NAMES.get(key, key)

    def _single(self, key: str, kind: str, present: Any = UNKNOWN) -> TimelineRecord:
        value = self.fields.get(key, present)
        now: str | Unknown | None = value if isinstance(value, Unknown) else key_of(kind, value)
        if isinstance(now, str) and self.record.lacks((kind, now), self.rank):
            self.record.name((kind, now), values.name_of(value), self.rank)
        changes = self._changes(key, kind)
        steps = step_function(self.record.created_ms, now, changes, self.creator)
        if kind == "status" and _is_renamed(self.entries.get(key, [])):
            steps.flags |= Flag.HISTORY_GAP
        return _timeline(self.record, kind, steps, lambda part: (kind, part))

    def _changes(self, key: str, kind: str) -> list[Change[str]]:
        """The changes of a field of one value, whose names the record learns."""
        empty = UNKNOWN if kind == "status" else None  # a work item is never without a status
        told: dict[str, tuple[str, int]] = {}
        changes: list[Change[str]] = []
        for at_ms, order, author, item in self.entries.get(key, []):
            before, after = values.side(item, "from"), values.side(item, "to")
            if isinstance(before, str):
                told[before] = str(item.get("fromString") or before), at_ms
            if isinstance(after, str):
                told[after] = str(item.get("toString") or after), at_ms
            changes.append(Change(at_ms, order, author, before or empty, after or empty))
        for part, (name, at_ms) in told.items():
            self.record.name((kind, part), name, at_ms)
        return changes

    def _put_set(self, key: str, kind: str, present: Any, *, backwards: bool) -> None:
        if key not in self.entries and (isinstance(present, Unknown) or not present):
            return
        names = {} if isinstance(present, Unknown) else values.members(present)
        now: frozenset[str] | Unknown = UNKNOWN if isinstance(present, Unknown) else frozenset(names)
        sides = []
        for at_ms, order, author, item in self.entries.get(key, []):
            before = values.set_side(item.get("from"), item.get("fromString"))
            after = values.set_side(item.get("to"), item.get("toString"))
            names = {**before, **after, **names}
            sides.append(((at_ms, order, author), frozenset(before), frozenset(after)))
        created_ms = self.record.created_ms
        if backwards:
            moves = [Membership(*who, before, after) for who, before, after in sides]
            steps = set_steps(created_ms, now, moves, self.creator)
        else:
            changes = [Change(*who, before or None, after or None) for who, before, after in sides]
            steps = step_function(created_ms, now or None, changes, self.creator)
        self._put(key, self._set_refs(kind, steps, names))

    def _set_refs(self, kind: str, steps: Steps[frozenset[str]], names: dict[str, str]) -> TimelineRecord:
        def ref(members: frozenset[str]) -> Ref:
            keys = values.set_key(members)
            found = (kind, values.short(json.dumps(keys)))
            self.record.name(found, ", ".join(names.get(key, key) for key in keys), self.rank)
            return found

        return _timeline(self.record, kind, steps, ref)

    def _present_of(self, key: str) -> Any:
        """The present value of a field that has another id at every site: sprint and flag."""
        field_id = self.custom_ids.get(key)
        if field_id:
            return self.fields.get(field_id, UNKNOWN)
        for name, value in self.fields.items():
            if name.startswith("customfield_") and isinstance(value, list) and value and _looks_like(key, value[0]):
                return value
        return UNKNOWN

    def _put_custom(self, key: str) -> None:
        present = self.fields.get(key, UNKNOWN)
        texts = [str(item.get(part) or "") for *_, item in self.entries.get(key, []) for part in ("from", "to")]
        is_text = isinstance(present, str)  # which may begin with a bracket
        if isinstance(present, list) or (not is_text and any(text.startswith("[") for text in texts)):
            self._put_set(key, key, present, backwards=False)
        elif key in self.entries or not (isinstance(present, Unknown) or present is None):
            self._put(key, self._single(key, key))


def _is_renamed(entries: list[_Entry]) -> bool:
    """Whether a change leaves a status under another name than the one before entered it under.

    One id under two names is a rename or a new use of an old id, and a history alone cannot tell (docs/semantics.md 5).
    """
    names = [(item.get("fromString"), item.get("toString")) for *_, item in entries]
    return any(entered != left for (_, entered), (left, _) in itertools.pairwise(names) if entered and left)


T = TypeVar("T")


def _timeline(record: IssueRecord, kind: str, steps: Steps[T], ref: Callable[[T], Ref]) -> TimelineRecord:
    """The steps with values of the store's dictionary; the unknown value is a value of its own there."""
    unknown = (kind, "")
    if UNKNOWN in steps.value:
        record.name(unknown, "Unknown", FROM_PRESENT)
    found = [unknown if isinstance(part, Unknown) else part if part is None else ref(part) for part in steps.value]
    return TimelineRecord(steps.at_ms, found, steps.author, steps.flags)


def _histories(key: str, issue: dict[str, Any]) -> list[dict[str, Any]]:
    changelog = issue.get("changelog")
    if changelog is None:
        return []
    if not isinstance(changelog, dict):
        raise Refused(f"{key}.changelog", f"{values.shown(changelog)} is not a changelog")
    return values.objects(changelog.get("histories"), f"{key}.changelog.histories")


def key_of(kind: str, value: Any) -> str | None:
    """The id of a present value of that kind."""
    return values.user_key(value) if kind == "user" else values.key_of(value)


def user_of(record: IssueRecord, user: Any, rank: int) -> str | None:
    """The id of an account, whose name the record learns."""
    key = values.user_key(user)
    if key and record.lacks(("user", key), rank):
        record.name(("user", key), values.name_of(user), rank)
    return key


def _looks_like(key: str, member: Any) -> bool:
    if key == "sprint":
        is_text = isinstance(member, str) and "greenhopper" in member
        return is_text or (isinstance(member, dict) and "state" in member and "name" in member)
    return isinstance(member, dict) and member.get("value") == "Impediment"
