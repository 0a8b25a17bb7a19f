"""The form of a report page: a field an option, filled in from the address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db.models import Q

from sojourn.calendars import store
from sojourn.core.duration import TimeFormat
from sojourn.errors import Refused
from sojourn.history import seen
from sojourn.jql import JqlError
from sojourn.reports import columns
from sojourn.reports.menu import OPTIONS
from sojourn.web.query import Query
from sojourn.web.words import COLUMN, LABEL, TIME_FORMATS

Look = Literal["select", "checks", "switch", "range", "instant", "jql"]
_AROUND = 60
_MEANING = {option.name: option.meaning for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that can be chosen."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Box:
    """One box to write a date or an instant into; `kind` is the type of the input."""

    name: str
    label: str
    value: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The part of a query that is wrong, and what stands before it and after it."""

    before: str
    wrong: str
    after: str

    @classmethod
    def of(cls, error: JqlError) -> "Mark":
        """The place of an error, with so much around it as fits a few lines."""
        before, after = error.text[: error.start], error.text[error.end :]
        cut = f"…{before[-_AROUND:]}" if len(before) > _AROUND else before
        wrong = error.text[error.start : error.end] or " "
        return cls(cut, wrong, f"{after[:_AROUND]}…" if len(after) > _AROUND else after)


@dataclass(frozen=True, slots=True)
class Field:
    """One option on the form: how it looks, what is in it, and what is wrong with it."""

    name: str
    look: Look
    choices: Sequence[Choice] = ()
    boxes: Sequence[Box] = ()
    error: str = ""
    at_once: bool = False
    mark: Mark | None = None

    @property
    def label(self) -> str:
        """What the field is called."""
        return LABEL[self.name]

    @property
    def help(self) -> str:
        """What the option means."""
        return _MEANING[self.name]

    @property
    def chosen(self) -> str:
        """What is chosen, in a few words."""
        labels = [choice.label for choice in self.choices if choice.chosen]
        return ", ".join(labels) if len(labels) < 3 else f"{len(labels)} chosen"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that are always in sight, those behind "More options", and those that are sent along unseen."""

    switches: list[Field]
    filters: list[Field]
    jql: Field
    more: list[Field]
    hidden: list[tuple[str, str]]

    @property
    def is_open(self) -> bool:
        """Whether something behind "More options" is set or wrong."""
        return any(field.error or _is_set(field) for field in self.more)


def _is_set(field: Field) -> bool:
    if field.look == "select":
        return bool(field.choices) and not field.choices[0].chosen
    return any(choice.chosen for choice in field.choices) or any(box.value for box in field.boxes)


def build(query: Query, sight: Q, error: Refused | None) -> Form:
    """The form that says what an address says, and offers what the sight shows."""
    problem = {error.path: error.problem} if error else {}
    fields = {field.name: field for field in _fields(query, sight, problem)}
    box = Box("jql", LABEL["jql"], query.one("jql"), "text")
    mark = Mark.of(error) if isinstance(error, JqlError) else None
    more = ("updated", "resolved", "due", "trim", "visits", "current", "stop_on_done", "as_of")
    unseen = ("shape", "sort", "per_page", "chart", "chart_done", "preset")
    hidden = [(name, text) for name in unseen for text in query.many(name)]
    return Form(
        switches=[fields["calendar"], fields["time_format"]],
        filters=[fields[name] for name in ("site", "project", "created", "columns") if name in fields],
        jql=Field("jql", "jql", boxes=[box], error=problem.get("jql", ""), mark=mark),
        more=[fields[name] for name in more],
        hidden=hidden,
    )


def _fields(query: Query, sight: Q, problem: dict[str, str]) -> Iterator[Field]:
    for name, labels in _selects(query).items():
        choices = [Choice(value, label, value == query.one(name)) for value, label in labels.items()]
        at_once = name in ("calendar", "time_format")
        yield Field(name, "select", choices, error=problem.get(name, ""), at_once=at_once)
    for name, labels in _checks(query, sight).items():
        choices = [Choice(value, label, value in query.many(name)) for value, label in labels.items()]
        if name != "site" or len(choices) > 1 or name in problem:
            yield Field(name, "checks", choices, error=problem.get(name, ""))
    done = Choice("true", "Stop at done", query.one("stop_on_done") == "true")
    yield Field("stop_on_done", "switch", [done], error=problem.get("stop_on_done", ""))
    for name in ("created", "updated", "resolved", "due", "trim"):
        yield Field(name, "range", boxes=_range(name, query.one(name)), error=problem.get(name, ""))
    as_of = query.one("as_of")
    box = Box("as_of", LABEL["as_of"], as_of, "datetime-local" if _is_local(as_of) else "text")
    yield Field("as_of", "instant", boxes=[box], error=problem.get("as_of", ""))


def _selects(query: Query) -> dict[str, dict[str, str]]:
    """The values and labels of each option of which one is chosen, with what the address says even if it is wrong."""
    calendar, time_format = query.one("calendar"), query.one("time_format")
    return {
        "calendar": {name: name for name in (*store.names(), calendar)},
        "time_format": {one.value: label for one, label in TIME_FORMATS.items()} | _unknown(time_format),
        "visits": {
            "sum": "Added up",
            "first": "The first",
            "last": "The last",
            "max": "The longest",
            "min": "The shortest",
        },
        "current": {"include": "Counted", "exclude": "Left out"},
    }


def _checks(query: Query, sight: Q) -> dict[str, dict[str, str]]:
    projects = seen.projects(sight).order_by("key").values_list("key", "name")
    sites = seen.sites(sight).order_by("name").values_list("name", flat=True)
    found = {
        "site": {name: name for name in sites},
        "project": {key: f"{key} · {name}" for key, name in projects},
        "columns": {name: COLUMN[name] for name in columns.NAMES},
    }
    return {
        name: labels | {text: labels.get(text, text) for text in query.many(name)} for name, labels in found.items()
    }


def _range(name: str, text: str) -> list[Box]:
    begin, _, end = text.partition("..")
    kind = "date" if all(_is_date(part) for part in (begin, end)) else "text"
    label = LABEL[name]
    return [Box(f"{name}_from", f"{label} from", begin, kind), Box(f"{name}_to", f"{label} before", end, kind)]


def _is_date(text: str) -> bool:
    """Whether a date input can hold the text."""
    try:
        return not text or (len(text) == len("2024-01-31") and bool(date.fromisoformat(text)))
    except ValueError:
        return False


def _is_local(text: str) -> bool:
    """Whether an input of a date and time can hold the text."""
    try:
        return not text or (len(text) > len("2024-01-31") and datetime.fromisoformat(text).tzinfo is None)
    except ValueError:
        return False


def _unknown(time_format: str) -> dict[str, str]:
    return {} if time_format in tuple(TimeFormat) else {time_format: time_format}
