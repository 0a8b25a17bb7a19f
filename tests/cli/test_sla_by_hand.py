"""The commands that change the clock of one work item."""

import json

import pytest

from sojourn.history.models import Issue
from sojourn.sla.clocks import write
from sojourn.sla.models import Definition
from tests.builders import issue, store
from tests.cli.running import Sojourn
from tests.core.calendar_help import HOUR
from tests.sla.defining import BORN, define, policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(db: None) -> Definition:
    store(issue("ABC-1"))
    definition = define(policy("8h"))
    write(Issue.objects.all(), [definition], BORN + HOUR)
    return definition


def test_a_clock_is_extended_reset_listed_and_both_are_undone(sojourn: Sojourn, running: Definition) -> None:
    asked = ("ABC-1", "--sla", running.pk)
    extended = sojourn("sla", "extend", "ABC-1", "4h", "--sla", running.pk, "--reason", "agreed")
    assert (extended.code, extended.out) == (0, ""), extended.err
    assert sojourn("sla", "reset", *asked, "--at", "2024-01-01T12:00").code == 0
    extension, reset = json.loads(sojourn("sla", "by-hand", *asked, "--json").out)
    assert (extension["by_ms"], extension["reason"], extension["who"]) == (4 * HOUR, "agreed", "the operator")
    assert (reset["at"], reset["undone"]) == ("2024-01-01T12:00:00.000Z", None)
    for one in (extension, reset):
        assert sojourn("sla", "undo", one["what"], one["id"]).err == f"Undone: {one['what']} {one['id']}.\n"
    lines = sojourn("sla", "by-hand", *asked).out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [f"extension {extension['id']}", f"reset {reset['id']}"]
    assert all(line.endswith("by the operator") for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("reset", "ABC-9"), "There is no work item ABC-9."),
        (("reset", "ABC-1", "--at", "2099-01-01"), "until now"),
        (("extend", "ABC-1", "soon"), "by: "),
        (("extend", "ABC-1", "0h"), "above 0"),
    ],
)
def test_what_is_wrong_ends_with_2(sojourn: Sojourn, running: Definition, words: tuple[str, ...], said: str) -> None:
    run = sojourn("sla", *words, "--sla", running.pk)
    assert (run.code, run.out) == (2, "")
    assert said in run.err


def test_what_is_not_there_cannot_be_undone(sojourn: Sojourn, db: None) -> None:
    assert "There is no reset 9." in sojourn("sla", "undo", "reset", 9).err
    assert "write reset or extension" in sojourn("sla", "undo", "clock", 9).err
