"""A draft is tried on real work items: counts, histogram, what changes, and what is doubtful."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sojourn.calendars import store as calendars
from sojourn.core.sla.parse import read_policy
from sojourn.errors import Refused
from sojourn.history.models import Issue, Site
from sojourn.sla.models import Clock
from sojourn.sla.preview import preview
from tests.builders import change, issue, store
from tests.core.calendar_help import HOUR
from tests.sla.defining import BORN, OFFICE, define, entered, policy, save_office, text

pytestmark = pytest.mark.django_db


def done_after(hours: int, key: str) -> dict[str, Any]:
    return issue(key, "Done", change(text(BORN + hours * HOUR), "status", "Open", "Done"))


AS_OF = BORN + 20 * HOUR
HOUR_GOAL = {"calendar": "7x24", "duration": "1h"}


def three() -> None:
    store(done_after(3, "ABC-1"), done_after(9, "ABC-2"), issue("ABC-3", "Waiting"))


def test_clocks_are_counted_by_goal_state_and_verdict() -> None:
    three()
    goals = [
        {"name": "Waiting", "jql": "status = Waiting", "calendar": "7x24", "no_target": True},
        {"name": "Others", "calendar": "7x24", "duration": "8h"},
    ]
    found = preview(policy(goals=goals, scope="key != ABC-9"), AS_OF)
    assert (found.looked_at, found.without_clock, found.difference) == (3, 0, None)
    assert [goal["clocks"] for goal in found.goals] == [
        [{"state": "PAUSED", "verdict": "STILL", "count": 1}],
        [
            {"state": "FINISHED", "verdict": "SUCCESS", "count": 1},
            {"state": "FINISHED", "verdict": "EXCEED", "count": 1},
        ],
    ]
    assert found.histogram == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    assert not Clock.objects.exists()


def test_a_scope_leaves_work_items_without_a_clock() -> None:
    three()
    assert preview(policy(scope="key = ABC-1"), AS_OF).without_clock == 2


def test_verdicts_that_would_change_are_named() -> None:
    three()
    definition = define(policy())
    found = preview(policy("2h"), AS_OF, definition=definition)
    assert str(found.difference) == "1 verdict changes: SUCCESS → EXCEED 1"
    assert found.changes == [("ABC-1", "SUCCESS", "EXCEED")]
    only = preview(policy("2h"), AS_OF, Issue.objects.filter(key="ABC-2"), definition)
    assert (only.looked_at, str(only.difference)) == (1, "0 verdicts change")


def test_a_draft_that_would_listen_to_itself_is_refused() -> None:
    definition = define(policy())
    other = define(policy(start={"event": f"sla:{definition.pk}", "kinds": ["stopped"]}))
    with pytest.raises(Refused, match="would listen to itself"):
        preview(policy(start={"event": f"sla:{other.pk}", "kinds": ["stopped"]}), AS_OF, definition=definition)


@pytest.mark.parametrize(
    ("said", "warning"),
    [
        (policy(start=entered("5")), "start and stop are the same"),
        (policy(start=entered("5"), stop=entered("5", "3")), "start: status entered 5 also stops the clock"),
        (policy(pause={"field": "status", "is": ["5"]}), "pause: status is 5 can never pause the clock"),
        (policy(stop=entered("5", "77")), "stop: there is no status 77 any more at Test"),
        (
            policy(goals=[HOUR_GOAL, {**HOUR_GOAL, "jql": "key = A-1"}]),
            "goals[1]: never counts, since goals[0] takes all",
        ),
        (
            policy(goals=[{"calendar": "7x24", "duration": "1h", "jql": "status = Open"}] * 2),
            "goals[1]: never counts, since goals[0] has the same query",
        ),
        (policy("1d", "uneven"), "goals[0]: the days of the calendar uneven are not equally long; a day in '1d' is 8"),
        (policy("1h", "past"), "goals[0]: the calendar past has no working time in the coming year"),
        (policy(scope="labels = red"), "the history of the field labels is not kept"),
        (policy(scope="status = Nowhere"), "the field status never was 'Nowhere'"),
    ],
)
def test_what_is_doubtful_is_named(said: dict[str, Any], warning: str) -> None:
    from django.utils import timezone

    three()
    store(issue("ABC-4", "In progress"))
    week = {**OFFICE["week"], "fri": [["09:00", "12:00"]]}
    calendars.save({"name": "uneven", "tz": "UTC", "week": week}, now=timezone.now())
    once = {"name": "past", "tz": "UTC", "week": {}, "special_hours": {"2020-01-01": [["09:00", "12:00"]]}}
    calendars.save(once, now=timezone.now())
    told = preview(said, AS_OF).warnings
    assert [one[: len(warning)] for one in told if one.startswith(warning)] == [warning], told


def test_nothing_is_doubtful_about_a_plain_policy() -> None:
    three()
    save_office()
    assert preview(policy("8h", "office"), AS_OF).warnings == []
    assert read_policy(policy()).goals
    assert Site.objects.count() == 1


def test_the_command_prints_it_or_gives_json(tmp_path: Path) -> None:
    from sojourn.cli import main  # noqa: F401 - the commands are there
    from sojourn.cli.app import app

    three()
    definition = define(policy())
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy("2h", pause={"field": "status", "is": ["5"]})))
    asked = ["sla", "preview", str(file), "--as-of", text(AS_OF)]
    plain = CliRunner().invoke(app, [*asked, "--sla", str(definition.pk)])
    assert plain.exit_code == 0, plain.output
    assert "3 work items, 0 without a clock" in plain.output
    assert "\tFINISHED\tEXCEED\t2\n" in plain.output
    assert "2 verdicts change: STILL → EXCEED 1, SUCCESS → EXCEED 1" in plain.output
    assert "ABC-1\tSUCCESS → EXCEED" in plain.output
    assert "Warning: pause: status is 5 can never pause" in plain.output
    found = json.loads(CliRunner().invoke(app, [*asked, "--jql", "key = ABC-1", "--json"]).stdout)
    assert (found["looked_at"], found["difference"]) == (1, None)
