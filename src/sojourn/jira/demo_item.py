"""One work item of the demo: its present values and the record of every change made to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sojourn.jira.demo_workflows import (
    DAY_MS,
    RENAMED_DAYS_AGO,
    SITE_ZONE,
    Project,
    Ref,
    Status,
    account,
    status_json,
)

FLAG: Final = {"id": "10019", "value": "Impediment"}
Change = tuple[str, Any, Any]  # field, old value, new value


@dataclass
class Key:
    """The key an item bears from `at` on; its number is dealt when all items are known."""

    project: Project
    at: int
    number: int = 0

    def __str__(self) -> str:
        return f"{self.project.key}-{self.number}"


@dataclass
class History:
    """Changes made at one instant by one person."""

    at: int
    author: str
    changes: list[Change]
    id: int = 0


@dataclass
class Comment:
    """A comment; on a service desk it is public or internal."""

    at: int
    author: str
    body: str
    public: bool
    id: int = 0


@dataclass
class Sprint:
    """A sprint of the software team, `[start, end)`."""

    id: int
    start: int
    end: int

    @property
    def name(self) -> str:
        """The name on the board."""
        return f"APP Sprint {self.id}"

    def json(self, now: int) -> dict[str, Any]:
        """Return the sprint as in the payload, in its state at `now`."""
        state = "closed" if self.end <= now else "active" if self.start <= now else "future"
        dates = {"startDate": zulu(self.start), "endDate": zulu(self.end)}
        done = {"completeDate": zulu(self.end)} if state == "closed" else {}
        return {"id": self.id, "name": self.name, "state": state, "boardId": 4} | dates | done


@dataclass
class Item:
    """A work item while its life is told; `now` is the end of the story."""

    number: int
    created: int
    now: int
    values: dict[str, Any]
    summary: str
    reporter: str
    histories: list[History] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    resolved: int | None = None

    @property
    def project(self) -> Project:
        """The project in which it is now."""
        project: Project = self.values["project"]
        return project

    @property
    def status(self) -> Status:
        """Its status now."""
        status: Status = self.values["status"]
        return status

    def change(self, at: int, author: str, *changes: tuple[str, Any]) -> None:
        """Record one history of `(field, new value)`; what changes nothing is left out."""
        recorded: list[Change] = []
        for name, new in changes:
            old = self.values[name]
            if old != new:
                recorded.append((name, old, new))
                self.values[name] = new
                if name == "resolution":
                    self.resolved = at if new else None
        if recorded:
            self.histories.append(History(at, author, recorded))

    def say(self, at: int, author: str, body: str, *, public: bool = True) -> None:
        """Record a comment."""
        self.comments.append(Comment(at, author, body, public))

    @property
    def last_touched(self) -> int:
        """The instant of the last change or comment, or else of creation."""
        changed = [history.at for history in self.histories[-1:]]
        commented = [comment.at for comment in self.comments[-1:]]
        return max([self.created, *changed, *commented])

    def payload(self) -> dict[str, Any]:
        """Return the issue as Jira's REST API gives it, with `changelog` expanded."""
        histories = [self._history(one) for one in self.histories]
        total = len(histories)
        changelog = {"startAt": 0, "maxResults": total, "total": total, "histories": histories}
        return {
            "id": str(self.number),
            "key": str(self.values["key"]),
            "fields": self._fields(),
            "changelog": changelog,
        }

    def _history(self, history: History) -> dict[str, Any]:
        renamed = history.at >= self.now - RENAMED_DAYS_AGO * DAY_MS
        items = [_change_item(change, renamed=renamed) for change in history.changes]
        author = account(history.author)
        return {"id": str(history.id), "author": author, "created": stamp(history.at), "items": items}

    def _fields(self) -> dict[str, Any]:
        now = self.values
        comments = [_comment(one) for one in self.comments]
        return {
            "summary": self.summary,
            "status": status_json(self.status),
            "issuetype": now["issuetype"].json() | {"subtask": False},
            "priority": now["priority"].json(),
            "project": self.project.json() | {"key": self.project.key},
            "assignee": account(now["assignee"]) if now["assignee"] else None,
            "reporter": account(self.reporter),
            "creator": account(self.reporter),
            "resolution": now["resolution"].json() if now["resolution"] else None,
            "created": stamp(self.created),
            "updated": stamp(self.last_touched),
            "resolutiondate": stamp(self.resolved) if self.resolved is not None else None,
            "duedate": now["duedate"],
            "labels": list(now["labels"]),
            "fixVersions": [one.json() for one in now["fixVersions"]],
            "components": [one.json() for one in now["components"]],
            "security": None,
            "customfield_10016": now["points"],
            "customfield_10020": [one.json(self.now) for one in now["sprint"]] or None,
            "customfield_10021": [FLAG] if now["flagged"] else None,
            "comment": {
                "comments": comments,
                "startAt": 0,
                "maxResults": len(comments),
                "total": len(comments),
            },
        }


