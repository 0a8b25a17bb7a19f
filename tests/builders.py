"""Small payloads: a Jira work item in one line."""

from typing import Any

from sojourn.jira.importer import Importer
from sojourn.jira.payload import Reader

STATUS_IDS = {"Open": "1", "In progress": "3", "Waiting": "4", "Done": "5"}
CATEGORIES = {"Open": "new", "In progress": "indeterminate", "Waiting": "indeterminate", "Done": "done"}


def status(name: str) -> dict[str, Any]:
    """A status as fields carry it."""
    return {"id": STATUS_IDS[name], "name": name, "statusCategory": {"key": CATEGORIES[name]}}


def change(at: str, field: str, before: str | None, after: str | None, number: int = 1, **more: Any) -> dict[str, Any]:
    """A history with one change; statuses get their ids."""
    ids = STATUS_IDS if field == "status" else {}
    sides = {"from": ids.get(before or "", before), "fromString": before}
    sides |= {"to": ids.get(after or "", after), "toString": after}
    item = {"field": field, "fieldtype": "jira", **sides, **more}
    return {"id": str(number), "created": at, "author": {"accountId": "ann", "displayName": "Ann"}, "items": [item]}


def issue(key: str = "ABC-1", now: str = "Open", *changes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A work item created on Monday 2024-01-01 09:00 UTC, with its changes numbered in the order given."""
    histories = [{**one, "id": str(place)} for place, one in enumerate(changes, 1)]
    project = {"id": "10", "key": key.partition("-")[0], "name": "A project"}
    base = {"summary": f"About {key}", "created": "2024-01-01T09:00:00.000+0000", "status": status(now)}
    jira_id = str(sum(ord(letter) * 31**place for place, letter in enumerate(key)) % 10**9)
    changelog = {"histories": histories, "total": len(histories)}
    return {"id": jira_id, "key": key, "fields": {**base, "project": project, **fields}, "changelog": changelog}


def store(*issues: dict[str, Any], site: str = "Test") -> None:
    """Import work items by the path real ones take."""
    outcome = Importer(Reader(), site=site).import_values("test", iter(issues))
    assert not outcome.problems, outcome.problems
