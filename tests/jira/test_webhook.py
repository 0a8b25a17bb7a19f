"""Webhooks over real HTTP: who may send one, what it names, and that it comes to no more than that."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet

from sojourn import worker
from sojourn.jira import health, webhook
from sojourn.jira.models import Again, Connection, Delivery
from sojourn.jira.webhook import Sent
from tests.jira.hooked import SECRET, basic, connected, event, send, signature, signed
from tests.jobs.working import turn

pytestmark = pytest.mark.django_db(transaction=True)
BODY = event(issue={"id": "10001", "key": "TES-1"}, secret_word="ambergris")
NOW = datetime(2026, 2, 2, tzinfo=UTC)
OF_ITS_COMMENT = {"webhook-server-comment-created.json": "10013", "webhook-server-comment-updated.json": "10013"}


def asked(connection: Connection) -> list[str]:
    return sorted(connection.again.values_list("issue", flat=True))


@pytest.mark.parametrize("kind", ["cloud", "datacenter"])
def test_every_real_body_is_taken_and_names_its_work_item(live_server: Any, shared: Path, kind: str) -> None:
    files = sorted((shared / "jira" / "webhooks").glob("*.json"))
    assert len(files) == 41
    for number, file in enumerate(files):
        connection = connected(f"c{number}", kind)
        body = file.read_bytes()
        assert send(live_server.url, connection.name, body, signed(body)) == 200, file.name
        wanted = OF_ITS_COMMENT.get(file.name) or json.loads(body)["issue"]["id"]
        assert asked(connection) == [wanted], file.name
        connection.refresh_from_db()
        assert connection.webhook_at is not None


@pytest.mark.parametrize(
    ("kind", "more", "named"),
    [
        ("jira:issue_deleted", {"issue": {"id": "7", "key": "A-7"}}, ["7"]),
        ("jira:issue_updated", {"issue": {"key": "A-7"}}, ["A-7"]),
        ("jira:issue_updated", {"issue": {"id": 7}}, ["7"]),
        ("worklog_updated", {"worklog": {"id": "3", "issueId": "8"}}, ["8"]),
        ("issuelink_created", {"issueLink": {"id": 1, "sourceIssueId": 8, "destinationIssueId": 9}}, ["8", "9"]),
        ("comment_deleted", {"comment": {"id": "5"}, "issue": {"id": "6"}}, ["6"]),
        ("comment_created", {"comment": {"self": "https://j.example/jira/rest/api/2/issue/6/comment/5"}}, ["6"]),
        ("sprint_closed", {"sprint": {"id": 4, "name": "S"}}, []),
        ("jira:version_released", {"version": {"id": "4", "name": "1.0"}}, []),
        ("what nobody knows", {}, []),
        ("jira:issue_updated", {"issue": ["7"], "worklog": "8", "issueLink": None, "comment": {"self": 5}}, []),
        ("jira:issue_updated", {"issue": {"id": "7) or (1=1", "key": "A-7"}}, []),
        ("jira:issue_updated", {"issue": {"id": "٧"}}, []),
        ("jira:issue_updated", {"issue": {"key": "A-7\nWARNING forged"}}, []),
    ],
)
def test_events_name_work_items(kind: str, more: dict[str, Any], named: list[str]) -> None:
    connection = connected()
    body = event(kind, **more)
    assert webhook.accept("acme", Sent(body, signature(body)), NOW)
    assert asked(connection) == named


def test_what_people_and_projects_are_called_is_read_anew() -> None:
    connection = connected()
    Connection.objects.update(people_at=NOW, last_run_at=NOW)
    for kind, people_at, last_run_at in (
        ("jira:issue_updated", NOW, NOW),
        ("user_updated", None, NOW),
        ("project_deleted", None, None),
    ):
        body = event(kind)
        webhook.accept("acme", Sent(body, signature(body)), NOW)
        connection.refresh_from_db()
        assert (connection.people_at, connection.last_run_at) == (people_at, last_run_at)


def test_a_webhook_that_comes_again_is_known_by_its_identifier_or_its_body(live_server: Any) -> None:
    one, other = connected("one"), connected("other")

    def sent(name: str, body: bytes, identifier: str = "") -> tuple[int, int]:
        more = {"X-Atlassian-Webhook-Identifier": identifier} if identifier else {}
        assert send(live_server.url, name, body, signed(body, **more)) == 200
        return Again.objects.filter(connection=one).count(), sum(one.again.values_list("marks", flat=True))

    first, second = event(issue={"id": "1"}, n=1), event(issue={"id": "1"}, n=2)
    third, fourth = event(issue={"id": "1"}, n=3), event(issue={"id": "2"}, n=4)
    before = sent("one", first, "id-1")[1]
    assert sent("one", first, "id-1")[1] == before
    assert sent("one", second, "id-1")[1] == before  # the same event, told otherwise
    assert sent("one", first, "made up")[1] == before  # the header is not signed, the body is
    assert sent("one", first)[1] == before
    assert sent("one", third)[1] == before + 1
    assert sent("one", third)[1] == before + 1
    assert sent("one", fourth, "id-2")[0] == 2
    sent("other", first, "id-1")
    assert asked(other) == ["1"]


def test_two_that_come_at_once_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connected()
    monkeypatch.setattr(QuerySet, "exists", lambda self: False)  # neither sees the other
    assert webhook.accept("acme", Sent(BODY, signature(BODY)), NOW)
    marks = connection.again.get().marks
    assert not webhook.accept("acme", Sent(BODY, signature(BODY)), NOW)
    assert (connection.again.get().marks, Delivery.objects.count()) == (marks, 1)


R4: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "unsigned": (401, BODY, {}),
    "signed by another": (401, BODY, signed(BODY, "another secret of as many letters.")),
    "with the secret of another connection": (401, BODY, signed(BODY, "the secret of the other one")),
    "signed for another body": (401, BODY, signed(BODY + b" ")),
    "cut short": (401, BODY[:-9], signed(BODY)),
    "with sha1": (401, BODY, {"X-Hub-Signature": signature(BODY, method="sha1")}),
    "with sha512": (401, BODY, {"X-Hub-Signature": signature(BODY, method="sha512")}),
    "with md5, said to be sha256": (401, BODY, {"X-Hub-Signature": "sha256=" + signature(BODY, method="md5")[4:]}),
    "without the method": (401, BODY, {"X-Hub-Signature": signature(BODY)[7:]}),
    "with a part of the signature": (401, BODY, {"X-Hub-Signature": signature(BODY)[:-1]}),
    "with an empty signature": (401, BODY, {"X-Hub-Signature": "sha256="}),
    "with a signature that is no text": (401, BODY, {"X-Hub-Signature": "sha256=\xff\xfe"}),
    "with an empty secret": (401, BODY, signed(BODY, "")),
    "with the secret as a token": (401, BODY, {"Authorization": f"Bearer {SECRET}"}),
    "with the secret as a password, to Cloud": (401, BODY, basic()),
    "forged, of another form": (401, b"issue=10001", {"X-Hub-Signature": signature(BODY)}),
    "empty and unsigned": (401, b"", {}),
    "signed, and no JSON": (400, b"<html>", signed(b"<html>")),
    "signed, and half a JSON": (400, BODY[:-9], signed(BODY[:-9])),
    "signed, and no object": (400, b"[]", signed(b"[]")),
    "signed, and empty": (400, b"", signed(b"")),
    "signed, and of no text": (400, b"\xff\x00", signed(b"\xff\x00")),
    "signed, and nested without end": (400, b"[" * 100_000, signed(b"[" * 100_000)),
    "too large": (413, b" " * (1 << 20) + BODY, signed(b" " * (1 << 20) + BODY)),
    "said to be larger than anything": (413, b"", {**signed(b""), "Content-Length": "9" * 300}),
}


@pytest.mark.parametrize("case", R4)
def test_what_is_not_a_webhook_of_this_jira_changes_nothing_and_leaves_no_word_in_the_log(
    live_server: Any, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    connected()
    connected("other", secret="the secret of the other one")
    connected("none", secret=None)
    caplog.set_level(logging.DEBUG)
    status, body, headers = R4[case]
    assert send(live_server.url, "acme", body, headers) == status
    assert not Again.objects.exists()
    assert not Delivery.objects.exists()
    assert not Connection.objects.exclude(webhook_at=None).exists()
    assert [record for record in caplog.records if record.name != "django.server"] == []
    assert "ambergris" not in caplog.text


@pytest.mark.parametrize("name", ["nobody", "none", "a" * 300, "ACME"])
def test_nobody_learns_which_connections_there_are(live_server: Any, name: str) -> None:
    connected()
    connected("none", secret=None)
    statuses = [send(live_server.url, name, body, signed(body)) for body in (BODY, b"<html>")]
    wrong = [send(live_server.url, "acme", body, signed(body, "wrong")) for body in (BODY, b"<html>")]
    assert statuses == wrong == [401, 401]


@pytest.mark.parametrize(
    ("kind", "headers", "status"),
    [
        ("cloud", {"x-hub-signature": signature(BODY)}, 200),
        ("cloud", {"X-Hub-Signature": f"SHA256={signature(BODY)[7:].upper()}"}, 200),
        ("cloud", {"X-Hub-Signature": signature(BODY), "Authorization": "Bearer a.jwt.of-its-own"}, 200),
        ("datacenter", {"x-hub-signature": signature(BODY)}, 200),
        ("datacenter", basic(), 200),
        ("datacenter", basic(name=""), 200),
        ("datacenter", basic("wrong"), 401),
        ("datacenter", {"Authorization": "Basic ???"}, 401),
        ("datacenter", {**basic(), "X-Hub-Signature": signature(BODY, "wrong")}, 401),
    ],
)
def test_the_secret_is_shown_as_atlassian_documents(
    live_server: Any, kind: str, headers: dict[str, str], status: int
) -> None:
    connection = connected(kind=kind)
    assert send(live_server.url, "acme", BODY, headers) == status
    assert asked(connection) == (["10001"] if status == 200 else [])


def test_it_is_posted_and_nothing_else(live_server: Any) -> None:
    connected()
    assert send(live_server.url, "acme", b"", {}, "GET") == 405


def test_a_storm_of_forged_ones_writes_once_a_minute(
    live_server: Any, caplog: pytest.LogCaptureFixture, django_assert_num_queries: Callable[..., Any]
) -> None:
    connection = connected()
    sent = Sent(BODY, signature(BODY, "wrong"))
    for second in range(300):
        with pytest.raises(webhook.Unproven):
            webhook.accept("acme", sent, NOW + timedelta(seconds=second))
        connection.refresh_from_db()
        assert connection.webhook_refused_at == NOW + timedelta(seconds=second // 60 * 60)
    with django_assert_num_queries(1), pytest.raises(webhook.Unproven):
        webhook.accept("acme", sent, NOW + timedelta(seconds=299))
    with django_assert_num_queries(1), pytest.raises(webhook.Unproven):
        webhook.accept("nobody", sent, NOW)
    assert (Delivery.objects.count(), Again.objects.count(), caplog.records) == (0, 0, [])


def test_webhooks_are_forgotten_after_three_days() -> None:
    connected()
    step = next(loop.step for loop in worker.LOOPS if loop.name == "old webhooks")
    assert webhook.accept("acme", Sent(BODY, signature(BODY)), NOW)
    step(turn(lambda: NOW + timedelta(days=3)))
    assert not webhook.accept("acme", Sent(BODY, signature(BODY)), NOW)
    step(turn(lambda: NOW + timedelta(days=3, seconds=1)))
    assert webhook.accept("acme", Sent(BODY, signature(BODY)), NOW)


def test_that_only_forged_ones_come_is_a_problem_for_a_day() -> None:
    connected()

    def problems(days: float) -> list[str]:
        return [text for _, text in health.problems(NOW + timedelta(days=days))]

    Connection.objects.update(last_ok_at=NOW + timedelta(days=9))
    assert problems(0) == []
    with pytest.raises(webhook.Unproven):
        webhook.accept("acme", Sent(BODY, signature(BODY, "wrong")), NOW)
    [problem] = problems(0.9)
    assert "sojourn connect --webhook acme" in problem
    assert problems(1.1) == []
    webhook.accept("acme", Sent(BODY, signature(BODY)), NOW - timedelta(hours=5))
    assert problems(0) == []
