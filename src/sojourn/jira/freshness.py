"""How fresh the sites are that connections keep in step (`history.freshness`)."""

from collections import defaultdict

from sojourn.history.freshness import Fetching, Freshness
from sojourn.jira.models import Connection, ProjectState

_NEARLY = 99


def tell() -> dict[int, Freshness]:
    """The freshness of each site that has a connection: as of the watermark of the project that is furthest behind."""
    states: dict[int, list[ProjectState]] = defaultdict(list)
    for state in ProjectState.objects.filter(is_seen=True).order_by("key"):
        states[state.connection_id].append(state)
    return {row.site_id: _of(row, states[row.pk]) for row in Connection.objects.select_related("site")}


def percent(state: ProjectState) -> int:
    """How much of a project is read: 100 only where all of it is, since Jira counts about right only."""
    if state.is_whole:
        return 100
    return min(state.done * 100 // state.items, _NEARLY) if state.items else 0


def _of(row: Connection, states: list[ProjectState]) -> Freshness:
    stopped = (f"{row.refused}: sojourn connect --renew {row.name}",) if row.refused else ()
    if not states:
        last = row.last_ok_at
        as_of_ms = None if last is None else round(last.timestamp() * 1000)
        return Freshness(as_of_ms, () if last else (Fetching(row.site.name, 0),), stopped)
    swept = [state.swept_to_ms for state in states if state.swept_to_ms is not None]
    fetching = tuple(Fetching(state.key, percent(state)) for state in states if not state.is_whole)
    return Freshness(min(swept, default=None), fetching, stopped)
