"""Jira's JSON of one work item, read into a record of the store. Nothing else knows that JSON."""

import json
from collections.abc import Iterable
from datetime import date
from hashlib import blake2b
from typing import Any

import orjson

from sojourn.core.flags import Flag
from sojourn.errors import Refused
from sojourn.history.record import FROM_PRESENT, IssueRecord, Label, ProjectRecord, Ref, TimelineRecord
from sojourn.jira import present, texts, values
from sojourn.jira.histories import COLUMNS, FIELD_NAMES, SINGLE, Histories, key_of, user_of

_TEXTS = {"description", "environment", "comment", "worklog", "attachment"}
"""Fields that are long texts or lists of them: kept out of `fields`, and out of the payload unless texts are kept."""

_LONG_ITEMS = ("description", "environment", "Comment", "comment")
_COMMENT_PARTS = ("id", "author", "created", "jsdPublic")
_LONGEST = 255
"""What the store holds of an id, a key or the name of a project."""


class Reader:
    """Reads payloads for one store: which custom fields are tracked, and whether texts are kept."""

    def __init__(self, custom_fields: Iterable[str] = (), *, keep_texts: bool = False) -> None:
        self._custom_fields = tuple(custom_fields)
        self._keep_texts = keep_texts
        self._salt = json.dumps([2, sorted(self._custom_fields), keep_texts]).encode()

    def read(self, issue: dict[str, Any], labels: dict[Ref, Label] | None = None) -> IssueRecord:
        """The record of one work item, `GET /issue` with its changelog; several may share their `labels`.

        Raises Refused, naming the place, where the payload lacks what a history needs: id, key, fields, their
        `created`, and the instants of its changes; and where it has something else than Jira has at that place.
        """
        key = _identity(issue)
        try:
            payload = self._payload(key, issue)
            if payload is None:  # something in it cannot be stored
                issue = values.storable(issue, key)
                payload = orjson.dumps(self._kept(_identity(issue), issue), option=orjson.OPT_SORT_KEYS)
            record = self._record(key, issue, payload, {} if labels is None else labels)
            Histories(self._custom_fields, issue, record).read()
            _read_comments(issue["fields"], record)
            present.read(issue, record)
            if self._keep_texts:
                record.texts.update(_texts(key, issue["fields"]))
        except (RecursionError, orjson.JSONEncodeError):
            raise Refused(key, "is nested too deeply") from None
        return record

    def _payload(self, key: str, issue: dict[str, Any]) -> bytes | None:
        """What is kept of the source's own words, or None where a database cannot hold them."""
        kept = self._kept(key, issue)
        try:
            payload = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            return None
        return None if b"\\u0000" in payload else payload

    def _kept(self, key: str, issue: dict[str, Any]) -> dict[str, Any]:
        return issue if self._keep_texts else _without_texts(key, issue)

    def _record(self, key: str, issue: dict[str, Any], payload: bytes, labels: dict[Ref, Label]) -> IssueRecord:
        fields = issue["fields"]
        updated, resolved = fields.get("updated"), fields.get("resolutiondate")
        record = IssueRecord(
            jira_id=str(issue["id"]),
            key=str(issue["key"]),
            project=_project(key, fields.get("project")),
            summary=str(fields.get("summary") or ""),
            created_ms=values.instant_ms(fields.get("created"), f"{key}.fields.created"),
            updated_ms=values.instant_ms(updated, f"{key}.fields.updated") if updated else None,
            resolved_ms=values.instant_ms(resolved, f"{key}.fields.resolutiondate") if resolved else None,
            due=_date(fields.get("duedate"), f"{key}.fields.duedate"),
            present={},
            fields={
                name: values.plain(value)
                for name, value in fields.items()
                if (value or value not in (None, [], "")) and name not in _TEXTS
            },
            payload=payload,
            digest=blake2b(self._salt + payload, digest_size=16).digest(),
            flags=_completeness(issue.get("changelog")),
            labels=labels,
        )
        record.present = {name: _present(record, fields, name) for name in COLUMNS}
        return record


def _identity(issue: dict[str, Any]) -> str:
    """The key of a work item that has all that every work item has; raises Refused, naming what it lacks."""
    jira_id, key, fields = issue.get("id"), issue.get("key"), issue.get("fields")
    name = values.shown(key or jira_id or "?").strip("'\"")
    for part, text in (("id", jira_id), ("key", key)):
        if text in (None, ""):
            raise Refused(name, f"has no `{part}`")
        if not isinstance(text, str | int) or len(str(text)) > _LONGEST:
            raise Refused(f"{name}.{part}", f"{values.shown(text)} is not an id of at most {_LONGEST} characters")
    if not isinstance(fields, dict) or not fields:
        raise Refused(name, "has no `fields`; export the work item with its fields and expand=changelog")
    status = fields.get("status")
    if not status:
        raise Refused(f"{name}.fields.status", "is missing; export the work item with its status")
    if not isinstance(status, dict | str) or values.key_of(status) is None:
        raise Refused(f"{name}.fields.status", f"{values.shown(status)} is not a status")
    return name


