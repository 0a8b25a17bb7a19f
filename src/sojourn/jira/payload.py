"""Jira's JSON of one work item, read into a record of the store. Nothing else knows that JSON."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, TypeVar

import orjson

from sojourn.core.changes import UNKNOWN, Change, Membership, Steps, Unknown, set_steps, step_function
from sojourn.core.flags import Flag
from sojourn.errors import Refused
from sojourn.history.record import FROM_PRESENT, IssueRecord, Label, ProjectRecord, Ref, TimelineRecord
from sojourn.jira import values

_SINGLE = {
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

_COLUMNS = ("status", "assignee", "reporter", "priority", "issuetype", "resolution")
_SYSTEM_NAMES = {**{key: key for key in _SINGLE}, "Key": "key", "Fix Version": "fixVersions"}
_CUSTOM_NAMES = {"Sprint": "sprint", "Flagged": "flagged"}
_FIELD_NAMES = {
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
_TEXTS = {"description", "environment", "comment", "worklog", "attachment"}
"""Fields that are long texts or lists of them: kept out of `fields`, and out of the payload unless texts are kept."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One item of one history, with what the history says of it."""

    at_ms: int
    order: tuple[int, int]
    author: str | None
    item: dict[str, Any]


class Reader:
    """Reads payloads for one store: which custom fields are tracked, and whether texts are kept."""

    def __init__(self, custom_fields: Iterable[str] = (), *, keep_texts: bool = False) -> None:
        self._custom_fields = tuple(custom_fields)
        self._keep_texts = keep_texts
        self._salt = json.dumps([1, sorted(self._custom_fields), keep_texts]).encode()

    def read(self, issue: dict[str, Any]) -> IssueRecord:
        """The record of one work item, `GET /issue` with its changelog.

        Raises Refused, naming the place, where the payload lacks what a history needs: id, key, fields, their
        `created`, and the instants of its changes.
        """
        key = str(issue.get("key") or issue.get("id") or "?")
        fields = issue.get("fields")
        if not isinstance(fields, dict) or not fields:
            raise Refused(key, "has no `fields`; export the work item with its fields and expand=changelog")
        if issue.get("id") in (None, "") or not issue.get("key"):
            raise Refused(key, "has no `id` or no `key`")
        if not fields.get("status"):
            raise Refused(f"{key}.fields.status", "is missing; export the work item with its status")
        record = self._record(issue, fields)
        _Histories(self._custom_fields, issue, record).read()
        _read_comments(fields, record)
        return record

    def _record(self, issue: dict[str, Any], fields: dict[str, Any]) -> IssueRecord:
        key = str(issue["key"])
        payload = orjson.dumps(issue if self._keep_texts else _without_texts(issue), option=orjson.OPT_SORT_KEYS)
        updated, resolved = fields.get("updated"), fields.get("resolutiondate")
        record = IssueRecord(
            jira_id=str(issue["id"]),
            key=key,
            project=_project(key, fields.get("project")),
            summary=str(fields.get("summary") or ""),
            created_ms=values.instant_ms(fields.get("created"), f"{key}.fields.created"),
            updated_ms=values.instant_ms(updated, f"{key}.fields.updated") if updated else None,
            resolved_ms=values.instant_ms(resolved, f"{key}.fields.resolutiondate") if resolved else None,
            due=_date(fields.get("duedate"), f"{key}.fields.duedate"),
            present={},
            fields={name: values.plain(value) for name, value in fields.items() if _is_short(name, value)},
            payload=payload,
            digest=blake2b(self._salt + payload, digest_size=16).digest(),
            flags=_completeness(issue.get("changelog")),
        )
        record.present = {name: _present(record, fields, name) for name in _COLUMNS}
        return record


