"""What the timelines of a field hold, and which of it an operand means."""

from collections.abc import Iterable
from typing import Any

import orjson

from sojourn.history import read
from sojourn.history.models import Value
from sojourn.history.packing import EMPTY
from sojourn.jql.asking import Index, Meaning, Scope
from sojourn.jql.ast import Empty, Function, Operand
from sojourn.jql.ast import Value as Literal
from sojourn.jql.choices import Choice, literals, unanswered, values

Member = tuple[int, str]
"""A site and an id in its Jira."""


class Held:
    """The values of the timelines of a field: of fields with several values each is a set of members.

    A member has the name it has now; one that is in no list of present values has the name that its set tells.
    """

    def __init__(self, scope: Scope, meaning: Meaning, key: str) -> None:
        self._scope, self._meaning = scope, meaning
        self._numbers: dict[Member, set[int]] = {}
        self.has_sets = False
        self._present = _present(scope, meaning)
        named = [(member, member[1], name) for _, member, name in self._present]
        known = {member for _, member, _ in self._present}
        for value in values(scope, read.dictionary_of(key)):
            self.has_sets |= value.key.startswith("[")
            for part, name in _members(value):
                member = (value.site_id, part)
                self._numbers.setdefault(member, set()).add(value.pk)
                named += [] if member in known else [(member, part, name)]
        self._index = Index(named)

    def members(self, operand: Operand) -> list[set[int]]:
        """For each member that an operand means, the values that hold it; for EMPTY the one that holds none."""
        found: list[set[int]] = []
        for single in literals(operand):
            if isinstance(single, Empty) or (isinstance(single, Literal) and self._is_nothing(single.text)):
                found.append({EMPTY})
            else:
                found += [self._numbers.get(member, set()) for member in sorted(self._meant(single))]
        return found

    def _is_nothing(self, text: str) -> bool:
        return isinstance(self._meaning, Choice) and text.casefold() == self._meaning.nothing

    def _meant(self, single: Literal | Function) -> Iterable[Member]:
        if isinstance(single, Function):
            if not isinstance(self._meaning, Choice):
                raise unanswered(self._scope, single, self._meaning.name, ())
            numbers = self._meaning.chosen(self._scope, single).numbers
            return {member for number, member, _ in self._present if number in numbers}
        found = self._index.called(single.text)
        if not found:
            message = f"the field {self._meaning.name} never was {single.text!r:.60}"
            self._scope.missing(single, message, single.text, self._index.names)
        return found


def _present(scope: Scope, meaning: Meaning) -> list[tuple[int, Member, str]]:
    """The present values of a field: number in the store, site and id, name."""
    if not isinstance(meaning, Choice):
        return []
    known = list(meaning.known(scope))
    sites: dict[int, Any] = dict(meaning.sites(scope))
    return [(number, (sites[number], key), name) for number, key, name in known]


def _members(value: Value) -> list[tuple[str, str]]:
    """Ids and names of the members of a set, or of the one value."""
    if not value.key.startswith("["):
        return [(value.key, value.name)]
    try:
        keys = orjson.loads(value.key)
    except ValueError:  # a set whose key was too long for an index and cut, or a text that begins with a bracket
        return [(value.key, value.name), *((value.key, name) for name in value.name.split(", "))]
    names = value.name.split(", ")
    return list(zip(map(str, keys), names if len(names) == len(keys) else map(str, keys), strict=True))
