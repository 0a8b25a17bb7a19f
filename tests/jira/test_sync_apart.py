"""Reading in processes of their own: the same store, and no process that is left behind."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from sojourn.history.record import IssueRecord, Label, Ref
from sojourn.jira import access
from sojourn.jira.failures import JiraFailure, Unavailable
from sojourn.jira.payload import Reader
from sojourn.jira.simulator import Fault, changes
from sojourn.jira.sync import apart, past, task
from sojourn.jira.sync.packed import pack, pack_record, unpack, unpack_record
from sojourn.jira.sync.pauses import Pauses
from sojourn.jira.sync.reading import Chunk, Reading
from sojourn.jira.window import Window
from sojourn.net import Route
from tests.jira.simulated import made_up
from tests.jira.syncing import Synced, synced
from tests.jobs.stores import until

FACES = ("cloud", "datacenter")
READS: dict[str, Any] = {"custom_fields": (), "keep_texts": False}


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[apart.Processes]:
    """The processes that were begun: everything is read by them."""
    found: list[apart.Processes] = []
    start = apart.Apart._start

    def started(self: apart.Apart) -> Any:
        found.append(start(self))
        return found[-1]

    monkeypatch.setattr(past, "LONG", 0)
    monkeypatch.setattr(apart.Apart, "_start", started)
    return found


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    with synced(monkeypatch, settings, "cloud", 150) as scene:
        yield scene


def test_what_is_packed_is_the_same_when_it_is_unpacked() -> None:
    """Of all that the demo has, and of texts that are kept."""
    reader = Reader(["customfield_10016"], keep_texts=True)
    labels: dict[Ref, Label] = {}
    records = {}
    for item in made_up(200).items.values():
        comments = {"comments": item.comments, "total": len(item.comments)}
        changelog = {"histories": item.histories, "total": len(item.histories)}
        fields = {**item.fields, "comment": comments, "description": "a text", "duedate": "2024-01-31"}
        issue = {"id": item.id, "key": item.key, "fields": fields, "changelog": changelog}
        records[item.id] = reader.read(issue, labels)
    chunk = Chunk(records, labels, {"1": "no sense"}, ["2"], "cursor", "3", is_end_of_page=True)
    packed = replace(chunk, records={key: pack_record(one) for key, one in records.items()})
    found = unpack(pack(packed))
    assert found == packed
    assert {key: unpack_record(one, found.labels) for key, one in found.records.items()} == records


@pytest.mark.django_db
@pytest.mark.parametrize("face", FACES)
def test_a_site_that_is_read_apart_is_the_same(
    face: str, begun: list[Any], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    with synced(monkeypatch, settings, face, 250) as played:
        assert played.sync().state == "finished"
        assert played.there() == played.seen()
        assert len(begun) == 1
        assert None not in [process.poll() for process in begun[0]]
        monkeypatch.setattr(past, "LONG", 10**9)
        assert played.dump() == played.fresh()
        assert len(begun) == 1


@pytest.mark.django_db
def test_what_goes_wrong_apart_is_told_here(played: Synced, begun: list[Any]) -> None:
    played.simulator.faults.add(Fault("then", "bulkfetch", then=lambda: changes.revoke(played.simulator.site, 0)))
    job = played.sync()
    assert job.state == "failed"
    assert "the API token is wrong, revoked or expired" in played.connection.refused
    assert played.statuses().count(401) <= 3
    assert None not in [process.poll() for process in begun[0]]


@pytest.mark.django_db
@pytest.mark.parametrize("which", apart.Processes._fields)
def test_a_process_that_dies_costs_no_more_than_the_next_sync(which: str, played: Synced, begun: list[Any]) -> None:
    def die() -> None:
        getattr(begun[-1], which).kill()

    played.simulator.faults.add(Fault("then", "bulkfetch", after=1, then=die))
    job = played.sync()
    assert job.state == "failed"
    assert job.problem == "the process that read from Jira ended; the sync goes on where it was"
    assert played.sync().state == "finished"
    assert played.there() == played.seen()


@pytest.mark.django_db
def test_a_long_wait_apart_puts_the_job_back(played: Synced, begun: list[Any]) -> None:
    told = {"Retry-After": "600"}
    played.simulator.faults.add(Fault("status", "issue/bulkfetch", status=429, headers=told))
    began = played.now()
    assert played.sync().state == "finished"
    assert (played.now() - began).total_seconds() >= 600
    assert len(begun) == 2


@pytest.fixture
def reading(played: Synced, begun: list[Any]) -> Iterator[Reading]:
    """A reading that reads everything apart."""
    elsewhere = apart.Apart(access.jira(played.connection), access.route(), READS, "acme")
    pauses = Pauses(lambda: None)
    with task.open_source(played.connection, pauses) as source, closing(elsewhere):
        yield Reading(source, Reader(), pauses, lambda: None, elsewhere)


FIRST, SECOND = Window("10001", newest_first=True), Window("10002", newest_first=True)


def ids(chunks: Iterable[Chunk[IssueRecord]]) -> list[str]:
    return [key for chunk in chunks for key in chunk.records]


@pytest.mark.django_db
def test_the_next_window_is_read_ahead_by_the_same_process(played: Synced, reading: Reading, begun: list[Any]) -> None:
    first, second = (ids(reading.window(one, "", "", is_long=True)) for one in (FIRST, SECOND))
    assert first
    assert second
    assert not set(first) & set(second)
    assert ids(reading.window(FIRST, "", "", is_long=True, then=SECOND)) == first
    until(lambda: len(played.statuses("search/jql")) == 4)  # nobody has asked for the second yet
    assert ids(reading.window(SECOND, "", "", is_long=True)) == second
    assert len(begun) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["by id", "another window", "another place"])
def test_what_was_read_ahead_is_forgotten_where_something_else_is_read(
    played: Synced, reading: Reading, begun: list[Any], asked: str
) -> None:
    """Else what was deleted since, and marked so, would come back."""
    first, second = (ids(reading.window(one, "", "", is_long=True)) for one in (FIRST, SECOND))
    assert ids(reading.window(FIRST, "", "", is_long=True, then=SECOND)) == first
    changes.delete(played.simulator.site, second[3])
    if asked == "by id":
        assert [chunk.gone for chunk in reading.these([second[3]])] == [[second[3]]]
    elif asked == "another window":
        assert ids(reading.window(FIRST, "", "", is_long=True)) == first
    else:
        assert ids(reading.window(SECOND, "", second[1], is_long=True)) == [second[2], *second[4:]]
    assert ids(reading.window(SECOND, "", "", is_long=True)) == [*second[:3], *second[4:]]
    assert len(begun) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("answered", [0, 1])
def test_they_end_while_jira_has_them_wait(played: Synced, answered: int) -> None:
    """Whether or not there is something to tell that nobody hears any more."""
    told = {"Retry-After": "50"}
    fault = Fault("status", "issue/bulkfetch", status=429, headers=told, times=100, after=answered)
    played.simulator.faults.add(fault)
    begun = apart.Apart(access.jira(played.connection), access.route(), READS, "acme")

    def read() -> None:
        with pytest.raises(Unavailable, match="the process that read from Jira ended"):
            list(begun.chunks(Window(), "", ""))

    reading = threading.Thread(target=read)
    reading.start()
    until(lambda: 429 in played.statuses("issue/bulkfetch"))
    processes = begun._processes
    assert processes is not None
    assert processes.fetching.stdin is not None
    processes.fetching.stdin.close()
    assert [process.wait(20) for process in processes] == [0, 0]
    reading.join()


@pytest.mark.django_db
def test_what_must_not_be_called_is_told_here(played: Synced) -> None:
    begun = apart.Apart(access.jira(played.connection), Route(), READS, "acme")
    with closing(begun), pytest.raises(JiraFailure, match="an administrator can open it with SOJOURN_ALLOW_PRIVATE"):
        next(begun.chunks(Window(), "", ""))


@pytest.mark.django_db
@pytest.mark.parametrize("is_reading", [False, True])
def test_they_end_when_the_process_that_began_them_is_gone(played: Synced, is_reading: bool) -> None:
    begun = apart.Apart(access.jira(played.connection), access.route(), READS, "acme")
    if is_reading:
        chunks = begun.chunks(Window(), "", "")
        next(chunks)
    else:
        begun._start()
    processes = begun._processes
    assert processes is not None
    for stream in (processes.understanding.stdout, processes.fetching.stdin):
        assert stream is not None
        stream.close()
    assert [process.wait(60) for process in processes] == [0, 0]
