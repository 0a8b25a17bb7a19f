"""Whether what a policy names is there: calendars, statuses, and what its queries mean."""

from collections.abc import Iterator
from typing import Any

from sojourn.calendars import store
from sojourn.core.sla.conditions import Changed, Condition, Entered, Ids, Is, Left, leaves
from sojourn.core.sla.parse import read_policy
from sojourn.core.sla.policy import Policy
from sojourn.core.sla.write import write_policy
from sojourn.errors import Refused
from sojourn.history.models import Issue, Site, Value
from sojourn.jql.asking import Asking
from sojourn.jql.ast import Function
from sojourn.jql.compile import selection
from sojourn.jql.errors import JqlError
from sojourn.jql.parser import parse
from sojourn.jql.sound import nodes

_PARTS = ("start", "pause", "stop", "reset", "cancel")
STATUS = "status"


def checked(value: Any, site: Site | None, at_ms: int) -> dict[str, Any]:
    """The canonical JSON of a policy; raises Refused, at the place, for what is wrong with it or not there."""
    policy = read_policy(value)
    for part in _PARTS:
        unknown = unknown_statuses(_statuses(getattr(policy, part)), site)
        if unknown:
            where = f" at {site.name}" if site else ""
            raise Refused(part, f"there is no status {', '.join(unknown)}{where}; `/api/v1/statuses` lists them")
    known = store.names()
    for place, goal in enumerate(policy.goals):
        if goal.calendar not in known:
            raise Refused(f"goals[{place}].calendar", f"there is no {goal.calendar!r}; there are: {', '.join(known)}")
    for path, query in _queries(policy):
        try:
            check_query(query, site, at_ms)
        except JqlError as error:
            raise error.at(path) from None
    return write_policy(policy)


def check_query(text: str, site: Site | None, at_ms: int) -> None:
    """Raise JqlError, at its place in the text, for a query that cannot choose work items whoever asks.

    A value that is not there is no error: it may come.
    """
    query = parse(text)
    if query.order_by:
        span = query.order_by[0].span
        raise JqlError("an SLA puts nothing in order", text, span.start, span.end, hint="leave ORDER BY out")
    for node in nodes(query):
        if isinstance(node, Function) and node.name.casefold() == "currentuser":
            span, hint = node.span, "name the account"
            raise JqlError("nobody asks when a clock is counted", text, span.start, span.end, hint=hint)
    sites = (site.name,) if site else ()
    asking = Asking(as_of_ms=at_ms, sites=sites, calendars=store.load, is_lenient=True)
    selection(text, asking, Issue.objects.none())


def unknown_statuses(ids: Ids, site: Site | None) -> list[str]:
    """Those of the ids that no status has, or none of that site, in order."""
    found = Value.objects.filter(kind=STATUS, key__in=[one for one in ids if one is not None])
    known = set((found.filter(site=site) if site else found).values_list("key", flat=True))
    return sorted((one for one in ids if one is not None and one not in known), key=lambda one: (len(one), one))


def _queries(policy: Policy) -> Iterator[tuple[str, str]]:
    yield from [("scope", policy.scope)] if policy.scope else []
    yield from ((f"goals[{place}].jql", goal.jql) for place, goal in enumerate(policy.goals) if goal.jql)


def _statuses(condition: Condition) -> Ids:
    found: set[str | None] = set()
    for leaf in leaves(condition):
        if isinstance(leaf, Is | Entered | Left) and leaf.field == STATUS:
            found |= leaf.values
        if isinstance(leaf, Changed) and leaf.field == STATUS:
            found |= (leaf.before or frozenset()) | (leaf.after or frozenset())
    return frozenset(found)
