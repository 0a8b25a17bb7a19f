"""The field sprint: which of its values, sets of sprints, hold the sprint that is asked about."""

import json

import numpy as np

from sojourn.core.timeline import BoolArray
from sojourn.errors import Refused
from sojourn.history.models import Value
from sojourn.reports.items import values_of
from sojourn.reports.request import Request

_MOST_NAMED = 20


def holding(request: Request) -> BoolArray:
    """Of each value, by the store's number, whether the sprint of the option `sprint`, an id or a name, is in it.

    Raises Refused where no sprint is named, where there is none of that name, and where there are several.
    """
    asked = request.one("sprint")
    if not asked:
        raise Refused("sprint", "say which sprint, by its name or id")
    sets = {value.pk: _members(value) for value in values_of(request, "sprint")}
    found = np.zeros(max(sets, default=0) + 1, dtype=bool)
    if sets:
        wanted = _id_of(asked, list(sets.values()))
        found[[number for number, members in sets.items() if wanted in members]] = True
    return found


def _members(value: Value) -> dict[str, str]:
    """The sprints of a set: ids with their names, without a name where a comma in one makes them unclear."""
    try:
        ids = [str(one) for one in json.loads(value.key)]
    except ValueError:  # the unknown value, or a set too long to be kept whole
        return {}
    names = value.name.split(", ") if len(ids) > 1 else [value.name]
    return dict(zip(ids, names if len(names) == len(ids) else [""] * len(ids), strict=True))


def _id_of(asked: str, sets: list[dict[str, str]]) -> str:
    names = sorted({pair for members in sets for pair in members.items() if pair[1]})
    ids = {key for members in sets for key in members}
    if asked in ids:
        return asked
    found = sorted({key for key, name in names if name.casefold() == asked.casefold()})
    if not found:
        there = ", ".join(f"{name} ({key})" for key, name in names[-_MOST_NAMED:])
        raise Refused("sprint", f"there is no sprint {asked!r}; there are: {there}")
    if len(found) > 1:
        raise Refused("sprint", f"several sprints are called {asked!r}; give the id of one: {', '.join(found)}")
    return found[0]
