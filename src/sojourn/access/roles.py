"""Who may do what: roles, and areas of permission beyond them, of users and of groups."""

from typing import Literal, get_args

from django.utils import timezone

from sojourn.access.standing import AnyAccount, Standing, standing

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


def areas(account: AnyAccount | None) -> frozenset[Area]:
    """The areas in which an account may act; None is the operator, who may in all, nobody who is disabled in any."""
    if account is None:
        return frozenset(AREAS)
    return of(account, standing(account, timezone.now()))


def of(account: AnyAccount, kept: Standing) -> frozenset[Area]:
    """The same, of what is kept of the account."""
    if account.is_active and getattr(account, "is_superuser", False):
        return frozenset(AREAS)
    own: set[Area] = {area for area in AREAS if area in kept.names}
    return frozenset(own.union(*(given for role, given in ROLES.items() if role in kept.names)))


def may(account: AnyAccount | None, area: Area) -> bool:
    """Whether an account may act in an area."""
    return area in areas(account)


def is_administrator(account: AnyAccount) -> bool:
    """Whether an account administers: it may do everything, and sees all of sites that were imported."""
    return may(account, "administration")
