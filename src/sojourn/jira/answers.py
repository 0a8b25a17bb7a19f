"""What the clients make of Jira's answers, the same for Cloud and for Data Center."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sojourn.jira import values
from sojourn.jira.failures import JiraFailure

IGNORED = ("description", "environment", "worklog", "attachment")
"""Fields that are long and kept only where texts are kept (`payload.Reader`)."""


@dataclass(frozen=True, slots=True)
class IdPage:
    """A page of work items by Jira's id, and how to ask for the next; None is the last page's."""

    ids: list[str]
    cursor: str | None


Told = tuple[Any, ...]
"""What Jira told of one work item, with its whole changelog and all comments: plain values, most of them JSON that is
not read yet. The `payload` of `Cloud` or `DataCenter` makes of it what `payload.Reader` reads."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of the work items that were asked for.

    `told` has what Jira told, by id. `unread` are those that Jira could not give, and why. `gone` are deleted, or the
    account may not see them any more. `asked` are all of them, in the order in which they were asked for.
    """

    told: dict[str, Told] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def add(self, other: "Batch") -> None:
        """Take in what became of others."""
        self.told.update(other.told)
        self.unread.update(other.unread)
        self.gone.extend(other.gone)
        self.asked.extend(other.asked)


@dataclass(frozen=True, slots=True)
class Came:
    """A work item as it came, and what did not come with it."""

    json: bytes
    lacks_comments: bool = False
    lacks_histories: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Whom Jira takes the caller for."""

    key: str
    name: str
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission of Jira, and what Sojourn cannot do without it."""

    key: str
    name: str
    needed_for: str
    is_needed: bool


PERMISSIONS = (
    Permission("BROWSE_PROJECTS", "Browse projects", "reading work items and their histories", is_needed=True),
    Permission("USER_PICKER", "Browse users and groups", "the list of users with their present names", is_needed=False),
    Permission(
        "ADMINISTER", "Administer Jira", "registering a webhook, and asking what people may see", is_needed=False
    ),
)


def missing(answer: Any) -> list[Permission]:
    """Those of PERMISSIONS that `mypermissions` says the account does not have."""
    found = answer.get("permissions") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise JiraFailure("Jira answers otherwise than described: mypermissions tells no permissions")
    return [one for one in PERMISSIONS if not (found.get(one.key) or {}).get("havePermission")]


def account(answer: Any) -> Account:
    """The account of `myself`; raises JiraFailure where its time zone is none that is known."""
    answer = answer if isinstance(answer, dict) else {}
    name = answer.get("timeZone") or "UTC"
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise JiraFailure(
            f"the account's time zone {values.shown(name)} is unknown; choose another one in Jira"
        ) from None
    return Account(str(values.user_key(answer) or ""), values.name_of(answer), zone)


def server_ms(answer: Any) -> int:
    """Jira's own clock, in ms UTC, from `serverInfo`."""
    told = answer.get("serverTime") if isinstance(answer, dict) else None
    return values.instant_ms(told, "serverInfo.serverTime")


def payload(
    issue: Mapping[str, Any],
    histories: list[dict[str, Any]],
    total: int | None,
    comments: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    """One work item in the shape that `payload.Reader` reads; `total` is how many histories there are, None unknown.

    `comments` are all there are, or None for those that came with it.

    It holds what Jira says of the work item and nothing of how it was asked, so that the same history, however it was
    fetched, is the same payload. A history may be later than `updated` by some milliseconds in real data, so none is
    left out for that; what changed while it was read will be read again by the next sweep.
    """
    fields = dict(issue["fields"])
    comments = comments_of(issue) if comments is None else comments
    if comments is not None:
        fields["comment"] = {"comments": comments, "total": len(comments)}
    once = {str(history.get("id")): history for history in histories}
    ordered = [once[key] for key in values.set_key(once)]
    told = {"id": issue["id"], "key": issue["key"], "fields": fields}
    if total is None:
        return told
    return {**told, "changelog": {"histories": ordered, "total": max(total, len(ordered))}}


def comments_of(issue: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The comments that came with a work item, None where none were told of."""
    told = issue["fields"].get("comment")
    if not isinstance(told, dict):
        return None
    return values.objects(told.get("comments"), f"{issue['key']}.fields.comment.comments")


def lacks_comments(issue: Mapping[str, Any]) -> bool:
    """Whether a work item has more comments than came with it."""
    told = issue["fields"].get("comment")
    came, total = (told.get("comments") or [], told.get("total")) if isinstance(told, dict) else ([], 0)
    return isinstance(came, list) and isinstance(total, int) and total > len(came)


def is_work_item(issue: Mapping[str, Any]) -> bool:
    """Whether an answer holds what a work item needs to be told apart."""
    return bool(issue.get("id") and issue.get("key")) and isinstance(issue.get("fields"), dict)
