"""The fields of a site as policies ask for them: what they held over time, as ids, as names, or as dates.

A field whose history is not kept counts with what it holds now, from the creation of its work item on.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from django.db.models import Count, Expression, F, OuterRef, Subquery

from sojourn.core.calendar.horizon import EARLIEST, LATEST, day_number
from sojourn.core.calendar.rules import DAY
from sojourn.core.sla.batch import NONE, Coded
from sojourn.core.sla.clock import Item
from sojourn.core.sla.mapped import all_leaves
from sojourn.core.sla.policy import Policy
from sojourn.core.timeline import Int64Array, Timelines
from sojourn.errors import Refused
from sojourn.history import read
from sojourn.history.models import Field, IssueValue, Site, Value
from sojourn.history.packing import EMPTY
from sojourn.history.write import PRESENT
from sojourn.jql.instants import instant_of_text
from sojourn.jql.within import NumberWithin, TextWithin

_NAMED = "name of "
_MOMENTS = {"created": "created_ms", "updated": "updated_ms", "resolutiondate": "resolved_ms"}
"""Dates of every work item, and their columns."""

_LISTS = ("label", "component", "version", "sprint_member")
_FAR = 8 * DAY


def named(key: str) -> str:
    """The field whose values are the names of what a field holds."""
    return f"{_NAMED}{key}"


class Fields:
    """The fields of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known = {field.key: field for field in Field.objects.filter(site=site)}
        self._values: dict[str, list[tuple[int, str, str]]] = {}

    @staticmethod
    def plain(key: str) -> str:
        """The field itself, where the names of what it holds are asked for."""
        return key.removeprefix(_NAMED)

    def is_kept(self, key: str) -> bool:
        """Whether the history of a field is kept."""
        field = self._known.get(self.plain(key))
        return self.plain(key) in PRESENT or (field is not None and field.tracked)

    def exists(self, key: str) -> bool:
        """Whether work items of the site may have a field."""
        return self.plain(key) in PRESENT or self.plain(key) in _MOMENTS or self.plain(key) in self._known

    def has_days(self, key: str) -> bool:
        """Whether a field holds dates without times."""
        field = self._known.get(key)
        return key == "duedate" or (field is not None and field.type == "date")

    def doubt(self, key: str) -> str:
        """What is doubtful about asking for a field, or nothing.

        Raises Refused for one with several values whose history is not kept: they cannot be told apart from one.
        """
        if not self.exists(key):
            return f"no work item of the site {self._site.name} has a field {key}"
        if self.is_kept(key) or key in ("created", "resolutiondate"):
            return ""
        field = self._known.get(key)
        if field is not None and (field.type in _LISTS or self._holds_several(field)):
            problem = "holds several values, and its history is not kept; ask for it in JQL, in the scope or in a goal"
            raise Refused(key, problem)
        return f"the history of the field {key} is not kept: what it holds now counts from the creation on"

    @staticmethod
    def _holds_several(field: Field) -> bool:
        rows = IssueValue.objects.filter(field=field).order_by().values("issue").annotate(count=Count("pk"))
        return rows.filter(count__gt=1).exists()

    def sets(self, key: str) -> list[str]:
        """The ids of the values of a field that are sets, which are lists of ids in JSON."""
        if not self.is_kept(key):
            return []
        return [found for _, found, _ in self._of(key) if found.startswith("[") and _is_list(found)]

    def expression(self, key: str) -> Expression | F | Subquery:
        """What a field whose history is not kept holds now."""
        plain = self.plain(key)
        if plain in _MOMENTS:
            return F(_MOMENTS[plain])
        field = self._known[plain]
        if field.type == "number":
            return NumberWithin(plain)
        if field.type in ("option", "user"):
            rows = IssueValue.objects.filter(issue=OuterRef("pk"), field=field).order_by("value")
            return Subquery(rows.values("value")[:1])
        return TextWithin(plain)

    def coded(self, key: str, lines: Timelines) -> Coded:
        """A field whose history is kept, by ids, or by the names of its values."""
        if key.startswith(_NAMED):
            names: dict[str | None, int] = {None: EMPTY}
            alike = {number: names.setdefault(name, number) for number, _, name in self._of(self.plain(key))}
            value = np.array([alike.get(number, number) for number in lines.value.tolist()], dtype=np.int64)
            return Coded(Timelines(lines.at, value, lines.offsets), names)
        return Coded(lines, self._codes(key))

    def coded_now(self, key: str, created: Int64Array, held: Sequence[Any]) -> Coded:
        """A field whose history is not kept."""
        field = self._known[self.plain(key)]
        if field.type in ("option", "user"):
            return self.coded(key, since_creation(created, np.array([one or EMPTY for one in held], dtype=np.int64)))
        code: dict[str | None, int] = {None: EMPTY}
        numbers = [code.setdefault(_text(one), len(code)) for one in held]
        return Coded(since_creation(created, np.array(numbers, dtype=np.int64)), code)

    def dates(self, key: str, lines: Timelines) -> Timelines:
        """The dates in a field whose history is kept."""
        known = {number: _instant(found) for number, found, _ in self._of(key)}
        largest = max(known, default=0)
        table = np.full(largest + 2, NONE, dtype=np.int64)
        for number, at_ms in known.items():
            table[number] = at_ms
        return Timelines(lines.at, table[np.minimum(lines.value, largest + 1)], lines.offsets)

    def dates_now(self, created: Int64Array, held: Sequence[Any]) -> Timelines:
        """The dates in a field whose history is not kept: instants, or texts."""
        found = [NONE if one is None else one if isinstance(one, int) else _instant(str(one)) for one in held]
        return since_creation(created, np.array(found, dtype=np.int64))

    def _codes(self, key: str) -> Mapping[str | None, int]:
        return {None: EMPTY, **{found: number for number, found, _ in self._of(key)}}

    def _of(self, key: str) -> list[tuple[int, str, str]]:
        """Number, id and name of every value a field can hold."""
        field = self._known.get(key)
        kind = "user" if field and field.type == "user" and not field.tracked else read.dictionary_of(key)
        if kind not in self._values:
            rows = Value.objects.filter(site=self._site, kind=kind)
            self._values[kind] = list(rows.values_list("pk", "key", "name"))
        return self._values[kind]

    @cached_property
    def comment_kinds(self) -> set[int]:
        """The numbers of the values of public comments."""
        return {number for number, key, _ in self._of("comment") if key == "public"}


