"""Which work items an account may see: one condition, put before anything is counted (docs/semantics.md 33)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from sojourn.access import browsing, roles
from sojourn.access.standing import Granted, Standing, standing
from sojourn.history.models import IssueValue, Value
from sojourn.history.owners import owners
from sojourn.history.seen import EVERYTHING, NOTHING


def visible(account: AbstractBaseUser | AnonymousUser | None, now: datetime) -> Q:
    """The work items an account may see now, for `Issue.objects.filter`; None is the operator, who sees all.

    It is empty where that is everything there is (`history.seen`).
    """
    if account is None:
        return EVERYTHING
    if not account.is_active or account.pk is None:
        return NOTHING
    kept = _kept(account, now)
    return _sight(kept, administers="administration" in roles.of(account, kept))


def fingerprint(account: AbstractBaseUser, now: datetime) -> str:
    """What tells whether an account may still see the same, as long as the work items stay as they are."""
    kept = _kept(account, now)
    return repr((account.is_active, sorted(roles.of(account, kept)), kept.grants, kept.people, sorted(kept.connected)))


def _kept(account: AbstractBaseUser | AnonymousUser, now: datetime) -> Standing:
    """What is kept of an account, and what Jira said of it."""
    kept = standing(account, now)
    return kept._replace(grants=(*kept.grants, *browsing.grants(account, now))) if kept.linked else kept


@lru_cache(maxsize=1024)
def _sight(kept: Standing, *, administers: bool) -> Q:
    if administers and not kept.connected:
        return EVERYTHING
    found = ~Q(site__in=sorted(kept.connected)) if administers else NOTHING
    return _any_of(found, kept.grants, dict(kept.people))


def _any_of(found: Q, grants: Iterable[Granted], people: dict[int, int]) -> Q:
    """What is found already, and what the grants give; those that differ in the place only are one condition."""
    together: dict[tuple[bool, int | None, str, int], list[Granted]] = defaultdict(list)
    for grant in grants:
        together[grant.every_level, grant.level, grant.whose, grant.site if grant.whose else 0].append(grant)
    for (every_level, level, whose, site), same in together.items():
        part = _places(same)
        if whose:
            part &= _is_own(whose, people.get(site))
        if not every_level:
            part &= owners(IssueValue.objects.filter(value=level)) if level else ~_has_level(same)
        found |= part
    return found


def _places(grants: Iterable[Granted]) -> Q:
    sites = {grant.site for grant in grants if grant.project is None}
    projects = {grant.project for grant in grants if grant.project is not None and grant.site not in sites}
    within = Q(site__in=sorted(sites)) if sites else Q()
    return within | Q(project__in=sorted(projects)) if projects else within


def _is_own(whose: str, person: int | None) -> Q:
    """Work items of which the account is the reporter or the assignee; none where nobody knows who it is in Jira."""
    return Q(**{whose: person}) if person else NOTHING


def _has_level(grants: Iterable[Granted]) -> Q:
    """Work items with a security level, at the sites of the grants."""
    levels = Value.objects.filter(site__in={grant.site for grant in grants}, kind="security")
    return owners(IssueValue.objects.filter(value__in=levels))
