"""One work item with every tracked field of it, as its steps."""

from collections.abc import Iterator
from dataclasses import dataclass

from sojourn.core.flags import Flag
from sojourn.history.models import Field, Issue, Timeline, Value
from sojourn.history.packing import EMPTY, unpack
from sojourn.history.write import PRESENT

EVENTS = ("comment",)
"""Fields of events: each entry is one, and no value lasts."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A field of a work item: when it took which value, and who did it; None stands for no value and nobody known.

    Of a field of events each entry is one event, and no value lasts. Instants are ms, in order.
    """

    field: str
    name: str
    at: list[int]
    value: list[Value | None]
    author: list[Value | None]
    flags: Flag

    @property
    def is_events(self) -> bool:
        """Whether the entries are events, such as comments."""
        return self.field in EVENTS


def steps(issue: Issue) -> Iterator[Steps]:
    """Every field of a work item that is tracked and ever had a value, by key."""
    names = dict(Field.objects.filter(site=issue.site_id).values_list("key", "name"))
    lines = {line.field.key: line for line in Timeline.objects.filter(issue=issue).select_related("field")}
    present: dict[str, int | None] = {key: getattr(issue, f"{key}_id") for key in PRESENT}
    packed = {key: [unpack([bytes(b)]).tolist() for b in (line.value, line.author)] for key, line in lines.items()}
    wanted = {number for pair in packed.values() for numbers in pair for number in numbers}
    values = Value.objects.in_bulk([number for number in {*wanted, *present.values()} if number])
    for key in sorted({*lines, *(key for key, number in present.items() if number)}):
        line = lines.get(key)
        at = unpack([bytes(line.at)]).tolist() if line else [issue.created_ms]
        value, author = packed[key] if line else ([present[key] or EMPTY], [EMPTY])
        flags = Flag(line.flags) if line else Flag(0)
        named = names.get(key, key)
        yield Steps(key, named, at, [values.get(n) for n in value], [values.get(n) for n in author], flags)