def _present(record: IssueRecord, fields: dict[str, Any], name: str) -> Ref | None:
    value = fields.get(name)
    key = key_of(SINGLE[name], value)
    if key is None:
        return None
    ref = (SINGLE[name], key)
    rank = FROM_PRESENT + (record.updated_ms or record.created_ms)
    record.name(ref, values.name_of(value), rank, values.category_of(value))
    return ref


def _project(key: str, project: Any) -> ProjectRecord:
    prefix = key.rpartition("-")[0] or key
    if not isinstance(project, dict):
        return ProjectRecord(prefix, prefix, prefix)
    project_key = str(project.get("key") or prefix)
    jira_id, name = str(project.get("id") or project_key), str(project.get("name") or project_key)
    for part, text in (("id", jira_id), ("key", project_key)):
        if len(text) > _LONGEST:
            raise Refused(f"{key}.fields.project.{part}", f"is longer than {_LONGEST} characters")
    category, lead = values.name_of(project.get("projectCategory")), values.user_key(project.get("lead")) or ""
    return ProjectRecord(jira_id, project_key, name[:_LONGEST], category[:_LONGEST], lead[:_LONGEST])


def _date(value: Any, path: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refused(path, f"{values.shown(value)} is not a date; write it as 2024-01-31") from None


def _completeness(changelog: Any) -> Flag:
    """Whether the source gave the whole changelog: a missing one is known to be incomplete (docs/semantics.md 5)."""
    if not isinstance(changelog, dict):
        return Flag.HISTORY_INCOMPLETE
    if changelog.get("isLast") is False:
        return Flag.HISTORY_INCOMPLETE
    histories = changelog.get("histories")
    return _cut_short(len(histories) if isinstance(histories, list) else 0, changelog.get("total"))


def _cut_short(given: int, total: Any) -> Flag:
    is_cut = isinstance(total, int) and given < total
    return Flag.HISTORY_INCOMPLETE if is_cut else Flag(0)


def _without_texts(key: str, issue: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in issue["fields"].items() if name not in _TEXTS}
    kept = {"id": issue["id"], "key": issue["key"], "fields": fields}
    comments = _comments(key, issue["fields"])
    if comments:
        kept["comments"] = [{part: comment.get(part) for part in _COMMENT_PARTS} for comment in comments]
    changelog = issue.get("changelog")
    if isinstance(changelog, dict):
        path = f"{key}.changelog.histories"
        histories = [
            _history_without_texts(history, f"{path}[{place}]")
            for place, history in enumerate(values.objects(changelog.get("histories"), path))
        ]
        kept["changelog"] = {**changelog, "histories": histories}
    return kept


def _history_without_texts(history: dict[str, Any], path: str) -> dict[str, Any]:
    items = values.objects(history.get("items"), f"{path}.items")
    kept = [item for item in items if item.get("field") not in _LONG_ITEMS or item.get("fieldtype") == "custom"]
    return history if len(kept) == len(items) else {**history, "items": kept}


def _comments(key: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    comment = fields.get("comment")
    if not comment:
        return []
    if not isinstance(comment, dict):
        raise Refused(f"{key}.fields.comment", f"{values.shown(comment)} is not a page of comments")
    return values.objects(comment.get("comments"), f"{key}.fields.comment.comments")


def _texts(key: str, fields: dict[str, Any]) -> dict[str, list[str]]:
    """The long texts of a work item as they are searched, each comment for itself."""
    found = {name: [texts.plain(fields[name])] for name in ("description", "environment") if fields.get(name)}
    comments = [texts.plain(comment.get("body")) for comment in _comments(key, fields)]
    return found | ({"comment": comments} if comments else {})


def _read_comments(fields: dict[str, Any], record: IssueRecord) -> None:
    """Comments as events: instant, author, and `public` or `internal` as the value."""
    found = []
    for comment in _comments(record.key, fields):
        at_ms = values.instant_ms(comment.get("created"), f"{record.key}.comment.{comment.get('id')}.created")
        kind = "internal" if comment.get("jsdPublic") is False else "public"
        found.append((at_ms, str(comment.get("id", "")), kind, user_of(record, comment.get("author"), at_ms)))
    if not found:
        return
    found.sort(key=lambda event: (event[0], len(event[1]), event[1]))
    refs = [("comment", kind) for _, _, kind, _ in found]
    for ref in refs:
        record.name(ref, ref[1], FROM_PRESENT)
    flags = _cut_short(len(found), fields["comment"].get("total"))
    at_ms_list, authors = [event[0] for event in found], [event[3] for event in found]
    record.timelines["comment"] = TimelineRecord(at_ms_list, list(refs), authors, flags)
    record.field_names["comment"] = FIELD_NAMES["comment"]
