"""A clock can be asked why: rules, values, goals, intervals and their sums; as JSON, text and a picture."""

import json
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sojourn import cli
from sojourn.cli.app import app
from sojourn.errors import UserError
from sojourn.history.models import Issue
from sojourn.sla import models
from sojourn.sla.explain import Explanation, explain
from sojourn.sla.explain_svg import svg
from sojourn.sla.explain_text import lines
from sojourn.sla.models import Definition
from tests.builders import change, issue, store
from tests.core.calendar_help import HOUR
from tests.sla.defining import BORN, counted, define, entered, policy, save_office, text, thrown
from tests.sla.test_clocks import POLICIES

pytestmark = pytest.mark.django_db
assert cli


def at(hours: float) -> int:
    return BORN + round(hours * HOUR)


def moved(hours: int, before: str, after: str) -> dict[str, Any]:
    return change(text(at(hours)), "status", before, after)


def late_one(**fields: Any) -> dict[str, Any]:
    """Waits from the first to the third hour, is done in the eleventh: a goal of 8 hours ends in the tenth."""
    moves = [moved(1, "Open", "Waiting"), moved(3, "Waiting", "In progress"), moved(11, "In progress", "Done")]
    return issue("ABC-1", "Done", *moves, **fields)


def explained(said: dict[str, Any], as_of_ms: int = at(20)) -> Explanation:
    return explain(Issue.objects.get(key="ABC-1"), define(said), as_of_ms)


def test_each_interval_tells_its_sum_to_the_millisecond() -> None:
    store(late_one())
    (clock,) = explained(policy()).json["clocks"]
    told = [
        (one["begin_ms"], one["end_ms"], one["counts_as"], one["working_ms"], one["elapsed_so_far_ms"])
        for one in clock["intervals"]
    ]
    assert told == [
        (at(0), at(1), "running", HOUR, HOUR),
        (at(1), at(3), "paused", 2 * HOUR, HOUR),
        (at(3), at(10), "running", 7 * HOUR, 8 * HOUR),
        (at(10), at(11), "overdue", HOUR, 9 * HOUR),
    ]
    assert (clock["verdict"], clock["deadline_ms"], clock["working_ms"]["elapsed"]) == ("EXCEED", at(10), 9 * HOUR)


def test_what_happened_names_its_rule_and_the_value_of_that_instant() -> None:
    store(late_one())
    (clock,) = explained(policy()).json["clocks"]
    told = [(one["at_ms"], one["kind"], [cause.get("rule") for cause in one["by"]]) for one in clock["events"]]
    assert told == [
        (at(0), "start", ["created"]),
        (at(1), "pause", ["status is Waiting"]),
        (at(3), "resume", []),
        (at(8.4), "critical", []),
        (at(10), "breach", []),
        (at(11), "stop", ["status entered Done"]),
    ]
    assert clock["events"][-1]["by"][0]["value"] == "Done"


def test_what_changed_nothing_is_told_too() -> None:
    store(late_one())
    found = explained(policy(pause={"any": []})).json
    assert found["changed_nothing"] == [
        {"at_ms": at(1), "field": "status", "from": "Open", "to": "Waiting"},
        {"at_ms": at(3), "field": "status", "from": "Waiting", "to": "In progress"},
    ]


def test_the_goals_above_the_one_that_was_taken_say_what_did_not_hold() -> None:
    store(late_one(labels=["red"]))
    queries = ["labels = red AND status = Waiting AND key = ABC-2", "status = Done", ""]
    goals = [{"calendar": "7x24", "duration": "8h", "jql": jql} for jql in queries]
    (clock,) = explained(policy(goals=goals)).json["clocks"]
    assert [(one["taken"], one["failed"]) for one in clock["goals"]] == [
        (False, ["status = Waiting", "key = ABC-2"]),
        (True, []),
        (False, []),
    ]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (policy(start=entered("77")), "nothing started it: status entered 77"),
        (policy(scope="status = Done AND key = ABC-1"), "but the scope did not hold: status = Done"),
        (policy(goals=[{"calendar": "7x24", "duration": "8h", "jql": "status = Done"}]), "but no goal matched"),
        (policy(cancel=entered("4")), "was void by a cancel at 2024-01-01T10:00:00.000Z"),
    ],
)
def test_a_clock_that_is_not_there_says_why(said: dict[str, Any], why: str) -> None:
    store(late_one())
    found = explained(said).json
    assert (found["state"], found["clocks"]) == ("NOT_STARTED", [])
    assert any(why in reason for reason in found["why_not_started"]), found["why_not_started"]