def since_creation(created: Int64Array, value: Int64Array) -> Timelines:
    """What has held since the creation of each work item."""
    return Timelines(created, value, np.arange(len(created) + 1, dtype=np.int64))


def _is_list(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), list)
    except ValueError:  # too long for an index, and cut
        return False


def _text(value: Any) -> str | None:
    """A number or a text as texts are compared: 3.0 is 3."""
    if value is None:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _instant(text: str) -> int:
    """The instant, or of a date without a time its midnight UTC, that a text says; NONE where it says none."""
    try:
        found = day_number(date.fromisoformat(text)) * DAY if len(text) == 10 else instant_of_text(text)
    except ValueError:
        return NONE
    return min(max(found, EARLIEST + _FAR), LATEST - _FAR)


def names_of(site: Site, policy: Policy, item: Item) -> dict[tuple[str, str], str]:
    """What the values are called that a policy asks for and a work item held, by field and id."""
    wanted: dict[str, set[str]] = {}
    for leaf in all_leaves(policy):
        for name in ("values", "before", "after"):
            wanted.setdefault(getattr(leaf, "field", ""), set()).update(filter(None, getattr(leaf, name, None) or ()))
    for field, steps in item.fields.items():
        wanted.setdefault(field, set()).update(value for _, value in steps if value is not None)
    found: dict[tuple[str, str], str] = {}
    for field, keys in wanted.items():
        rows = Value.objects.filter(site=site, kind=read.dictionary_of(field), key__in=keys)
        found |= {(field, key): name for key, name in rows.values_list("key", "name")}
    return found
