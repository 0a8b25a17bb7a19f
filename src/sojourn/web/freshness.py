"""What every page says of how fresh the data is: of the sites that are chosen on it, or of all.

Administrators are told of every site, since they are who can put it right; others of those they see something of.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from sojourn.access import browsing, roles
from sojourn.access.visible import visible
from sojourn.history import freshness
from sojourn.history.seen import EVERYTHING


def told(request: HttpRequest) -> dict[str, Callable[[], dict[str, Any]]]:
    """For templates: `freshness`, which is asked for only where it is shown."""

    @cache
    def fresh() -> dict[str, Any]:
        found = freshness.of([name for name in request.GET.getlist("site") if name], sight=_sight(request))
        unknown = browsing.unknown(request.user, timezone.now())
        at = None if found.as_of_ms is None else datetime.fromtimestamp(found.as_of_ms / 1000, UTC)
        return {"as_of": at, "fetching": found.fetching, "stopped": found.stopped, "unknown": unknown}

    return {"freshness": fresh}


def _sight(request: HttpRequest) -> Q:
    return EVERYTHING if roles.is_administrator(request.user) else visible(request.user, timezone.now())