def test_what_people_did_is_named() -> None:
    store(issue("ABC-1"))
    definition, one = define(policy()), Issue.objects.get()
    made = {"issue": one, "definition": definition, "who": "ann", "why": "agreed", "made_ms": at(2)}
    models.Reset.objects.create(at_ms=at(1), **made)
    found = explain(one, definition, at(3)).json
    assert found["by_hand"] == [{"rule": "reset", "who": "ann", "why": "agreed", "made_ms": at(2), "undone_ms": None}]
    assert "by hand: reset by ann: agreed" in list(lines(found))
    assert [(one["kind"], one["by"][0].get("who")) for one in found["clocks"][0]["events"]] == [("start", "ann")]
    assert found["clocks"][0]["next_ms"] == at(1 + 6.4)


@given(seed=st.integers(0, 2**64))
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_intervals_add_up_to_what_the_clock_shows(seed: int) -> None:
    dice = Random(seed)
    with transaction.atomic():
        save_office()
        store(thrown(dice, "ABC-1"))
        definition, as_of = define(dice.choice(POLICIES)), at(dice.randint(0, 240) / 2)
        found = explain(Issue.objects.get(), definition, as_of)
        assert list(found.clocks) == counted(definition, as_of).get("ABC-1", [])
        for clock, told in zip(found.clocks, found.json["clocks"], strict=True):
            for name, times in (("working_ms", clock.working), ("calendar_ms", clock.wall)):
                sums = dict.fromkeys(("running", "paused", "gap", "overdue"), 0)
                for part in told["intervals"]:
                    sums[part["counts_as"]] += part[name]
                assert sums["running"] + sums["overdue"] == times.elapsed
                assert sums["paused"] == times.paused
        assert ElementTree.fromstring(svg(found, as_of)) is not None
        assert json.loads(json.dumps(found.json)) == found.json
        assert all(isinstance(line, str) for line in lines(found.json))
        transaction.set_rollback(True)


def test_the_picture_says_in_words_what_its_colours_say() -> None:
    save_office()
    store(late_one(summary="<b>"))
    drawn = svg(explained(policy("3h", "office")), at(20))
    root = ElementTree.fromstring(drawn)
    said = [one.text or "" for one in root.iter() if one.tag.endswith(("text", "title"))]
    for word in ("runs: 2024-01-01T09:00", "paused: ", "overdue: ", "deadline", "breach", "stop", "critical"):
        assert any(word in one for one in said), word
    assert "url(#closed)" in drawn
    empty = svg(explained(policy(start=entered("77"))), at(20))
    assert "nothing started it" in empty


def test_the_command_explains_one_sla_or_all(tmp_path: Path) -> None:
    store(late_one())
    definition = define(policy())
    define(policy("20h"), "Slow")
    asked = ["sla", "explain", "ABC-1", "--as-of", text(at(20))]
    plain = CliRunner().invoke(app, asked)
    assert plain.exit_code == 0, plain.output
    assert "ABC-1: SLA" in plain.output
    assert "– 2024-01-01T20:00:00.000Z overdue: 39600000 − 36000000 = 3600000 ms; so far 9h 0m 0s" in plain.output
    picture = tmp_path / "clock.svg"
    found = CliRunner().invoke(app, [*asked, "--sla", str(definition.pk), "--json", "--svg", str(picture)])
    assert [one["sla"]["name"] for one in json.loads(found.stdout)] == ["Resolution"]
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["ABC-9"], "There is no work item ABC-9"),
        (["ABC-1", "--sla", "99"], "There is no SLA 99; `sojourn sla list` shows those there are."),
        (["ABC-1", "--svg", "x.svg"], "--svg draws the clock of one SLA"),
    ],
)
def test_wrong_use_is_told(options: list[str], said: str) -> None:
    store(late_one())
    define(policy())
    define(policy(), "Other")
    failed = CliRunner().invoke(app, ["sla", "explain", *options])
    assert isinstance(failed.exception, UserError)
    assert said in str(failed.exception)
    Definition.objects.update(enabled=False)
    assert "No SLA counts" in str(CliRunner().invoke(app, ["sla", "explain", "ABC-1"]).exception)
