"""A query over time says of every instant what a slow plain evaluation says of that instant."""

from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.db.models import BooleanField, Case, When
from django.db.models import Value as Constant
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sojourn.core.timeline import Timelines
from sojourn.history import read
from sojourn.history.models import Issue
from sojourn.jira.importer import Importer
from sojourn.jira.payload import Reader
from sojourn.jql import JqlError, ast, parse
from sojourn.jql.asking import Asking
from sojourn.jql.steps import course
from tests.builders import change, issue, store
from tests.core.calendar_help import ms
from tests.jql.evaluated_history import Entry, timeline
from tests.jql.evaluator import World, singles
from tests.jql.worlds import CALENDARS, FIELDS, parts, question, world

pytestmark = pytest.mark.django_db

CHANGING = ("status", "assignee", "reporter", "priority", "resolution", "issuetype", "fixVersion", "sprint")


@dataclass
class Then(World):
    """A world as it was at an instant, in the fields that tell: the others are as they are now."""

    at: int = 0
    categories_of: dict[str, str] = field(default_factory=dict)

    def ids(self, name: str, item: dict[str, Any]) -> set[str]:
        if name == "statusCategory":
            return {self.categories_of[key] for key in self.ids("status", item) if self.categories_of.get(key)}
        return self._entries(name, item)[-1].values if name in CHANGING else super().ids(name, item)

    def _versions_of(self, arguments: Any) -> set[str]:
        """The versions that projects have, which are those of now."""
        return World(**{one.name: getattr(self, one.name) for one in fields(World)})._versions_of(arguments)

    def _entries(self, name: str, item: dict[str, Any]) -> list[Entry]:
        return [entry for entry in timeline(item, name) if entry.at <= self.at]


def then(now: World, at: int) -> Then:
    told = [*now.statuses, *(item["fields"]["status"] for item in now.items)]
    known = {status["id"]: status["statusCategory"]["key"] for status in told}
    return Then(**{one.name: getattr(now, one.name) for one in fields(World)}, at=at, categories_of=known)


def over_time(text: str, asking: Asking) -> dict[str, list[tuple[int, int]]]:
    """The steps of every work item, by its key."""
    asked = course(text, asking)
    facts = {
        f"fact{place}": Case(When(one, then=Constant(value=True)), default=False, output_field=BooleanField())
        for place, one in enumerate(asked.facts)
    }
    first, *also = asked.fields or ("status",)
    found = {}
    for batch in read.timelines(Issue.objects.all(), first, ["key", "created_ms"], facts, also):
        lines = {first: batch.timelines, **batch.also}
        created = np.array(batch.columns["created_ms"], dtype=np.int64)
        held = [np.array(batch.columns[name], dtype=bool) for name in facts]
        found |= dict(zip(batch.columns["key"], steps_of(asked.over(created, lines, held)), strict=True))
    return found


def steps_of(lines: Timelines) -> list[list[tuple[int, int]]]:
    pairs = list(zip(lines.at.tolist(), lines.value.tolist(), strict=True))
    return [pairs[begin:end] for begin, end in zip(lines.offsets[:-1], lines.offsets[1:], strict=True)]


def is_refused(clause: ast.Clause) -> bool:
    """Whether a clause holds something that cannot be asked over time."""
    if isinstance(clause, ast.Not):
        return is_refused(clause.clause)
    if isinstance(clause, ast.And | ast.Or):
        return any(map(is_refused, clause.clauses))
    if clause.field.properties or any(part.name == "by" for part in clause.predicates):
        return True
    if isinstance(clause, ast.Changed):
        is_set = clause.field.name in ("fixVersion", "sprint")
        sides = [part for part in clause.predicates if part.name in ("from", "to")]
        return (is_set and bool(sides)) or any(calls_somebody(part.operand) for part in sides)
    return any(part.name != "before" for part in clause.predicates) or calls_somebody(clause.operand)


def calls_somebody(operand: ast.Operand) -> bool:
    calls = [one.name.casefold() for one in singles(operand) if isinstance(one, ast.Function)]
    return "currentuser" in calls or "updatedby" in calls or "projectsleadbyuser" in calls


