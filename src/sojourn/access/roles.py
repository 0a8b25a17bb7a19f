"""Who may do what: roles, and areas of permission beyond them, of users and of groups."""

from typing import Literal, TypeVar, get_args

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, Group
from django.db.models import Model, Q, QuerySet

from sojourn.access.models import Right

Role = Literal["viewer", "analyst", "sla-manager", "administrator"]
Area = Literal[
    "calendars", "slas", "notifiers", "reports", "recalculation", "issue-actions", "permissions", "administration"
]
AREAS: tuple[Area, ...] = get_args(Area)
_MANAGER: frozenset[Area] = frozenset({"calendars", "slas", "notifiers", "reports", "recalculation", "issue-actions"})
ROLES: dict[Role, frozenset[Area]] = {
    "viewer": frozenset(),
    "analyst": frozenset({"reports"}),
    "sla-manager": _MANAGER,
    "administrator": frozenset(AREAS),
}
"""The areas each role has. To see work items takes no area but a grant; whoever has no role is a viewer."""

AnyAccount = AbstractBaseUser | AnonymousUser
M = TypeVar("M", bound=Model)


def of(account: AnyAccount, rows: QuerySet[M]) -> QuerySet[M]:
    """Those of some rows that are an account's own, or of a group it is in."""
    return rows.filter(Q(user=account.pk) | Q(group__in=Group.objects.filter(user=account.pk).values("pk")))


def areas(account: AnyAccount | None) -> frozenset[Area]:
    """The areas in which an account may act; None is the operator, who may in all, nobody who is disabled in any."""
    if account is None or (account.is_active and getattr(account, "is_superuser", False)):
        return frozenset(AREAS)
    if not account.is_active or account.pk is None:
        return frozenset()
    names = set(of(account, Right.objects.all()).values_list("name", flat=True))
    own: set[Area] = {area for area in AREAS if area in names}
    return frozenset(own.union(*(given for role, given in ROLES.items() if role in names)))


def may(account: AnyAccount | None, area: Area) -> bool:
    """Whether an account may act in an area."""
    return area in areas(account)


def is_administrator(account: AnyAccount) -> bool:
    """Whether an account administers: it may do everything, and sees all of sites that were imported."""
    return may(account, "administration")
