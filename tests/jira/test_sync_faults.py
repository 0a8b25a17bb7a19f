"""Syncs of a Jira that fails, limits, lies about its pages, revokes and holds nonsense: R5 to R8 and R17."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from django.db import DataError, OperationalError

from sojourn.history.dictionary import Dictionary
from sojourn.history.models import Issue, Value
from sojourn.history.write import Writer
from sojourn.jira import connecting, health
from sojourn.jira.simulator import BucketLimits, CloudLimits, Fault, changes
from sojourn.jira.simulator.limits import refusal
from sojourn.jira.sync import past
from sojourn.jira.sync.hand import Hand
from sojourn.sealed import Secret
from tests.jira.simulated import NOW_MS
from tests.jira.syncing import Synced, synced
from tests.jira.test_faults import REASONS

FACES = ("cloud", "datacenter")
ITEMS = 160
pytestmark = pytest.mark.django_db
Play = Callable[..., Any]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Play:
    """A scene whose pages of ids are short, so that there are many."""
    monkeypatch.setattr("sojourn.jira.cloud.MOST_IDS", 20)
    monkeypatch.setattr("sojourn.jira.datacenter.MOST_IDS", 20)
    return lambda face="cloud", items=ITEMS: synced(monkeypatch, settings, face, items)


def ended(job: Any) -> str:
    """How a job ended, with what it says of it."""
    return f"{job.state} {job.problem}".strip()


def is_whole(played: Synced) -> bool:
    """Whether everything is there, once, and nothing else."""
    return played.there() == played.seen() and Issue.objects.count() == len(played.simulator.site.items)


@pytest.mark.parametrize("wait_s", [None, 3])
@pytest.mark.parametrize("reason", REASONS)
def test_a_sync_waits_as_it_is_asked_to_and_is_never_refused_twice_in_a_row(
    play: Play, reason: str, wait_s: int | None
) -> None:
    with play() as played:
        for endpoint in ("search/jql", "issue/bulkfetch", "changelog", "serverInfo", "project"):
            told = refusal(reason, wait_s, NOW_MS + 30_000 if "quota" in reason else None, has_seconds=True)
            played.simulator.faults.add(
                Fault("status", endpoint, after=int(endpoint != "project"), status=429, headers=told)
            )
        assert ended(played.sync()) == "finished"
        assert is_whole(played)
        found = played.statuses()
        assert found.count(429) == 5
        assert (429, 429) not in list(pairwise(found))


def test_a_sync_that_has_to_wait_long_lets_its_worker_do_something_else(play: Play) -> None:
    with play() as played:
        told = refusal("jira-quota-tenant-based", None, NOW_MS + 1_800_000, has_seconds=True)
        played.simulator.faults.add(Fault("status", "issue/bulkfetch", after=1, status=429, headers=told))
        began = played.now()
        assert ended(played.sync()) == "finished"
        assert played.now() - began >= timedelta(minutes=30)
        assert max(played.waits, default=0) <= 60
        at = [call.at_ms for call in played.calls]
        assert max(later - earlier for earlier, later in pairwise(at)) >= 1_800_000
        assert is_whole(played)


@pytest.mark.parametrize(
    ("face", "limits"),
    [("cloud", CloudLimits(burst=4, points=600)), ("datacenter", BucketLimits(size=6, fill=3, interval_s=2))],
)
def test_a_sync_under_limits_takes_long_and_is_not_refused(play: Play, face: str, limits: Any) -> None:
    with play(face) as played:
        played.simulator.limits = limits
        assert ended(played.sync()) == "finished"
        assert is_whole(played)
        found = played.statuses()
        assert (429, 429) not in list(pairwise(found))


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("kind", ["html", "truncated", "cut", "status"])
def test_a_sync_gets_over_answers_that_are_none(play: Play, face: str, kind: Any) -> None:
    with play(face) as played:
        for after in (0, 3, 9, 14):
            played.simulator.faults.add(Fault(kind, after=after, times=2, status=503))
        assert ended(played.sync()) == "finished"
        assert is_whole(played)


def test_a_jira_that_is_down_fails_the_sync_says_so_and_is_gone_on_with_when_it_is_back(play: Play) -> None:
    with play() as played:
        played.simulator.faults.add(Fault("status", "issue/bulkfetch", after=2, times=10_000, status=502))
        job = played.sync()
        assert job.state == "failed"
        assert "answers with status 502; it was tried 4 times" in job.problem
        assert played.connection.last_problem == job.problem
        there = len(played.there())
        assert [problem for _, problem in health.problems(played.now())] == [job.problem]
        played.simulator.faults.clear()
        played.pass_by(minutes=5)
        played.calls.clear()
        assert ended(played.sync()) == "finished"
        assert is_whole(played)
        assert played.connection.last_problem == ""
        assert there > 0
        assert list(health.problems(played.now())) == []


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("kind", ["early end", "repeated page", "lost token"])
@pytest.mark.parametrize("after", [1, 4])
def test_pages_that_are_not_what_they_should_be_cost_nothing(play: Play, face: str, kind: Any, after: int) -> None:
    search = "search/jql" if face == "cloud" else "/search"
    with play(face) as played:
        played.simulator.faults.add(Fault(kind, search, after=after))
        job = played.sync()
        if "next page token is invalid" in job.problem:  # said of a call that had none: no answer to go on from
            job = played.sync()
        assert ended(job) == "finished"
        assert is_whole(played)


def test_a_sweep_that_ended_early_is_told_as_drift(play: Play) -> None:
    with play() as played:
        played.sync()
        played.pass_by(minutes=20)
        for number in range(60):
            changes.edit(played.simulator.site, f"{10_001 + number}", "summary", "All of them")
        played.simulator.faults.add(Fault("early end", "search/jql", times=2))
        job = played.sync()
        assert Issue.objects.filter(summary="All of them").count() == 60
        assert any("had missed 40 work items" in line.text for line in job.log.all())
        assert {state.drift for state in played.connection.projects.all()} == {40}


@pytest.mark.parametrize("face", FACES)
def test_what_happens_while_it_is_swept_is_not_lost(play: Play, face: str) -> None:
    """Work items that change jump to the other end of the sweep, and move those behind them by a place."""
    search = "search/jql" if face == "cloud" else "/search"
    with play(face) as played:
        site = played.simulator.site
        doings = [
            lambda: changes.edit(site, "10010", "summary", "Changed"),
            lambda: changes.delete(site, "10020"),
            lambda: changes.create(site, {"fields": {**site.items["10030"].fields, "summary": "Created"}}),
            lambda: changes.move(site, "10040", min(site.projects)),
            lambda: changes.transition(site, "10050", "10002"),
        ]
        for number, doing in enumerate(doings):
            played.simulator.faults.add(Fault("then", search, after=2 * number + 1, then=doing))
        played.sync()
        played.pass_by(minutes=5)
        played.sync()
        assert played.there() == played.seen()
        assert Issue.objects.get(jira_id="10010").summary == "Changed"
        assert Issue.objects.get(jira_id="10050").status.key == "10002"
        assert played.dump() == played.fresh()


@pytest.mark.parametrize("face", FACES)
def test_revoked_credentials_end_a_sync_at_once_and_no_call_is_made_until_they_are_renewed(
    play: Play, face: str
) -> None:
    with play(face) as played:
        site = played.simulator.site
        played.simulator.faults.add(Fault("then", "bulkfetch" if face == "cloud" else "search", after=4))
        played.simulator.faults._waiting[-1].then = lambda: changes.revoke(site, 0)
        job = played.sync()
        assert job.state == "failed"
        assert 1 <= played.statuses().count(401) <= 3
        assert played.connection.refused == job.problem
        assert played.connection.refused_at == played.now()
        assert site.accounts[0].refused <= 3
        played.calls.clear()
        assert "No call is made until then" in played.sync().problem
        assert played.calls == []
        [(name, problem)] = health.problems(played.now())
        assert (name, f"sojourn connect --renew {name}" in problem) == ("acme", True)
        site.accounts[0].is_revoked, site.accounts[0].secret = False, "another"
        connecting.keep(_with(played, secret=Secret("another")), "")
        assert ended(played.sync()) == "finished"
        assert is_whole(played)


def _with(played: Synced, **given: Any) -> Any:
    return connecting.drafted(played.connection.name, played.connection.url, played.connection.kind, **given)


STRANGER = "712020:stranger"
"""Whom only a work item names that makes no sense."""

HOSTILE: dict[str, Callable[[Any], Any]] = {
    "a created that is no instant": lambda item: item.histories[0].update(created="never"),
    "an instant after all calendars": lambda item: item.histories[0].update(created="9999-12-31T23:59:59.999+0000"),
    # Data Center's simulator itself breaks over these, as a Jira may, with status 500 for all at once.
    "histories that are no objects": lambda item: item.histories.append("no object"),
    "comments that are no objects": lambda item: item.comments.append(["no", "object"]),
    "a status that is none": lambda item: item.fields.update(resolutiondate={"no": "instant"}),
    "a date that is none": lambda item: item.fields.update(duedate="31.1.2024"),
}
ODD: dict[str, Callable[[Any], Any]] = {
    "a NUL": lambda item: item.fields.update(summary="a\0b"),
    "half a character": lambda item: item.fields.update(summary="a\\ud800b"),
    "a number out of range": lambda item: item.fields.update(customfield_1=10**18),
    "a very long summary": lambda item: item.fields.update(summary="x" * 300_000),
    "markup": lambda item: item.fields.update(summary="<script>alert(1)</script>' OR 1=1 --"),
}


@pytest.mark.parametrize(("face", "what"), list(product(FACES, HOSTILE)))
def test_a_work_item_that_makes_no_sense_is_left_out_counted_and_tried_again(play: Play, face: str, what: str) -> None:
    with play(face) as played:
        site = played.simulator.site
        item = next(item for item in site.items.values() if item.histories)
        kept = (dict(item.fields), [dict(one) for one in item.histories], list(item.comments))
        item.fields["creator"] = item.fields["reporter"] = {"accountId": STRANGER, "displayName": "A stranger"}
        HOSTILE[what](item)
        assert ended(played.sync()) == "finished"
        assert played.seen() - played.there() == {item.id}
        [row] = played.connection.again.all()
        assert (row.issue, row.tries) == (item.id, 1)
        assert row.problem
        assert not Value.objects.filter(key=STRANGER).exists()
        assert any("1 work items could not be read" in problem for _, problem in health.problems(played.now()))
        played.pass_by(minutes=15)
        played.sync()
        [row] = played.connection.again.all()
        assert row.tries == 2
        item.fields, item.histories, item.comments = kept
        item.cache.clear()
        played.pass_by(minutes=25)
        played.sync()
        assert is_whole(played)
        assert not played.connection.again.exists()


@pytest.mark.parametrize("spoil", ODD.values(), ids=ODD)
def test_what_is_odd_and_makes_sense_is_kept(play: Play, spoil: Callable[[Any], Any]) -> None:
    with play() as played:
        spoil(next(iter(played.simulator.site.items.values())))
        assert ended(played.sync()) == "finished"
        assert is_whole(played)
        assert not played.connection.again.exists()


def test_a_work_item_that_the_store_does_not_take_is_left_out_alone(play: Play, monkeypatch: Any) -> None:
    write = Writer.write

    def choosy(self: Writer, records: Any) -> Any:
        done = write(self, records)
        if any(record.jira_id == "10007" for record in records):
            raise OverflowError("too large for this store")
        return done

    monkeypatch.setattr(Writer, "write", choosy)
    with play() as played:
        assert ended(played.sync()) == "finished"
        assert played.seen() - played.there() == {"10007"}
        [row] = played.connection.again.all()
        assert row.problem == "the store does not take it: OverflowError; the log says more"


@pytest.mark.parametrize("is_apart", [False, True])
def test_a_work_item_with_a_value_that_the_store_does_not_take_is_left_out_alone(
    play: Play, monkeypatch: Any, is_apart: bool
) -> None:
    """Also where it came with others from another process, each with the names that any of them uses."""
    made = Dictionary._made

    def choosy(self: Dictionary, ref: Any, label: Any) -> Any:
        if label.name == "unfit":
            raise DataError("value too long")
        return made(self, ref, label)

    monkeypatch.setattr(Dictionary, "_made", choosy)
    monkeypatch.setattr(past, "LONG", 0 if is_apart else 10**9)
    with play() as played:
        item = played.simulator.site.items["10007"]
        item.fields["labels"] = ["unfit"]
        item.cache.clear()
        assert ended(played.sync()) == "finished"
        assert played.seen() - played.there() == {"10007"}
        assert not Value.objects.filter(name="unfit").exists()


def test_a_store_that_is_full_or_locked_is_no_fault_of_work_items() -> None:
    class Full:
        def write(self, _: Any) -> Any:
            raise OperationalError("database or disk is full")

    hand: Any = Hand(*[None] * 4, Full())  # type: ignore[arg-type]
    with pytest.raises(OperationalError):
        hand._write([])
