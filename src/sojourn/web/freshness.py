"""What every page says of how fresh the data is: of the sites that are chosen on it, or of all."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.http import HttpRequest

from sojourn.history import freshness


def told(request: HttpRequest) -> dict[str, Callable[[], dict[str, Any]]]:
    """For templates: `freshness`, which is asked for only where it is shown."""

    @cache
    def fresh() -> dict[str, Any]:
        found = freshness.of([name for name in request.GET.getlist("site") if name])
        at = None if found.as_of_ms is None else datetime.fromtimestamp(found.as_of_ms / 1000, UTC)
        return {"as_of": at, "fetching": found.fetching, "stopped": found.stopped}

    return {"freshness": fresh}
