"""What Jira says of who holds a permission, as far as it is another one for each work item, and what it answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sojourn.jira.request import objects

OWN = ("assignee", "reporter")
"""What holds a permission, or is in a security level, for each work item another; beside them fields by their id."""

PORTAL = "sd.customer.portal.only"
"""What customers hold: Jira may say that they see work items which they see in the portal only, if at all."""

UNKNOWN = "?"
_ALIKE = frozenset({"anyone", "applicationRole", "group", "projectLead", "projectRole", "user"})


@dataclass(frozen=True, slots=True)
class Permits:
    """Of work items by id: those that are there, those an account may browse, those it serves as an agent."""

    there: set[str] = field(default_factory=set)
    browsed: set[str] = field(default_factory=set)
    served: set[str] = field(default_factory=set)

    def add(self, other: "Permits") -> None:
        """Take in what was said of others."""
        self.there.update(other.there)
        self.browsed.update(other.browsed)
        self.served.update(other.served)


def holders(grants: Iterable[Mapping[str, Any]]) -> list[str]:
    """What of those that hold something holds it for some work items only: OWN, ids of fields, PORTAL, or UNKNOWN."""
    found = set()
    for grant in grants:
        told = grant.get("holder")
        holder = told if isinstance(told, dict) else {}
        kind = holder.get("type")
        if kind in ("userCustomField", "groupCustomField"):
            found.add(str(holder.get("value") or holder.get("parameter") or UNKNOWN))
        elif kind not in _ALIKE:
            found.add(str(kind) if kind in (*OWN, PORTAL) else UNKNOWN)
    return sorted(found)


def browse_holders(scheme: Any) -> list[str]:
    """`holders` of Browse, by a permission scheme."""
    grants = objects(scheme, "permissions")
    return holders(grant for grant in grants if grant.get("permission") in ("BROWSE_PROJECTS", "BROWSE"))