class _Histories:
    """The histories of one work item, read into the timelines of its record."""

    def __init__(self, custom_fields: tuple[str, ...], issue: dict[str, Any], record: IssueRecord) -> None:
        self.record = record
        self.fields: dict[str, Any] = issue["fields"]
        self.custom_fields = custom_fields
        self.names: dict[str, str] = issue.get("names") or {}
        self.creator = _user(record, self.fields.get("creator"), self._rank())
        self.entries: dict[str, list[_Entry]] = {}
        self.custom_ids: dict[str, str] = {}
        changelog = issue.get("changelog") or {}
        for history in changelog.get("histories") or []:
            self._take(history)

    def _rank(self) -> int:
        return FROM_PRESENT + (self.record.updated_ms or self.record.created_ms)

    def _take(self, history: dict[str, Any]) -> None:
        at_ms = values.instant_ms(history.get("created"), f"{self.record.key}.changelog.{history.get('id')}.created")
        history_id = str(history.get("id", ""))
        number = int(history_id) if history_id.isdigit() else 0
        wanted = [(place, self._tracked(item), item) for place, item in enumerate(history.get("items") or [])]
        if not any(key for _, key, _ in wanted):
            return
        author = _user(self.record, history.get("author"), at_ms)
        for place, key, item in wanted:
            if key:
                self.entries.setdefault(key, []).append(_Entry(at_ms, (number, place), author, item))

    def _tracked(self, item: dict[str, Any]) -> str | None:
        """The tracked field a change item is about, or None."""
        name, field_id = item.get("field") or "", item.get("fieldId")
        if item.get("fieldtype") != "custom":
            return _SYSTEM_NAMES.get(name)
        for custom in self.custom_fields:
            if field_id == custom or (not field_id and self.names.get(custom) == name):
                return custom
        key = _CUSTOM_NAMES.get(name)
        if key and field_id:
            self.custom_ids[key] = field_id
        return key

    def read(self) -> None:
        """Put the timeline of every tracked field on the record."""
        for key, kind in _SINGLE.items():
            if key in self.entries or (key not in _COLUMNS and key in self.fields):
                self._put(key, self._single(key, kind))
        if "key" in self.entries:
            self._put("key", self._single("key", "key", self.record.key))
        self._put_set("fixVersions", "version", self.fields.get("fixVersions", UNKNOWN), backwards=True)
        for key in _CUSTOM_NAMES.values():
            self._put_set(key, key, self._present_of(key), backwards=False)
        for custom in self.custom_fields:
            self._put_custom(custom)

    def _put(self, key: str, steps: TimelineRecord) -> None:
        if len(steps.value) == 1 and steps.value[0] is None and not steps.flags:
            return  # always empty: there is nothing to tell
        if len(steps.value) == 1 and not steps.flags and key in _COLUMNS:
            return  # never changed: the present value stands on the work item
        self.record.timelines[key] = steps
        self.record.field_names[key] = self.names.get(key) or _FIELD_NAMES.get(key, key)

    def _single(self, key: str, kind: str, present: Any = UNKNOWN) -> TimelineRecord:
        value = self.fields.get(key, present)
        now: str | Unknown | None = value if isinstance(value, Unknown) else _key(kind, value)
        if isinstance(now, str):
            self._name(kind, now, values.name_of(value), self._rank())
        changes = []
        for entry in self.entries.get(key, []):
            before, after = values.side(entry.item, "from"), values.side(entry.item, "to")
            if kind == "status":  # a work item is never without a status
                before, after = (UNKNOWN if part is None else part for part in (before, after))
            for part, name in ((before, "fromString"), (after, "toString")):
                if isinstance(part, str):
                    self._name(kind, part, str(entry.item.get(name) or part), entry.at_ms)
            changes.append(Change(entry.at_ms, entry.order, entry.author, before, after))
        steps = step_function(self.record.created_ms, now, changes, self.creator)
        if kind == "status" and _is_renamed(self.entries.get(key, [])):
            steps.flags |= Flag.HISTORY_GAP
        return _timeline(self.record, kind, steps, lambda part: Ref(kind, part))

    def _put_set(self, key: str, kind: str, present: Any, *, backwards: bool) -> None:
        if key not in self.entries and (isinstance(present, Unknown) or not present):
            return
        names = {} if isinstance(present, Unknown) else values.members(present)
        now: frozenset[str] | Unknown = UNKNOWN if isinstance(present, Unknown) else frozenset(names)
        sides = []
        for entry in self.entries.get(key, []):
            before = values.set_side(entry.item.get("from"), entry.item.get("fromString"))
            after = values.set_side(entry.item.get("to"), entry.item.get("toString"))
            names = {**before, **after, **names}
            sides.append((entry, frozenset(before), frozenset(after)))
        created_ms = self.record.created_ms
        if backwards:
            moves = [Membership(e.at_ms, e.order, e.author, before, after) for e, before, after in sides]
            steps = set_steps(created_ms, now, moves, self.creator)
        else:
            changes = [Change(e.at_ms, e.order, e.author, before or None, after or None) for e, before, after in sides]
            steps = step_function(created_ms, now or None, changes, self.creator)
        self._put(key, self._set_refs(kind, steps, names))

    def _set_refs(self, kind: str, steps: Steps[frozenset[str]], names: dict[str, str]) -> TimelineRecord:
        def ref(members: frozenset[str]) -> Ref:
            keys = values.set_key(members)
            found = Ref(kind, json.dumps(keys))
            self.record.name(found, Label(", ".join(names.get(key, key) for key in keys), self._rank()))
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
        texts = [str(entry.item.get(part) or "") for entry in self.entries.get(key, []) for part in ("from", "to")]
        if isinstance(present, list) or any(text.startswith("[") for text in texts):
            self._put_set(key, key, present, backwards=False)
        elif key in self.entries or not (isinstance(present, Unknown) or present is None):
            self._put(key, self._single(key, key))

    def _name(self, kind: str, key: str, name: str, rank: int) -> None:
        self.record.name(Ref(kind, key), Label(name, rank))


def _is_renamed(entries: list[_Entry]) -> bool:
    """Whether a change leaves a status under another name than the one before entered it under.

    One id under two names is a rename or a new use of an old id, and a history alone cannot tell (docs/semantics.md 5).
    """
    ordered = sorted(entries, key=lambda entry: (entry.at_ms, entry.order))
    names = [(entry.item.get("fromString"), entry.item.get("toString")) for entry in ordered]
    return any(entered != left for (_, entered), (left, _) in itertools.pairwise(names) if entered and left)


