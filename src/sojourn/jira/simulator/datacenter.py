"""The Data Center face of a simulated Jira: REST v2, as far as `jira/datacenter.py` asks for it.

The site keeps what Cloud would tell, and this face tells it as Data Center does: people by key, changes without field
ids, sprints as texts.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sojourn.jira.simulator import permissions
from sojourn.jira.simulator.asking import Asked, Handler, Reply, Wrong, chosen, page, reply
from sojourn.jira.simulator.cloud import fields_of, permissions_of, server_info
from sojourn.jira.simulator.index import BadJql, read
from sojourn.jira.simulator.site import Account, Item

_MOST = 1_000
INLINE_HISTORIES = 100
"""Histories that come with a work item; some servers give all, some fewer."""
_PERMISSIONS = ("BROWSE_PROJECTS", "USER_PICKER", "ADMINISTER", "CREATE_ISSUES")


def user_key(account: str) -> str:
    """The key that Data Center has for an account id of Cloud."""
    return f"JIRAUSER{int.from_bytes(account.encode()[-6:], 'big') % 10**8:08}"


def translated(value: Any) -> Any:
    """A value as Data Center tells it."""
    if isinstance(value, list):
        return [_sprint(part) if _is_sprint(part) else translated(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "accountId" in value:
        key = user_key(value["accountId"])
        return {"name": key.lower(), "key": key, "displayName": value.get("displayName", ""), "active": True}
    return {name: translated(part) for name, part in value.items()}


def _is_sprint(value: Any) -> bool:
    return isinstance(value, dict) and "boardId" in value and "state" in value


def _sprint(sprint: dict[str, Any]) -> str:
    told = ("id", sprint["id"]), ("rapidViewId", sprint["boardId"]), ("state", sprint["state"].upper())
    dates = ("startDate", sprint.get("startDate", "<null>")), ("endDate", sprint.get("endDate", "<null>"))
    inside = ",".join(f"{name}={value}" for name, value in (*told, ("name", sprint["name"]), *dates))
    return f"com.atlassian.greenhopper.service.sprint.Sprint@1a2b3c[{inside}]"


def _history(history: dict[str, Any]) -> dict[str, Any]:
    items = []
    for item in history["items"]:
        told = {name: value for name, value in item.items() if name != "fieldId"}
        if item["field"] in ("assignee", "reporter"):
            told |= {side: user_key(told[side]) for side in ("from", "to") if told.get(side)}
        items.append(told)
    return {**history, "author": translated(history.get("author")), "items": items}


def _histories(item: Item) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] | None = item.cache.get("histories")
    if found is None:
        found = item.cache["histories"] = [_history(one) for one in item.histories]
    return found


def _whole(item: Item, fields: tuple[str, ...], *, has_changelog: bool, inline: int) -> bytes:
    key = (fields, has_changelog, inline)
    found: bytes | None = item.cache.get(key)
    if found is None:
        comments = {"comments": item.comments, "maxResults": len(item.comments), "total": len(item.comments)}
        kept = translated(chosen(list(fields), {**item.fields, "comment": {**comments, "startAt": 0}}))
        told = {"id": item.id, "key": item.key, "fields": kept}
        if has_changelog:
            histories = _histories(item)[:inline]
            told["changelog"] = {"startAt": 0, "maxResults": inline, "total": len(item.histories)}
            told["changelog"]["histories"] = histories
        found = item.cache[key] = orjson.dumps(told)
    return found


def _search(asked: Asked) -> Reply:
    site = asked.site
    try:
        query = read(str(asked.body.get("jql", "")), ZoneInfo(asked.account.zone))
    except BadJql as error:
        raise Wrong(400, str(error)) from None
    site.index.catch_up(site.clock.now_ms)
    entries = site.index.search(query, asked.account.sees)
    start, most = asked.number("startAt", 0), min(asked.number("maxResults", 50), _MOST)
    has_changelog = "changelog" in (asked.body.get("expand") or [])
    fields = tuple(asked.body.get("fields") or ["*navigable"])
    found = [item for entry in entries[start : start + most] if (item := site.items.get(str(entry.id)))]
    parts = [_whole(item, fields, has_changelog=has_changelog, inline=INLINE_HISTORIES) for item in found]
    head = f'{{"startAt":{start},"maxResults":{most},"total":{len(entries)},"issues":['.encode()
    return Reply(head + b",".join(parts) + b"]}", len(parts))


def _issue(asked: Asked) -> Reply:
    has_changelog = "changelog" in asked.query.get("expand", "")
    fields = tuple(asked.query.get("fields", "*all").split(","))
    item = asked.item()
    return Reply(_whole(item, fields, has_changelog=has_changelog, inline=len(item.histories)), 1)


def _comments(asked: Asked) -> Reply:
    return reply(page(asked, translated(asked.item().comments), "comments", _MOST), 1)


def _users(asked: Asked) -> Reply:
    if "USER_PICKER" not in asked.account.permissions:
        raise Wrong(403, "You do not have permission to browse users.")
    return reply(page(asked, translated(list(asked.site.users.values())), "values", _MOST)["values"])


def _projects(asked: Asked) -> Reply:
    seen = asked.account.projects
    return reply([one for key, one in asked.site.projects.items() if seen is None or key in seen])


def _myself(asked: Asked) -> Reply:
    who, key = asked.account, user_key(asked.account.key)
    told = {"key": key, "name": key.lower(), "displayName": who.name, "emailAddress": who.email, "active": True}
    return reply({**told, "timeZone": who.zone})


def _accounts(asked: Asked) -> list[tuple[Account, dict[str, Any]]]:
    told = [(one, user_key(one.key)) for one in asked.site.accounts]
    return [(one, {"key": key, "name": key.lower(), "displayName": one.name, "active": True}) for one, key in told]


def _user(asked: Asked) -> Reply:
    found = [told for _, told in _accounts(asked) if told["key"] == asked.query.get("key")]
    if not found:
        raise Wrong(404, "The user named by the key does not exist.")
    return reply(found[0])


def _who_may_browse(asked: Asked) -> Reply:
    """The people whose name begins so and who may browse a work item."""
    item = asked.site.find(asked.query.get("issueKey", ""))
    if item is None:
        raise Wrong(404, "Issue does not exist or you do not have permission to see it.")
    name = asked.query.get("username", "")
    found = [told for one, told in _accounts(asked) if told["name"].startswith(name) and asked.site.lets(one, item)]
    return reply(page(asked, found, "values", _MOST)["values"])


ROUTES: Mapping[str, Handler] = {
    "POST /rest/api/2/search": _search,
    "GET /rest/api/2/issue/{issueIdOrKey}": _issue,
    "GET /rest/api/2/issue/{issueIdOrKey}/comment": _comments,
    "GET /rest/api/2/status": lambda asked: reply(list(asked.site.statuses.values())),
    "GET /rest/api/2/priority": lambda asked: reply(list(asked.site.priorities.values())),
    "GET /rest/api/2/project": _projects,
    "GET /rest/api/2/user/search": _users,
    "GET /rest/api/2/field": lambda asked: reply(fields_of(asked)),
    "GET /rest/api/2/serverInfo": lambda asked: reply(server_info(asked, "Server")),
    "GET /rest/api/2/myself": _myself,
    "GET /rest/api/2/user": _user,
    "GET /rest/api/2/user/viewissue/search": _who_may_browse,
    "GET /rest/api/2/project/{projectKeyOrId}/permissionscheme": permissions.scheme,
    "GET /rest/api/2/mypermissions": lambda asked: reply(permissions_of(asked, list(_PERMISSIONS))),
}
