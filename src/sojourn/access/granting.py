"""Giving and taking: roles and areas, groups, Jira accounts, and grants to see work items, all by name."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet

from sojourn.access.models import Grant, JiraAccount, Right
from sojourn.access.roles import AREAS, ROLES
from sojourn.errors import Refused, UserError
from sojourn.history.models import Project, Site, Value

_WHOSE = (Grant.REPORTER, Grant.ASSIGNEE)


@dataclass(frozen=True, slots=True)
class Place:
    """What a grant is about, as people name it: see `models.Grant`."""

    site: str
    project: str = ""
    level: str = ""
    every_level: bool = False
    whose: str = ""


def grant(holder: str, place: Place, now: datetime, by: str, lifetime: timedelta | None = None) -> Grant:
    """Let a user, or each member of `group:NAME`, see work items, for a time or until it is taken back.

    Raises Refused where a name is not known, or level and every level are both asked for.
    """
    site = _one(Site.objects.all(), "site", name=place.site)
    if place.level and place.every_level:
        raise Refused("level", "is one of every level; name one, or ask for every level")
    if place.whose and place.whose not in _WHOSE:
        raise Refused("whose", f"{place.whose!r} is not one of {', '.join(_WHOSE)}")
    return Grant.objects.create(
        **_holder(holder),
        site=site,
        project=_one(Project.objects.filter(site=site), "project", key=place.project) if place.project else None,
        level=_level(site, place.level) if place.level else None,
        every_level=place.every_level,
        whose=place.whose,
        made_at=now,
        made_by=by,
        ends_at=None if lifetime is None else now + lifetime,
    )


def listed() -> QuerySet[Grant]:
    """All grants, also those that have ended, the oldest first."""
    return Grant.objects.select_related("user", "group", "site", "project", "level").order_by("pk")


def take_back(number: int) -> None:
    """Take a grant back, by its number; raises UserError where there is none."""
    if not Grant.objects.filter(pk=number).delete()[0]:
        raise UserError(f"There is no grant {number}. `sojourn access list` shows them.")


def give(holder: str, name: str) -> None:
    """Give a user or a group a role or an area; of roles it has one at a time. Raises Refused for what is neither."""
    if name not in ROLES and name not in AREAS:
        raise Refused("role", f"{name!r} is none; there are the roles {', '.join(ROLES)}, the areas {', '.join(AREAS)}")
    whose = _holder(holder)
    with transaction.atomic():
        Right.objects.filter(**whose, name__in=ROLES if name in ROLES else [name]).delete()
        Right.objects.create(**whose, name=name)


def take(holder: str, name: str) -> None:
    """Take a role or an area away; raises UserError where there is none of that name."""
    if not Right.objects.filter(**_holder(holder), name=name).delete()[0]:
        raise UserError(f"{holder} has no {name!r}. `sojourn access list` shows who has what.")


def rights() -> QuerySet[Right]:
    """All roles and areas that were given."""
    return Right.objects.select_related("user", "group").order_by("user__username", "group__name", "name")


def link(user_name: str, site_name: str, key: str) -> None:
    """Say who a user is in the Jira of a site; raises Refused where user, site or account are not known."""
    site = _one(Site.objects.all(), "site", name=site_name)
    if not Value.objects.filter(site=site, kind="user", key=key).exists():
        raise Refused("account", f"no account of {site_name} that is known has the id {key!r:.60}")
    values = {"user": user(user_name), "site": site}
    JiraAccount.objects.update_or_create(**values, defaults={"key": key})


def link_proven(account: Any, key: str) -> None:
    """Say who an account is at each connected Jira Cloud, by an id that Atlassian vouches for; links by hand stay."""
    for site in Site.objects.filter(connection__kind="cloud"):
        JiraAccount.objects.get_or_create(user=account, site=site, defaults={"key": key})


def links() -> QuerySet[JiraAccount]:
    """Who is who in Jira."""
    return JiraAccount.objects.select_related("user", "site").order_by("user__username", "site__name")


def join(group_name: str, user_name: str) -> None:
    """Put a user into a group, which is made where there is none of that name."""
    if not 0 < len(group_name) <= 150:
        raise Refused("group", "is no name; write one of up to 150 characters")
    group, _ = Group.objects.get_or_create(name=group_name)
    user(user_name).groups.add(group)


def leave(group_name: str, user_name: str) -> None:
    """Take a user out of a group; raises Refused where there is no such group."""
    user(user_name).groups.remove(_one(Group.objects.all(), "group", name=group_name))


def _holder(text: str) -> dict[str, Any]:
    """A user by name, or with `group:` before it a group."""
    kind, colon, name = text.partition(":")
    if kind == "group" and colon:
        return {"user": None, "group": _one(Group.objects.all(), "group", name=name)}
    return {"user": user(text), "group": None}


def user(name: str) -> Any:
    """The user of a name; raises Refused where there is none."""
    found = get_user_model().objects.filter(username=name).first()
    if found is None:
        raise Refused("user", f"there is no user {name!r}; add one with `sojourn user add`")
    return found


def _level(site: Site, name: str) -> Value:
    levels = Value.objects.filter(site=site, kind="security")
    found = list(levels.filter(name=name)) or list(levels.filter(key=name))
    if len(found) > 1:
        ids = ", ".join(sorted(one.key for one in found))
        raise Refused("level", f"several security levels are called {name!r}; give the id of one: {ids}")
    return found[0] if found else _one(levels, "level", name=name)


def _one(rows: QuerySet[Any], word: str, **wanted: str) -> Any:
    """The row of a name; raises Refused, telling which there are."""
    ((column, name),) = wanted.items()
    found = rows.filter(**wanted).first()
    if found is None:
        there = ", ".join(sorted(set(rows.values_list(column, flat=True)))[:20]) or "none yet"
        raise Refused(word, f"there is no {word} {name!r:.60}; there are: {there}")
    return found
