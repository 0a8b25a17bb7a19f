"""What the fields of a work item hold now: their types, the values of those that choose among values, and its links."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sojourn.core.instants import utc_text
from sojourn.history.record import FROM_PRESENT, FieldType, IssueRecord, LinkRecord
from sojourn.jira import values

_APART = {
    *("summary", "project", "issuetype", "status", "assignee", "reporter", "priority", "resolution"),
    *("created", "updated", "resolutiondate", "duedate", "parent", "issuelinks", "subtasks", "statusCategory"),
    *("description", "environment", "comment", "worklog", "attachment", "votes", "watches"),
    *("progress", "aggregateprogress", "timetracking"),
}
"""Fields that have a column of their own, or are read elsewhere, or do not choose among values."""

_SYSTEM: dict[str, tuple[FieldType, str]] = {
    "labels": ("label", "Labels"),
    "components": ("component", "Components"),
    "fixVersions": ("version", "Fix versions"),
    "versions": ("version", "Affects versions"),
    "creator": ("user", "Creator"),
    "security": ("option", "Security level"),
}
_UNREADABLE = ("?", "Unreadable", "")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"(19|[2-8]\d)\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")


def read(issue: dict[str, Any], record: IssueRecord) -> None:
    """Put the types of the fields, their present values and the links of a payload on the record."""
    fields, names = issue["fields"], issue.get("names")
    names = names if isinstance(names, dict) else {}
    rank = FROM_PRESENT + (record.updated_ms or record.created_ms)
    for key, value in fields.items():
        if key in _APART or value in (None, [], ""):
            continue
        members = value if isinstance(value, list) else [value]
        kind = _SYSTEM[key][0] if key in _SYSTEM else _type_of(members[0], is_list=isinstance(value, list))
        if kind == "instant":
            record.fields[key] = utc_text(values.instant_ms(value, f"{record.key}.fields.{key}"))
        record.field_types[key] = kind
        record.field_names.setdefault(key, values.field_name(names.get(key)) or _SYSTEM.get(key, ("", key))[1])
        if kind == "text" and key.startswith("customfield_"):
            record.texts[key] = [value]
        if kind in ("number", "date", "instant", "text", "other"):  # they stand in `fields`
            continue
        dictionary = key if kind == "option" else kind
        found = [one for one in (_member(kind, member) for member in members) if one]
        # A level that cannot be read is one all the same: without any, the work item would be shown to more people.
        found = found or ([_UNREADABLE] if key == "security" else [])
        for part, name, category in found:
            ref = (dictionary, part)
            record.name(ref, name, rank, category)
            record.values.append((key, ref))
    record.links.extend(_links(fields))


def _type_of(value: Any, *, is_list: bool) -> FieldType:
    """What kind of value that is, where nothing but the value tells."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    if isinstance(value, str):
        if is_list:
            return "sprint_member" if values.sprint_in(value) else "label"
        if _is_instant(value):
            return "instant"
        return "date" if _DATE.fullmatch(value) else "text"
    if not isinstance(value, dict) or values.key_of(value) is None:
        return "other"
    if "accountId" in value or ("displayName" in value and "value" not in value):
        return "user"
    if "released" in value:
        return "version"
    return "sprint_member" if {"state", "name", "id"} <= value.keys() else "option"


def _is_instant(text: str) -> bool:
    try:
        return _INSTANT.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def _member(kind: FieldType, value: Any) -> tuple[str, str, str] | None:
    """Id, name and category of one value."""
    sprint = values.sprint_in(value) if isinstance(value, str) else None
    if sprint:
        return sprint
    key = values.user_key(value) if kind == "user" else values.key_of(value)
    return None if key is None else (key, values.name_of(value), values.category_of(value))


def _links(fields: dict[str, Any]) -> Iterator[LinkRecord]:
    parent = fields.get("parent")
    if isinstance(parent, dict) and parent.get("key"):
        yield LinkRecord("parent", "parent", "child", values.short(str(parent["key"])))
    links = fields.get("issuelinks")
    for link in links if isinstance(links, list) else []:
        if not isinstance(link, dict) or not isinstance(link.get("type"), dict):
            continue
        name, outward, inward = (str(link["type"].get(part) or "") for part in ("name", "outward", "inward"))
        for side, description, reverse in (("outwardIssue", outward, inward), ("inwardIssue", inward, outward)):
            other = link.get(side)
            if isinstance(other, dict) and other.get("key"):
                yield LinkRecord(name[:255], description[:255], reverse[:255], str(other["key"])[:255])