T = TypeVar("T")


def _timeline(record: IssueRecord, kind: str, steps: Steps[T], ref: Callable[[T], Ref]) -> TimelineRecord:
    """The steps with values of the store's dictionary; the unknown value is a value of its own there."""
    unknown = Ref(kind, "")
    if any(isinstance(part, Unknown) for part in steps.value):
        record.name(unknown, Label("Unknown", FROM_PRESENT))
    found = [unknown if isinstance(part, Unknown) else part if part is None else ref(part) for part in steps.value]
    return TimelineRecord(steps.at_ms, found, steps.author, steps.flags)


def _key(kind: str, value: Any) -> str | None:
    return values.user_key(value) if kind == "user" else values.key_of(value)


def _user(record: IssueRecord, user: Any, rank: int) -> str | None:
    key = values.user_key(user)
    if key:
        record.name(Ref("user", key), Label(values.name_of(user), rank))
    return key


def _present(record: IssueRecord, fields: dict[str, Any], name: str) -> Ref | None:
    value = fields.get(name)
    key = _key(_SINGLE[name], value)
    if key is None:
        return None
    ref = Ref(_SINGLE[name], key)
    rank = FROM_PRESENT + (record.updated_ms or record.created_ms)
    record.name(ref, Label(values.name_of(value), rank, values.category_of(value)))
    return ref


def _project(key: str, project: Any) -> ProjectRecord:
    prefix = key.rpartition("-")[0] or key
    if not isinstance(project, dict):
        return ProjectRecord(prefix, prefix, prefix)
    project_key = str(project.get("key") or prefix)
    return ProjectRecord(str(project.get("id") or project_key), project_key, str(project.get("name") or project_key))


def _date(value: Any, path: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refused(path, f"{value!r} is not a date; write it as 2024-01-31") from None


def _completeness(changelog: Any) -> Flag:
    """Whether the source gave the whole changelog: a missing one is known to be incomplete (docs/semantics.md 5)."""
    if not isinstance(changelog, dict):
        return Flag.HISTORY_INCOMPLETE
    return Flag.HISTORY_INCOMPLETE if len(changelog.get("histories") or []) < (changelog.get("total") or 0) else Flag(0)


def _looks_like(key: str, member: Any) -> bool:
    if key == "sprint":
        is_text = isinstance(member, str) and "greenhopper" in member
        return is_text or (isinstance(member, dict) and "state" in member and "name" in member)
    return isinstance(member, dict) and member.get("value") == "Impediment"


def _is_short(name: str, value: Any) -> bool:
    return name not in _TEXTS and value not in (None, [], "")


def _without_texts(issue: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in issue["fields"].items() if name not in _TEXTS}
    kept = {"id": issue["id"], "key": issue["key"], "fields": fields}
    comments = list(_comments(issue["fields"]))
    if comments:
        kept["comments"] = [{part: comment.get(part) for part in _COMMENT_PARTS} for comment in comments]
    changelog = issue.get("changelog")
    if isinstance(changelog, dict):
        histories = [_history_without_texts(history) for history in changelog.get("histories") or []]
        kept["changelog"] = {**changelog, "histories": histories}
    return kept


_COMMENT_PARTS = ("id", "author", "created", "jsdPublic")


def _history_without_texts(history: dict[str, Any]) -> dict[str, Any]:
    items = [item for item in history.get("items") or [] if str(item.get("field")).lower() not in _LONG_ITEMS]
    return {**history, "items": items}


_LONG_ITEMS = {"description", "environment", "comment"}


def _comments(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    comment = fields.get("comment")
    yield from (comment.get("comments") or [] if isinstance(comment, dict) else [])


def _read_comments(fields: dict[str, Any], record: IssueRecord) -> None:
    """Comments as events: instant, author, and `public` or `internal` as the value."""
    found = []
    for comment in _comments(fields):
        at_ms = values.instant_ms(comment.get("created"), f"{record.key}.comment.{comment.get('id')}.created")
        kind = "internal" if comment.get("jsdPublic") is False else "public"
        found.append((at_ms, str(comment.get("id", "")), kind, _user(record, comment.get("author"), at_ms)))
    if not found:
        return
    found.sort(key=lambda event: (event[0], len(event[1]), event[1]))
    refs = [Ref("comment", kind) for _, _, kind, _ in found]
    for ref in refs:
        record.name(ref, Label(ref.key, FROM_PRESENT))
    total = (fields["comment"].get("total") or 0) if isinstance(fields.get("comment"), dict) else 0
    flags = Flag.HISTORY_INCOMPLETE if total > len(found) else Flag(0)
    at_ms_list, authors = [event[0] for event in found], [event[3] for event in found]
    record.timelines["comment"] = TimelineRecord(at_ms_list, list(refs), authors, flags)
    record.field_names["comment"] = _FIELD_NAMES["comment"]
