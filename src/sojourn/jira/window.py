"""Which work items a sweep asks for, as JQL."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Window:
    """The work items of a project that were updated in `[since_ms, until_ms)`, in milliseconds UTC; None has no edge.

    JQL knows minutes of the caller's zone only, so each edge is rounded down to one: a window may reach back further
    than it says, and two windows that share an edge leave nothing out (docs/semantics.md 34). In the hour that a zone
    has twice an edge may be read an hour earlier; again by both windows alike.
    """

    project: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    newest_first: bool = False

    def condition(self, zone: tzinfo) -> str:
        """The JQL that chooses, without an order; `zone` is the caller's, as `myself` tells it."""
        parts = [f'project = "{self.project}"' if self.project else ""]
        parts += [f'updated >= "{_minute(self.since_ms, zone)}"' if self.since_ms is not None else ""]
        parts += [f'updated < "{_minute(self.until_ms, zone)}"' if self.until_ms is not None else ""]
        return " AND ".join(part for part in parts if part) or "project is not EMPTY"

    def jql(self, zone: tzinfo) -> str:
        """The JQL that chooses and puts in order."""
        way = "DESC" if self.newest_first else "ASC"
        return f"{self.condition(zone)} ORDER BY updated {way}, key {way}"


def _minute(at_ms: int, zone: tzinfo) -> str:
    instant = datetime.fromtimestamp(at_ms // _MINUTE_MS * 60, UTC)
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
