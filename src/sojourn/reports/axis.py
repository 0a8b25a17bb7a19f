"""The values of a field in the order in which they are shown: one name, one place each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sojourn.core.timeline import Int64Array
from sojourn.errors import Refused
from sojourn.history.models import Value
from sojourn.history.packing import EMPTY
from sojourn.reports.request import StatusGroup

_CATEGORY_ORDER = {"new": 0, "indeterminate": 1, "": 2, "done": 3}


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of a field in the order in which they are shown, and how to find the place of an array's values."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    titles: tuple[str, ...]
    """Names that are unique on the axis: values of one name are told apart by ids, sites, the store's numbers."""
    groups: tuple[str, ...]
    done: NDArray[np.bool_]
    _places: Int64Array
    is_merged: bool = False
    """Whether several values share a place."""

    @classmethod
    def of(cls, values: Iterable[Value], empty: str | None = None) -> "Axis":
        """The axis of some values, by category and name; nobody assigned and the like, called `empty`, comes last.

        A value that was deleted says so (docs/semantics.md 6, 8).
        """
        ordered = sorted(values, key=lambda value: (_CATEGORY_ORDER[value.category], value.name, value.key, value.pk))
        names = [value.name + (" (deleted)" if value.deleted else "") for value in ordered]
        titles = _told_apart(names, [f"{name} [{v.key}]" for name, v in zip(names, ordered, strict=True)])
        titles = _told_apart(titles, [f"{title} {v.site.name}" for title, v in zip(titles, ordered, strict=True)])
        titles = _told_apart(titles, [f"{title} #{v.pk}" for title, v in zip(titles, ordered, strict=True)])
        keys, groups = [value.key for value in ordered], [value.category for value in ordered]
        places = np.full(max((value.pk for value in ordered), default=0) + 1, -1, dtype=np.int64)
        places[[value.pk for value in ordered]] = np.arange(len(ordered))
        if empty is not None:
            places[EMPTY] = len(ordered)
            keys, groups = [*keys, ""], [*groups, ""]
            names, titles = [*names, empty], [*titles, empty]
        return cls(tuple(keys), tuple(names), tuple(titles), tuple(groups), _is_done(groups), places)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def unsorted(self) -> list[str]:
        """The values of which the store knows no category."""
        return [title for title, group in zip(self.titles, self.groups, strict=True) if not group]

    def places(self, values: Int64Array) -> Int64Array:
        """The place on the axis of each value: int64, as many as values."""
        return np.take(self._places, values)

    def beside(self, taken: Iterable[str]) -> "Axis":
        """The axis with titles that are also unlike other names: those that are taken show their ids."""
        others = set(taken)
        pairs = zip(self.titles, self.keys, strict=True)
        return replace(self, titles=tuple(f"{title} [{key}]" if title in others else title for title, key in pairs))

    def by_name(self) -> "Axis":
        """The axis on which values of one name are one."""
        return self._merged(self.names, self.keys)

    def grouped(self, groups: Sequence[StatusGroup]) -> "Axis":
        """The axis on which the members of each group are one value, called like the group; the others stay.

        Of the others one that is called like a group shows its id. Raises Refused as `titles_in` does.
        """
        titles, taken = self.titles_in(groups), self._taken(groups)
        keys = [taken.get(place, key) for place, key in enumerate(self.keys)]
        return self._merged(titles, keys)

    def titles_in(self, groups: Sequence[StatusGroup]) -> tuple[str, ...]:
        """What each value is called where the members of each group are called like the group.

        A member is a name, an id, or `category:` and the key of a category. Raises Refused where a member is no value,
        or is in two groups.
        """
        taken = self._taken(groups)
        others = self.beside(group.name for group in groups).titles
        return tuple(taken.get(place, title) for place, title in enumerate(others))

    def _taken(self, groups: Sequence[StatusGroup]) -> dict[int, str]:
        """The group of each place that is in one."""
        taken: dict[int, str] = {}
        for group in groups:
            for member in group.members:
                for place in self.matching(member, "status_group"):
                    if taken.setdefault(place, group.name) != group.name:
                        problem = f"{self.titles[place]!r} is in {taken[place]!r} and in {group.name!r}; leave one out"
                        raise Refused("status_group", problem)
        return taken

    def matching(self, member: str, option: str) -> list[int]:
        """The places of a name, an id, or `category:` and the key of a category; raises Refused, naming the option."""
        kind, _, category = member.partition(":")
        if kind == "category":
            if category not in _CATEGORY_ORDER:
                raise Refused(option, f"there is no category {category!r}; there are: new, indeterminate, done")
            return [place for place, group in enumerate(self.groups) if group == category]
        asked = member.casefold()
        found = [
            place
            for place, texts in enumerate(zip(self.names, self.titles, self.keys, strict=True))
            if asked in (text.casefold() for text in texts)
        ]
        if not found:
            raise Refused(option, f"there is no status {member!r}; there are: {', '.join(self.titles)}")
        return found

    def _merged(self, labels: Sequence[str], keys: Sequence[str]) -> "Axis":
        """The axis on which places of one label are one, at the first of them."""
        first: dict[str, int] = {}
        for place, label in enumerate(labels):
            first.setdefault(label, place)
        order = list(first)
        kept = list(first.values())
        moved = np.array([order.index(label) for label in labels], dtype=np.int64)
        groups = [self.groups[place] for place in kept]
        places = np.where(self._places < 0, -1, np.take(moved, self._places)) if len(moved) else self._places
        names = tuple(order)
        kept_keys = tuple(keys[place] for place in kept)
        return Axis(kept_keys, names, names, tuple(groups), _is_done(groups), places, is_merged=True)


def _is_done(groups: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([group == "done" for group in groups], dtype=bool)


def _told_apart(names: list[str], longer: list[str]) -> list[str]:
    """The names, longer where several are the same."""
    counts = Counter(names)
    return [long if counts[name] > 1 else name for name, long in zip(names, longer, strict=True)]
