"""The Cloud face of a simulated Jira: REST v3, as far as `jira/cloud.py` asks for it."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sojourn.jira.simulator import permissions
from sojourn.jira.simulator.asking import Asked, Handler, Reply, Wrong, chosen, page, reply
from sojourn.jira.simulator.index import BadJql, Entry, Query, read
from sojourn.jira.simulator.site import Item

_WEEK_MS = 7 * 86_400_000
_INLINE_COMMENTS = 20
_MOST_IDS, _MOST_ISSUES, _MOST_HISTORIES = 5_000, 100, 10_000


def _query(asked: Asked) -> Query:
    try:
        query = read(str(asked.body.get("jql", "")), ZoneInfo(asked.account.zone))
    except BadJql as error:
        raise Wrong(400, str(error)) from None
    if not query.is_bounded:
        raise Wrong(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return query


def _search(asked: Asked) -> Reply:
    query = _query(asked)
    fields = asked.body.get("fields") or ["id"]
    most = _MOST_IDS if fields == ["id"] else _MOST_ISSUES
    index = asked.site.index
    index.catch_up(asked.site.clock.now_ms, asked.body.get("reconcileIssues") or ())
    found = index.search(query, asked.account.sees, _token(asked))
    part = found[: min(asked.number("maxResults", 50), most)]
    answer: dict[str, Any] = {"issues": [_issue(asked, entry, fields) for entry in part]}
    answer["isLast"] = len(part) == len(found)
    if not answer["isLast"]:
        told = [asked.site.clock.now_ms, *query.place(part[-1])]
        answer["nextPageToken"] = base64.b64encode(orjson.dumps(told)).decode()
    return reply(answer, len(part))


def _token(asked: Asked) -> list[int] | None:
    text = asked.body.get("nextPageToken")
    if not text:
        return None
    try:
        made_ms, *place = orjson.loads(base64.b64decode(text))
    except (binascii.Error, ValueError):
        raise Wrong(400, "The provided next page token is invalid.") from None
    if asked.site.clock.now_ms - made_ms > _WEEK_MS:
        raise Wrong(400, "The provided next page token has expired.")
    return list(place)


def _issue(asked: Asked, entry: Entry, fields: list[str]) -> dict[str, Any]:
    issue = {"id": str(entry.id)}
    item = asked.site.items.get(issue["id"])
    if fields == ["id"] or item is None:
        return issue
    return {**issue, "key": item.key, "fields": chosen(fields, item.fields)}


def _count(asked: Asked) -> Reply:
    query, index = _query(asked), asked.site.index
    index.catch_up(asked.site.clock.now_ms)
    return reply({"count": index.count(query, asked.account.sees)})


def _items(asked: Asked, most: int) -> list[Item]:
    """The work items that are named and seen, each once."""
    names = asked.body.get("issueIdsOrKeys") or []
    if not 1 <= len(names) <= most:
        raise Wrong(400, f"issueIdsOrKeys must name 1 to {most} issues")
    found = {item.id: item for name in names if (item := asked.site.find(str(name)))}
    return [item for item in found.values() if asked.account.sees(item.entry())]


def _bulk(asked: Asked) -> Reply:
    items = _items(asked, _MOST_ISSUES)
    fields = tuple(asked.body.get("fields") or ["*navigable"])
    parts = [_whole(item, fields) for item in items]
    return Reply(b'{"issueErrors":[],"issues":[' + b",".join(parts) + b"]}", len(items))


def _whole(item: Item, fields: tuple[str, ...]) -> bytes:
    found: bytes | None = item.cache.get(fields)
    if found is None:
        comments = item.comments[:_INLINE_COMMENTS]
        told = {"comments": comments, "maxResults": len(comments), "total": len(item.comments), "startAt": 0}
        kept = chosen(list(fields), {**item.fields, "comment": told})
        found = item.cache[fields] = orjson.dumps({"id": item.id, "key": item.key, "fields": kept})
    return found


def _histories(asked: Asked) -> Reply:
    """Histories of many work items: each work item's in one stretch, by date; a page ends after so many of them."""
    items = _items(asked, 1_000)
    fields = set(asked.body.get("fieldIds") or ())
    if len(fields) > 10:
        raise Wrong(400, "fieldIds must name at most 10 fields")
    rows = [(item.id, part) for item in items for part in _dumped(item, fields)]
    start = int(asked.body.get("nextPageToken") or 0)
    end = start + min(asked.number("maxResults", 1_000), _MOST_HISTORIES)
    by_issue: dict[str, list[bytes]] = {}
    for issue, part in rows[start:end]:
        by_issue.setdefault(issue, []).append(part)
    parts = [
        b'{"issueId":"' + issue.encode() + b'","changeHistories":[' + b",".join(found) + b"]}"
        for issue, found in by_issue.items()
    ]
    token = f',"nextPageToken":"{end}"'.encode() if end < len(rows) else b""
    return Reply(b'{"issueChangeLogs":[' + b",".join(parts) + b"]" + token + b"}", len(items))


