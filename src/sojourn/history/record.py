"""A work item as the store takes it: whole, with names for every id it uses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from sojourn.core.flags import Flag

FROM_PRESENT = 1 << 62
"""Added to the rank of a name that was read off a present value: it beats every name from a history."""

DECLARED = (1 << 63) - 1
"""The rank of a name in a list of all values: it beats every other."""


Ref = tuple[str, str]
"""A value of a field: its kind and its id. The kinds are dictionaries, such as `status` or `user`."""


class Label(NamedTuple):
    """What a value is called, and how much that is worth: the name of the highest rank is the present one."""

    name: str
    rank: int
    category: str = ""

    def beats(self, other: "Label") -> bool:
        """Whether this label stays of the two, in whatever order they are met.

        One with a category beats one without; then rank counts, and for the same rank the later in the alphabet.
        """
        if (not self.category) != (not other.category):
            return bool(self.category)
        if self.rank != other.rank:
            return self.rank > other.rank
        return (self.name, self.category) > (other.name, other.category)


def keep_better(labels: dict[Ref, Label], ref: Ref, label: Label) -> None:
    """Note a label unless a better one is noted."""
    known = labels.get(ref)
    if known is None or label.beats(known):
        labels[ref] = label


@dataclass(slots=True)
class TimelineRecord:
    """A field as the store takes it: instants, values, authors by account id, of one length, and doubts."""

    at_ms: list[int]
    value: list[Ref | None]
    author: list[str | None]
    flags: Flag


class ProjectRecord(NamedTuple):
    """A project: Jira's id (the key where there is none), key and name, its category and the account that leads it."""

    jira_id: str
    key: str
    name: str
    category: str = ""
    lead: str = ""


FieldType = Literal[
    "number", "date", "instant", "label", "option", "component", "version", "sprint_member", "user", "text", "other"
]
"""What the present values of a field are; of a field with values of several types the last one here.

Numbers, dates, instants and texts stand only in the `fields` of a work item. All others are values of the dictionary
of that name, but for options, which have one for each field.
"""
FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)


class LinkRecord(NamedTuple):
    """Another work item as this one has it (`models.Link`)."""

    type: str
    description: str
    reverse: str
    other_key: str


@dataclass(slots=True)
class IssueRecord:
    """One work item: what it is now, the step function of every tracked field, and the source's own words.

    `present` holds the values that have a column of their own; `timelines` the fields that ever changed, and those that
    have a value and no column; `values` the present values of all other fields that choose among values; `labels` names
    every value used, and perhaps those of other work items. `payload` is JSON. `texts` holds what is kept of the long
    texts by field, each comment for itself; the summary is not among them.
    """

    jira_id: str
    key: str
    project: ProjectRecord
    summary: str
    created_ms: int
    updated_ms: int | None
    resolved_ms: int | None
    due: date | None
    present: Mapping[str, Ref | None]
    fields: dict[str, Any]
    payload: bytes
    digest: bytes
    flags: Flag = Flag(0)
    timelines: dict[str, TimelineRecord] = field(default_factory=dict)
    values: list[tuple[str, Ref]] = field(default_factory=list)
    links: list[LinkRecord] = field(default_factory=list)
    field_names: dict[str, str] = field(default_factory=dict)
    field_types: dict[str, FieldType] = field(default_factory=dict)
    labels: dict[Ref, Label] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def alone(self) -> "IssueRecord":
        """The record without the names of what only other work items use."""
        used = {*self.present.values(), *(ref for _, ref in self.values)}
        for steps in self.timelines.values():
            used.update(steps.value, (("user", account) for account in steps.author if account))
        return replace(self, labels={ref: label for ref, label in self.labels.items() if ref in used})

    def lacks(self, ref: Ref, rank: int) -> bool:
        """Whether a name of that rank may be better than the one that is known; its category apart."""
        known = self.labels.get(ref)
        return known is None or rank >= known.rank

    def name(self, ref: Ref, name: str, rank: int, category: str = "") -> None:
        """Learn what a value is called, unless a better name is known."""
        known = self.labels.get(ref)
        if known is None:
            self.labels[ref] = Label(name, rank, category)
        elif category or rank >= known.rank:  # else it is no better, as most: they are told many times over
            keep_better(self.labels, ref, Label(name, rank, category))


def best_labels(records: Iterable[IssueRecord]) -> dict[Ref, Label]:
    """What the values of all records are called, each told once."""
    found: dict[Ref, Label] = {}
    for labels in {id(record.labels): record.labels for record in records}.values():  # some share them
        for ref, label in labels.items():
            keep_better(found, ref, label)
    return found
