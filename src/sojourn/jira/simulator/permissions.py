"""Who may see what in a simulated Jira, as administrators are told: schemes, levels, and what others may browse."""

from collections.abc import Iterable
from typing import Any

from sojourn.jira.simulator.asking import Asked, Reply, Wrong, page, reply
from sojourn.jira.simulator.site import Account

_ROLE = {"type": "projectRole", "parameter": "10002", "value": "10002"}
_MOST = 1_000


def scheme(asked: Asked) -> Reply:
    """The permission scheme of a project: Browse is held by a role, and by what `Site.browse_holders` names."""
    _need_administrator(asked.account)
    if asked.place not in asked.site.projects:
        raise Wrong(404, f"No project could be found with id or key '{asked.place}'.")
    told = [{"permission": "BROWSE_PROJECTS", "holder": _ROLE}, {"permission": "EDIT_ISSUES", "holder": _ROLE}]
    told += [{"permission": "BROWSE_PROJECTS", "holder": one} for one in _held(asked.site.browse_holders, asked.place)]
    permissions = [{"id": number, **one} for number, one in enumerate(told, 10_000)]
    return reply({"id": 10_000, "name": "Simulated", "permissions": permissions}, 2)


def level_members(asked: Asked) -> Reply:
    """Who is in the security levels: a role, and what `Site.level_holders` names."""
    _need_administrator(asked.account)
    levels = sorted({entry.level for item in asked.site.items.values() if (entry := item.entry()).level})
    every = [(level, holder) for level in levels for holder in (_ROLE, *_held(asked.site.level_holders, level))]
    values = [
        {"id": str(number), "issueSecurityLevelId": level, "issueSecuritySchemeId": "10000", "holder": holder}
        for number, (level, holder) in enumerate(every, 10_000)
    ]
    answer = page(asked, values, "values", 100)
    return reply({**answer, "isLast": answer["startAt"] + answer["maxResults"] >= answer["total"]}, len(values))


def check(asked: Asked) -> Reply:
    """What an account, or else the caller, may do with work items; those that are not there are left out."""
    key = asked.body.get("accountId")
    if key not in (None, asked.account.key):
        _need_administrator(asked.account)
    who = next((one for one in asked.site.accounts if one.key == (key or asked.account.key)), None)
    told = []
    for wanted in asked.body.get("projectPermissions") or ():
        issues = wanted.get("issues") or []
        if len(issues) > _MOST:
            raise Wrong(400, "A maximum of 1000 issues can be checked.")
        found = [asked.site.items.get(str(one)) for one in issues]
        browsed = [int(one.id) for one in found if one and who and asked.site.lets(who, one)]
        for permission in wanted["permissions"]:
            is_held = permission == "BROWSE_PROJECTS" or (who is not None and permission in who.permissions)
            told.append({"permission": permission, "issues": browsed if is_held else [], "projects": []})
    return reply({"globalPermissions": [], "projectPermissions": told}, 2)


def _held(holders: dict[str, set[str]], place: str) -> Iterable[dict[str, Any]]:
    for holder in sorted(holders.get(place, ())):
        is_field = holder.startswith("customfield_")
        yield {"type": "userCustomField", "parameter": holder, "value": holder} if is_field else {"type": holder}


def _need_administrator(account: Account) -> None:
    if "ADMINISTER" not in account.permissions:
        raise Wrong(403, "You do not have permission to administer Jira.")