def _dumped(item: Item, fields: set[str]) -> list[bytes]:
    if fields:
        return [orjson.dumps(one) for one in _of_fields(item.histories, fields)]
    found: list[bytes] | None = item.cache.get("histories")
    if found is None:
        found = item.cache["histories"] = [orjson.dumps(one) for one in item.histories]
    return found


def _of_fields(histories: list[dict[str, Any]], fields: set[str]) -> list[dict[str, Any]]:
    kept = [{**one, "items": [part for part in one["items"] if part.get("fieldId") in fields]} for one in histories]
    return [one for one in kept if one["items"]]


def _comments(asked: Asked) -> Reply:
    item = asked.item()
    return reply(page(asked, item.comments, "comments", 100), 1)


def _statuses(asked: Asked) -> Reply:
    return reply(list(asked.site.statuses.values()))


def _priorities(asked: Asked) -> Reply:
    answer = page(asked, list(asked.site.priorities.values()), "values", 50)
    return reply({**answer, "isLast": answer["startAt"] + answer["maxResults"] >= answer["total"]})


def _projects(asked: Asked) -> Reply:
    seen = asked.account.projects
    found = [one for key, one in asked.site.projects.items() if seen is None or key in seen]
    answer = page(asked, found, "values", 50)
    return reply({**answer, "isLast": answer["startAt"] + answer["maxResults"] >= answer["total"]}, len(found))


def _users(asked: Asked) -> Reply:
    if "USER_PICKER" not in asked.account.permissions:
        raise Wrong(403, "You do not have permission to browse users.")
    found = page(asked, list(asked.site.users.values()), "values", 1_000)["values"]
    return reply(found, 2 * len(found))


def fields_of(asked: Asked) -> list[dict[str, Any]]:
    """Every field, as /field lists them."""
    system = ("summary", "status", "assignee", "priority", "created", "updated")
    rest = {"orderable": True, "navigable": True, "searchable": True}
    own = [{"id": name, "key": name, "name": name.title(), "custom": False, **rest} for name in system]
    custom = [{"id": key, "key": key, "name": name} for key, name in sorted(asked.site.custom_fields.items())]
    return own + [{**one, "custom": True, **rest} for one in custom]


def server_info(asked: Asked, deployment: str) -> dict[str, Any]:
    """What /serverInfo tells."""
    return {
        "baseUrl": "http://jira.example.com",
        "version": "1001.0.0" if deployment == "Cloud" else "9.12.0",
        "versionNumbers": [1001, 0, 0] if deployment == "Cloud" else [9, 12, 0],
        "deploymentType": deployment,
        "buildNumber": 100_000,
        "serverTime": asked.site.stamp_for(asked.account),
        "serverTitle": "Simulated Jira",
    }


def permissions_of(asked: Asked, keys: list[str]) -> dict[str, Any]:
    """What /mypermissions tells."""
    project, seen = asked.query.get("projectId"), asked.account.projects
    hidden = {"BROWSE_PROJECTS"} if project and seen is not None and project not in seen else set()
    have = asked.account.permissions - hidden
    told = {
        key: {"id": str(n), "key": key, "name": key.title(), "type": "GLOBAL", "havePermission": key in have}
        for n, key in enumerate(keys)
    }
    return {"permissions": told}


def _myself(asked: Asked) -> Reply:
    who = asked.account
    told = {"accountId": who.key, "displayName": who.name, "emailAddress": who.email, "active": True}
    return reply({**told, "accountType": "atlassian", "timeZone": who.zone}, 2)


def _permissions(asked: Asked) -> Reply:
    if not asked.query.get("permissions"):
        raise Wrong(400, "The permissions query parameter is required.")
    return reply(permissions_of(asked, asked.query["permissions"].split(",")), 2)


ROUTES: Mapping[str, Handler] = {
    "POST /rest/api/3/search/jql": _search,
    "POST /rest/api/3/search/approximate-count": _count,
    "POST /rest/api/3/issue/bulkfetch": _bulk,
    "POST /rest/api/3/changelog/bulkfetch": _histories,
    "GET /rest/api/3/issue/{issueIdOrKey}/comment": _comments,
    "GET /rest/api/3/status": _statuses,
    "GET /rest/api/3/priority/search": _priorities,
    "GET /rest/api/3/project/search": _projects,
    "GET /rest/api/3/users/search": _users,
    "GET /rest/api/3/field": lambda asked: reply(fields_of(asked)),
    "GET /rest/api/3/serverInfo": lambda asked: reply(server_info(asked, "Cloud")),
    "GET /rest/api/3/myself": _myself,
    "GET /rest/api/3/mypermissions": _permissions,
    "GET /rest/api/3/project/{projectKeyOrId}/permissionscheme": permissions.scheme,
    "GET /rest/api/3/issuesecurityschemes/level/member": permissions.level_members,
    "POST /rest/api/3/permissions/check": permissions.check,
}
