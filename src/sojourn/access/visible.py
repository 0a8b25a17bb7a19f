"""Which work items an account may see: one condition, put before anything is counted (docs/semantics.md 33)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from sojourn.access import roles
from sojourn.access.models import Grant, JiraAccount
from sojourn.history.models import IssueValue, Site, Value
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
    found = NOTHING
    if roles.is_administrator(account):
        connected = list(Site.objects.exclude(connection=None).values_list("pk", flat=True))
        if not connected:
            return EVERYTHING
        found = ~Q(site__in=connected)
    grants = roles.of(account, Grant.objects.all()).filter(Q(ends_at=None) | Q(ends_at__gt=now))
    own = dict(JiraAccount.objects.filter(user=account.pk).values_list("site", "key"))
    return _any_of(found, grants, own)


def fingerprint(account: AbstractBaseUser, now: datetime) -> str:
    """What tells whether an account may still see the same, as long as the work items stay as they are."""
    grants = roles.of(account, Grant.objects.all()).filter(Q(ends_at=None) | Q(ends_at__gt=now))
    numbers = sorted(grants.values_list("pk", flat=True))
    own = sorted(JiraAccount.objects.filter(user=account.pk).values_list("site", "key"))
    connected = sorted(Site.objects.exclude(connection=None).values_list("pk", flat=True))
    return repr((account.is_active, roles.is_administrator(account), numbers, own, connected))


def _any_of(found: Q, grants: Iterable[Grant], own: dict[int, str]) -> Q:
    """What is found already, and what the grants give; those that differ in the place only are one condition."""
    together: dict[tuple[bool, int | None, str, int], list[Grant]] = defaultdict(list)
    for grant in grants:
        together[grant.every_level, grant.level_id, grant.whose, grant.site_id if grant.whose else 0].append(grant)
    for (every_level, level, whose, site), same in together.items():
        part = _places(same)
        if whose:
            part &= _is_own(whose, site, own.get(site))
        if not every_level:
            part &= owners(IssueValue.objects.filter(value=level)) if level else ~_has_level(same)
        found |= part
    return found


def _places(grants: Iterable[Grant]) -> Q:
    sites = {grant.site_id for grant in grants if grant.project_id is None}
    projects = {grant.project_id for grant in grants if grant.project_id is not None and grant.site_id not in sites}
    within = Q(site__in=sorted(sites)) if sites else Q()
    return within | Q(project__in=sorted(projects)) if projects else within


def _is_own(whose: str, site: int, key: str | None) -> Q:
    """Work items of which the account is the reporter or the assignee; none where nobody knows who it is in Jira."""
    person = Value.objects.filter(site=site, kind="user", key=key).values_list("pk", flat=True).first() if key else None
    return Q(**{whose: person}) if person else NOTHING


def _has_level(grants: Iterable[Grant]) -> Q:
    """Work items with a security level, at the sites of the grants."""
    levels = Value.objects.filter(site__in={grant.site_id for grant in grants}, kind="security")
    return owners(IssueValue.objects.filter(value__in=levels))
