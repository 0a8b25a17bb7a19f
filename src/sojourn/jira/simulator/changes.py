"""What a team does to a simulated Jira. Each change stands in the changelog, and is dated by the site's clock.

Whatever is not a change of a work item in Jira either, such as the new name of a status, leaves no trace in changelogs.
"""

from typing import Any

from sojourn.errors import Refused
from sojourn.jira import values
from sojourn.jira.simulator.site import Account, Item, Site

_NAMES = {"project": "project", "Key": "issuekey", "Fix Version": "fixVersions"}


def create(site: Site, payload: dict[str, Any]) -> Item:
    """A new work item, created now; `payload` has its project, status and what else it shall have at once."""
    with site.turn:
        project = payload["fields"]["project"]
        now = site.stamp()
        given = {"summary": "", "creator": None, "issuetype": {"id": "10002", "name": "Task"}}
        fields = {**given, **payload["fields"], "created": now, "updated": now}
        key = f"{project['key']}-{site.last_number[project['key']] + 1}"
        item = site.add({"id": site.fresh_id(), "key": key, "fields": fields})
        site.index.remove(int(item.id))
        site.touched(item, item.id)
        site.tell("jira:issue_created", item, issue_event_type_name="issue_created")
        return item


def edit(site: Site, issue: str, field: str, value: Any, by: str = "") -> None:
    """A new value of a field, as `fields` of a payload holds it."""
    with site.turn:
        item = _item(site, issue)
        before = item.fields.get(field)
        item.fields[field] = value
        _record(site, item, [_change(site, field, before, value)], by)


def transition(site: Site, issue: str, status: str, resolution: dict[str, Any] | None = None, by: str = "") -> None:
    """Another status, by its id, and with it a resolution or none."""
    with site.turn:
        item = _item(site, issue)
        was, had = item.fields["status"], item.fields.get("resolution")
        item.fields["status"] = site.statuses[status]
        changes = [_change(site, "status", was, site.statuses[status])]
        if had != resolution:
            item.fields["resolution"] = resolution
            item.fields["resolutiondate"] = site.stamp() if resolution else None
            changes.append(_change(site, "resolution", had, resolution))
        _record(site, item, changes, by)


def move(site: Site, issue: str, project: str, status: str = "", by: str = "") -> None:
    """Into another project, by its id: another key, perhaps another status, and the same id. The old key leads here."""
    with site.turn:
        item = _item(site, issue)
        was, to = item.fields["project"], site.projects[project]
        site.last_number[to["key"]] += 1
        key = f"{to['key']}-{site.last_number[to['key']]}"
        changes = [_change(site, "project", was, to), _change(site, "Key", item.key, key)]
        if status:
            changes.append(_change(site, "status", item.fields["status"], site.statuses[status]))
            item.fields["status"] = site.statuses[status]
        item.fields["project"], item.key = to, key
        site.keys[key] = item.id
        _record(site, item, changes, by)


def comment(site: Site, issue: str, body: str, by: str = "") -> None:
    """One more comment."""
    with site.turn:
        item = _item(site, issue)
        now = site.stamp()
        told = {"id": site.fresh_id(), "author": _author(site, by), "body": body, "created": now, "updated": now}
        item.comments.append({**told, "jsdPublic": True})
        item.fields["updated"] = now
        site.touched(item, item.id)
        address = f"http://jira.example.com/rest/api/2/issue/{item.id}/comment/{told['id']}"
        site.tell("comment_created", item, comment={"self": address, **told})


def delete(site: Site, issue: str) -> None:
    """A work item that is no more."""
    with site.turn:
        item = _item(site, issue)
        del site.items[item.id]
        site.touched(None, item.id)
        site.tell("jira:issue_deleted", item)


def rename_status(site: Site, status: str, name: str) -> None:
    """Another name of a status; changelogs keep the old one."""
    with site.turn:
        site.statuses[status] = {**site.statuses[status], "name": name}
        for item in site.items.values():
            if str(item.fields["status"]["id"]) == status:
                item.fields["status"] = site.statuses[status]
                item.cache.clear()


def delete_status(site: Site, status: str, instead: str) -> None:
    """A status that is no more; its work items go into another one, each with an entry in its changelog."""
    with site.turn:
        for item in list(site.items.values()):
            if str(item.fields["status"]["id"]) == status:
                transition(site, item.id, instead, item.fields.get("resolution"))
        del site.statuses[status]


def protect(site: Site, issue: str, level: str) -> None:
    """A security level, by its id; an empty one is none."""
    edit(site, issue, "security", {"id": level, "name": f"Level {level}"} if level else None)


def allow(site: Site, account: int, projects: list[str] | None, levels: list[str] | None = None) -> None:
    """Which projects and security levels an account sees, by id; None is all."""
    with site.turn:
        found = site.accounts[account]
        found.projects = None if projects is None else set(projects)
        found.levels = None if levels is None else set(levels)


def hold(site: Site, holders: list[str], project: str = "", level: str = "") -> None:
    """What holds Browse in a project, or is in a level, beside who may: `reporter`, `assignee`, ids of fields."""
    with site.turn:
        (site.browse_holders if project else site.level_holders)[project or level] = set(holders)


def revoke(site: Site, account: int) -> None:
    """The end of an account's credentials."""
    with site.turn:
        site.accounts[account].is_revoked = True


def add_account(site: Site, account: Account) -> None:
    """One more account."""
    with site.turn:
        site.accounts.append(account)


def _item(site: Site, issue: str) -> Item:
    item = site.find(issue)
    if item is None:
        raise Refused("issue", f"{issue!r} does not exist")
    return item


def _author(site: Site, by: str) -> dict[str, Any]:
    return site.users.get(by) or next(iter(site.users.values()), {"accountId": "unknown", "displayName": "Unknown"})


def _record(site: Site, item: Item, changes: list[dict[str, Any]], by: str) -> None:
    now = site.stamp()
    history = {"id": site.fresh_id(), "author": _author(site, by), "created": now, "items": changes}
    item.histories.append(history)
    item.fields["updated"] = now
    site.touched(item, item.id)
    told = {"changelog": {"id": history["id"], "items": changes}, "issue_event_type_name": "issue_generic"}
    site.tell("jira:issue_updated", item, user=history["author"], **told)


def _change(site: Site, field: str, before: Any, after: Any) -> dict[str, Any]:
    is_custom = field.startswith("customfield_")
    sides = {"from": _id(before), "fromString": _name(before), "to": _id(after), "toString": _name(after)}
    shown = site.custom_fields.get(field, field)
    return {
        "field": shown,
        "fieldtype": "custom" if is_custom else "jira",
        "fieldId": field if is_custom else _NAMES.get(field, field),
        **sides,
    }


def _id(value: Any) -> str | None:
    """The raw value of a change: the id of what has one."""
    if isinstance(value, list):
        return ", ".join(str(values.key_of(part)) for part in value)
    return values.key_of(value) if isinstance(value, dict) else None


def _name(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(values.name_of(part) for part in value)
    return values.name_of(value) if isinstance(value, dict) else None if value is None else str(value)
