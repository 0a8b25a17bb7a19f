"""Resets and extensions of the clock of a work item through REST."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import granting, tokens
from sojourn.history.models import Issue
from sojourn.sla.clocks import write
from sojourn.sla.models import Change, Definition, Reset
from tests.api.asking import Ask, problem
from tests.builders import issue, store
from tests.sla.defining import BORN, define, policy, save_office

HOUR = 3_600_000


@pytest.fixture
def where(db: None) -> str:
    """The address of the SLAs of a work item of which one runs since 2024, under office hours of eight a day."""
    save_office()
    store(issue("ABC-1"))
    definition = define(policy("4h", calendar="office"))
    write(Issue.objects.all(), [definition], BORN + HOUR)
    return f"/issues/ABC-1/slas/{definition.pk}"


def test_a_deadline_is_extended_listed_and_the_extension_undone(edit: Ask, where: str) -> None:
    before = edit.get("/issues/ABC-1/slas")["values"][0]["ongoingCycle"]["breachTime"]["epochMillis"]
    made = edit.post(f"{where}/extensions", {"by": "1d 1h", "reason": "agreed"})
    assert (made["what"], made["by_ms"], made["basis"], made["who"]) == ("extension", 9 * HOUR, "target", "bob")
    after = edit.get("/issues/ABC-1/slas")["values"][0]["ongoingCycle"]["breachTime"]["epochMillis"]
    assert after > before
    assert edit("DELETE", f"{where}/extensions/{made['id']}?reason=a+mistake").status_code == 204
    (listed,) = edit.get(f"{where}/by-hand")["values"]
    assert (listed["reason"], listed["undone_by"]) == ("agreed", "bob")
    assert edit.get("/issues/ABC-1/slas")["values"][0]["ongoingCycle"]["breachTime"]["epochMillis"] == before
    log = Change.objects.order_by("pk").values_list("what", "who", "reason")
    assert list(log)[-2:] == [("extension", "bob", "agreed"), ("extension undone", "bob", "a mistake")]


def test_a_clock_is_reset_for_an_instant(edit: Ask, where: str) -> None:
    made = edit.post(f"{where}/resets", {"at": "2024-01-03T10:00Z", "reason": "called back"})
    assert (made["what"], made["at"], made["reset_kind"]) == ("reset", "2024-01-03T10:00:00.000Z", "restart")
    cycle = edit.get("/issues/ABC-1/slas")["values"][0]["ongoingCycle"]
    assert cycle["startTime"]["iso8601"] == "2024-01-03T10:00:00.000Z"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/extensions", {"by": "soon"}, 400, "by"),
        ("POST", "/extensions", {"by": "0h"}, 400, "above 0"),
        ("POST", "/extensions", {"by": "1h", "basis": "then"}, 400, "basis"),
        ("POST", "/resets", {"at": "2099-01-01"}, 400, "until now"),
        ("POST", "/resets", {"kind": "undo"}, 400, "kind"),
        ("DELETE", "/resets/77", None, 404, "no such one among the resets"),
        ("DELETE", "/others/77", None, 400, "which"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_done(
    edit: Ask, where: str, method: str, path: str, body: dict[str, str] | None, status: int, said: str
) -> None:
    assert said in str(problem(edit(method, where + path, body), status))
    assert edit.get(f"{where}/by-hand")["values"] == []


def test_a_work_item_that_is_not_seen_is_not_there(client: Client, where: str) -> None:
    get_user_model().objects.create_user("ann")
    granting.give("ann", "sla-manager")
    ann = Ask(client, tokens.create("ann", ["read", "write"], timezone.now(), None))
    for method, more, body in (
        ("POST", "/resets", {}),
        ("POST", "/extensions", {"by": "1h"}),
        ("GET", "/by-hand", None),
        ("DELETE", "/resets/1", None),
    ):
        assert "ABC-1" in problem(ann(method, where + more, body), 404)["detail"]
    assert not Reset.objects.exists()


def test_it_takes_the_scope_to_write(ask: Ask, where: str) -> None:
    problem(ask("POST", f"{where}/resets", {}), 403)
    assert Definition.objects.count() == 1
    assert ask.get(f"{where}/by-hand")["values"] == []
