"""What differs between two versions: places, and what stood and stands there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A place such as `goals[0].duration`; `before` or `after` is None where there was, or is, nothing."""

    path: str
    before: Any
    after: Any

    @property
    def text(self) -> str:
        """It in a line, for people."""
        return f"{self.path}: {_shown(self.before)} → {_shown(self.after)}"


def differences(before: Any, after: Any, path: str = "") -> list[Difference]:
    """All places where two JSON values differ, as near to the leaves as both have the same shape, keys in order."""
    return list(_walk(before, after, path))


def _walk(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            place = f"{path}.{key}" if path else str(key)
            yield from _walk(before.get(key, _NOTHING), after.get(key, _NOTHING), place)
    elif _is_of_objects(before) and _is_of_objects(after):
        for number, (one, other) in enumerate(zip_longest(before, after, fillvalue=_NOTHING)):
            yield from _walk(one, other, f"{path}[{number}]")
    elif before != after:
        yield Difference(path, *(None if side is _NOTHING else side for side in (before, after)))


def _is_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)