def _comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": str(comment.id),
        "author": account(comment.author),
        "body": comment.body,
        "created": stamp(comment.at),
        "updated": stamp(comment.at),
        "jsdPublic": comment.public,
    }


# --- changes as the changelog writes them: the raw value (an id) and what it was called --------------------

Sides = tuple[str | None, str | None]


def _ref(value: Ref | None) -> Sides:
    return (value.id, value.name) if value else (None, None)


def _person(value: str | None) -> Sides:
    return (account(value)["accountId"], value) if value else (None, None)


def _due(value: str | None) -> Sides:
    return (value, f"{value} 00:00:00.0") if value else (None, None)


def _labels(value: Iterable[str]) -> Sides:
    return "", " ".join(value)


def _sprints(value: Iterable[Sprint]) -> Sides:
    sprints = list(value)
    return ", ".join(str(one.id) for one in sprints), ", ".join(one.name for one in sprints)


def _points(value: float | None) -> Sides:
    return None, None if value is None else f"{value:g}"


def _flag(value: bool) -> Sides:
    return (f"[{FLAG['id']}]", FLAG["value"]) if value else ("", "")


def _key(value: Key) -> Sides:
    return None, str(value)


_WRITERS: Final[dict[str, tuple[str, str, str, Callable[[Any], Sides]]]] = {
    "status": ("status", "jira", "status", _ref),
    "assignee": ("assignee", "jira", "assignee", _person),
    "priority": ("priority", "jira", "priority", _ref),
    "issuetype": ("issuetype", "jira", "issuetype", _ref),
    "resolution": ("resolution", "jira", "resolution", _ref),
    "project": ("project", "jira", "project", _ref),
    "key": ("Key", "jira", "issuekey", _key),
    "duedate": ("duedate", "jira", "duedate", _due),
    "labels": ("labels", "jira", "labels", _labels),
    "fixVersions": ("Fix Version", "jira", "fixVersions", _ref),
    "components": ("Component", "jira", "components", _ref),
    "points": ("Story Points", "custom", "customfield_10016", _points),
    "sprint": ("Sprint", "custom", "customfield_10020", _sprints),
    "flagged": ("Flagged", "custom", "customfield_10021", _flag),
}


def _change_item(change: Change, *, renamed: bool) -> dict[str, Any]:
    name, old, new = change
    shown, fieldtype, field_id, write = _WRITERS[name]
    if name in ("fixVersions", "components"):  # Jira records each addition or removal by itself
        old = next((one for one in old if one not in new), None)
        new = next((one for one in new if one not in change[1]), None)
    (raw_from, from_string), (raw_to, to_string) = write(old), write(new)
    if name == "status" and not renamed:
        from_string, to_string = old.former or old.name, new.former or new.name
    return {
        "field": shown,
        "fieldtype": fieldtype,
        "fieldId": field_id,
        "from": raw_from,
        "fromString": from_string,
        "to": raw_to,
        "toString": to_string,
    }


def stamp(ms: int) -> str:
    """Return an instant as Jira writes it, such as `2026-01-02T03:04:05.678+0100`."""
    local = datetime.fromtimestamp(ms // 1000, SITE_ZONE)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}{local:%z}"


def zulu(ms: int) -> str:
    """Return an instant as Jira's boards write it, such as `2026-01-02T03:04:05.678Z`."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"