def check(asked_of: World, clause: ast.Clause, asking: Asking) -> None:
    found = over_time(str(clause), asking)
    for item in asked_of.items:
        steps = found[item["key"]]
        assert [held for _, held in steps[1:]] == [1 - held for _, held in steps[:-1]], "each step is a change"
        instants = {entry.at for name in (*CHANGING, "created") for entry in timeline(item, name)}
        for at in sorted(instants | {one + 1 for one in instants} | {one - 1 for one in instants}):
            if steps[0][0] <= at <= asked_of.as_of_ms:
                held = [value for since, value in steps if since <= at][-1]
                assert bool(held) == then(asked_of, at).meets(clause, item), (str(clause), item["key"], at)


@given(seed=st.integers(0, 2**64))
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_a_query_over_time_is_what_a_slow_evaluation_finds_at_each_instant(seed: int) -> None:
    dice = Random(seed)
    asked_of = world(dice)
    asking = Asking(asked_of.as_of_ms, asked_of.tz, calendars=CALENDARS.__getitem__, is_lenient=True)
    with transaction.atomic():
        store(*asked_of.items, *FIELDS, *([list(asked_of.statuses)] if asked_of.statuses else []))
        for query in [question(dice) for _ in range(15)]:
            for part in parts(query)[-4:]:
                if part.where and not is_refused(part.where):
                    check(asked_of, parse(str(part)).where, asking)
        transaction.set_rollback(True)


AS_OF = ms("2024-02-01T00:00")
FIRST = ms("2024-01-01T09:00")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("assignee = currentUser()", "currentUser() means nobody over time"),
        ("created > currentLogin()", "currentLogin() means nobody over time"),
        ("timeIn[Open] > 1d", "timeIn is measured to a moment"),
        ("status was Open by Ann", "BY of status cannot be asked over time"),
        ("status was Open after -1d", "AFTER of status cannot be asked over time"),
        ("key in updatedBy(Ann)", "updatedBy() cannot be asked over time"),
        ("status > Open", "the field status does not go with >"),
        ("status = nowhere", "the field status never was 'nowhere'"),
        ("labels was red", "the history of the field labels is not kept"),
    ],
)
def test_what_cannot_be_asked_over_time_is_refused_by_name(text: str, said: str) -> None:
    store(issue("ABC-1", "Done", change("2024-01-02T09:00:00.000+0000", "status", "Open", "Done"), labels=["red"]))
    with pytest.raises(JqlError) as caught:
        course(text, Asking(AS_OF))
    assert said in str(caught.value)


def test_a_field_without_a_history_counts_as_it_is_now_and_that_is_told() -> None:
    store(issue("ABC-1", "Open", labels=["red"]), issue("ABC-2", "Open", labels=["blue"]))
    assert over_time("labels = red", Asking(AS_OF)) == {"ABC-1": [(FIRST, 1)], "ABC-2": [(FIRST, 0)]}
    told = [warning.message for warning in course("labels = red", Asking(AS_OF)).warnings]
    assert told == ["the history of the field labels is not kept: what it holds now counts for all times"]
    assert course("created > -1d AND key = ABC-1", Asking(AS_OF)).warnings == ()


def test_tracked_custom_fields_tell_what_they_held() -> None:
    points = "customfield_1"
    item = issue("ABC-1", "Open", change("2024-01-02T09:00:00.000+0000", "Points", "3", "5"), **{points: 5.0})
    item["changelog"]["histories"][0]["items"][0] |= {"fieldtype": "custom", "fieldId": points}
    Importer(Reader([points]), site="Test").import_values("test", iter([item]))
    later = ms("2024-01-02T09:00")
    assert over_time("cf[1] > 3", Asking(AS_OF)) == {"ABC-1": [(FIRST, 0), (later, 1)]}
    assert over_time("cf[1] in (3, 4)", Asking(AS_OF)) == {"ABC-1": [(FIRST, 1), (later, 0)]}


def test_all_work_items_meet_no_query_at_all_times() -> None:
    store(issue("ABC-1"))
    assert over_time("", Asking(AS_OF)) == {"ABC-1": [(FIRST, 1)]}


def test_a_date_from_now_on_means_the_moment_asked_of() -> None:
    store(issue("ABC-1", duedate="2024-01-20"))
    assert over_time("due < now()", Asking(AS_OF)) == {"ABC-1": [(FIRST, 1)]}
    assert over_time("due < now()", Asking(FIRST)) == {"ABC-1": [(FIRST, 0)]}
