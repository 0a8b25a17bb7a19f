"""The store: the same history, however and however often it arrives, ends in the same store; and nothing by halves."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zstandard
from django.db import Error, transaction
from hypothesis import given
from hypothesis import strategies as st

from sojourn.history import dump
from sojourn.history.dictionary import Dictionary
from sojourn.history.models import Issue, Project, RawIssue, Site, Timeline, Value
from sojourn.history.packing import pack, unpack
from sojourn.history.record import DECLARED, FROM_PRESENT, Label, Ref, keep_better
from sojourn.history.write import Writer, Written
from sojourn.jira.payload import Reader
from tests.builders import change, issue, status
from tests.core.calendar_help import ms

pytestmark = pytest.mark.django_db
T1, T2, T3, T4 = (f"2024-01-0{day}T09:00:00.000+0000" for day in (2, 3, 4, 5))


def read(payload: dict[str, Any]) -> Any:
    return Reader().read(payload)


def write(*payloads: dict[str, Any], writer: Writer | None = None) -> Written:
    return (writer or Writer("Test")).write([read(payload) for payload in payloads])


def forget(name: str = "Test") -> None:
    Issue.objects.filter(site__name=name).delete()
    Site.objects.get(name=name).delete()


def lines() -> list[str]:
    return list(dump.lines())


def line(key: str) -> dict[str, Any]:
    [found] = [one for one in map(json.loads, lines()) if one.get("key") == key and "jira_id" in one]
    return dict(found)


def versions() -> dict[str, int]:
    return dict(Issue.objects.values_list("key", "row_version"))


ONE = issue("ABC-1", "Done", change(T1, "status", "Open", "Done"), updated=T2)
TWO = issue("ABC-2", "Open", updated=T2)


def test_what_says_the_same_again_changes_nothing() -> None:
    assert write(ONE, TWO) == Written(written=2)
    before, told = lines(), versions()
    assert write(TWO, ONE) == Written(unchanged=2)
    assert (lines(), versions()) == (before, told)


def test_row_versions_rise_with_every_write() -> None:
    writer = Writer("Test")
    write(ONE, TWO, writer=writer)
    first = versions()
    assert len(set(first.values())) == 2
    write({**ONE, "fields": {**ONE["fields"], "summary": "New", "updated": T3}}, writer=Writer("Test"))
    second = versions()
    assert second["ABC-1"] > max(first.values())
    assert second["ABC-2"] == first["ABC-2"]
    assert Site.objects.get().row_version >= max(second.values())


def test_a_newer_export_replaces_the_work_item_whole() -> None:
    assigned = change(T1, "assignee", None, "Ann", **{"from": None, "to": "a"})
    write(issue("ABC-1", "Open", assigned, assignee={"accountId": "a"}, updated=T2, labels=["old"]))
    newer = issue("ABC-1", "Done", change(T3, "status", "Open", "Done"), updated=T3, summary="Other words")
    assert write(newer) == Written(written=1)
    told = line("ABC-1")
    assert told["timelines"].keys() == {"status", "project"}
    assert (told["summary"], told["assignee"], "labels" in told["fields"]) == ("Other words", None, False)
    raw = json.loads(zstandard.decompress(bytes(RawIssue.objects.get().payload)))
    assert [history["created"] for history in raw["changelog"]["histories"]] == [T3]
    assert (Issue.objects.count(), RawIssue.objects.count()) == (1, 1)


def test_an_older_export_changes_nothing_whether_in_one_batch_or_two() -> None:
    newer = issue("ABC-1", "Done", change(T1, "status", "Open", "Done"), updated=T3)
    older = issue("ABC-1", "Open", updated=T2)
    write(newer)
    told, item = lines(), line("ABC-1")
    assert write(older) == Written(older=1)
    assert line("ABC-1") == item
    assert len(lines()) == len(told), "it knew no more, but the category of a status"
    told = lines()
    forget()
    assert write(newer, older) == Written(written=1, older=1)
    assert lines() == told


def test_of_two_exports_of_one_moment_a_cut_history_does_not_replace_a_whole_one() -> None:
    whole = issue("ABC-1", "Done", change(T1, "status", "Open", "Done"), updated=T2)
    cut = {**whole, "changelog": {"histories": [], "total": 1}}
    write(whole)
    assert write(cut) == Written(poorer=1)
    forget()
    write(cut)
    assert line("ABC-1")["flags"] == ["history_incomplete"]
    assert write(whole) == Written(written=1)
    assert line("ABC-1")["flags"] == []


def test_of_two_exports_of_one_moment_the_later_one_counts() -> None:
    write(issue("ABC-1", updated=T2, customfield_1="before"))
    assert write(issue("ABC-1", updated=T2, customfield_1="after")) == Written(written=1)
    assert line("ABC-1")["fields"]["customfield_1"] == "after"


def test_a_work_item_that_was_deleted_comes_back_when_it_is_told_again() -> None:
    write(ONE)
    Issue.objects.update(deleted_ms=5)
    assert write(ONE) == Written(written=1)
    assert line("ABC-1")["deleted_ms"] is None


def test_numbers_of_the_store_do_not_show_in_a_dump() -> None:
    write(ONE, TWO)
    told = lines()
    forget()
    write(issue("ZZZ-9", "Waiting", assignee={"accountId": "z"}), writer=Writer("Another"))
    write(TWO)
    write(ONE)
    forget("Another")
    assert lines() == told


def test_a_dump_tells_everything_by_its_names() -> None:
    write(ONE)
    told = [json.loads(one) for one in lines()]
    assert told[0] == {"site": "Test"}
    assert {"kind": "status", "key": "5", "name": "Done", "category": "done", "deleted": False} in told
    assert told[-1]["timelines"]["status"] == {
        "at": [ms("2024-01-01T09:00"), ms("2024-01-02T09:00")],
        "value": ["1", "5"],
        "author": [None, "ann"],
        "flags": [],
    }
    assert told[-1]["status"] == "5"
    assert told[-1]["project"] == "ABC"
    assert [json.dumps(one, sort_keys=True, ensure_ascii=False) for one in told] == lines()


def exports() -> list[dict[str, Any]]:
    """Three exports of five work items; between them everything that has a name is renamed, and a project moves."""
    found = []
    for moment, (updated, name, key) in enumerate([(T2, "Zoe", "OLD"), (T3, "Ann", "MID"), (T4, "Mia", "NEW")]):
        for number in range(1, 6):
            ann = {"accountId": "a", "displayName": f"{name} {number}"}
            waiting = {**status("Waiting"), "name": f"Waiting {name}"}
            if number == 3 and moment == 2:
                del waiting["statusCategory"]
            histories = [
                change(T1, "status", f"{'Open'}", "Waiting", toString=f"Wait {name}"),
                change(T2, "priority", f"P{number}", "P0", fromString=f"Prio {number} {name}"),
            ]
            payload = issue(
                f"{key}-{number}",
                "Waiting",
                *histories[: moment + 1],
                status=waiting,
                updated=updated.replace("09:00:00", f"09:00:0{number}"),
                assignee=ann if moment != 1 else None,
                priority={"id": "P0", "name": f"Zero {name}"},
                project={"id": "10", "key": key, "name": f"Project {name}"},
                fixVersions=[{"id": str(moment), "name": f"v{moment}"}],
            )
            found.append({**payload, "id": str(number)})
    return found


def stored(payloads: list[dict[str, Any]], sizes: Iterator[int]) -> list[str]:
    """The dump after writing them in batches of those sizes, and as if it had never been."""
    with transaction.atomic():
        writer = Writer("Test")
        while payloads:
            size = next(sizes)
            write(*payloads[:size], writer=writer)
            payloads = payloads[size:]
        found = lines()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_any_order_in_any_batches_ends_in_the_same_store(seed: int) -> None:
    rng = random.Random(seed)
    straight = stored(exports(), iter([100]))
    assert len([one for one in straight if "jira_id" in one]) == 5
    shuffled = exports() * 2
    rng.shuffle(shuffled)
    assert stored(shuffled, iter(lambda: rng.randint(1, 4), 0)) == straight


def test_the_last_export_names_everything() -> None:
    write(*exports())
    assert Project.objects.get().key == "NEW"
    assert Project.objects.get().name == "Project Mia"
    assert Value.objects.get(kind="user", key="a").name == "Mia 5"
    assert Value.objects.get(kind="priority", key="P0").name == "Zero Mia"
    assert Value.objects.get(kind="priority", key="P4").name == "Prio 4 Mia"


class Halt(Exception):
    """Something that comes in between."""


def test_a_batch_that_fails_writes_nothing_and_the_writer_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer("Test")
    write(ONE, writer=writer)
    before = lines()

    def halt(*_: Any) -> Any:
        raise Halt

    new = issue("XYZ-7", "Waiting", change(T1, "status", "Done", "Waiting"), assignee={"accountId": "new"})
    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_timelines", halt)
        with pytest.raises(Halt):
            write(TWO, new, writer=writer)
    assert lines() == before
    assert not Value.objects.filter(key="new").exists()
    assert write(TWO, new, writer=writer) == Written(written=2)
    after = lines()
    forget()
    write(ONE, TWO, new)
    assert lines() == after


def test_a_batch_that_the_database_refuses_writes_nothing_and_the_writer_goes_on() -> None:
    writer = Writer("Test")
    write(ONE, writer=writer)
    before = lines()
    broken = read(TWO)
    broken.created_ms = None
    with pytest.raises(Error):
        writer.write([read(issue("XYZ-7", assignee={"accountId": "new"})), broken])
    assert lines() == before
    assert write(TWO, writer=writer) == Written(written=1)


def numbered(number: int) -> dict[str, Any]:
    """A work item of a new person, that was another's."""
    before, now = f"u{number - 1}", f"u{number}"
    one = change(T1, "assignee", before, now, **{"from": before, "to": now})
    return issue(f"ABC-{number}", "Open", one, assignee={"accountId": now})


def test_two_writers_of_one_site_do_not_trip_over_each_other() -> None:
    one, other = Writer("Test"), Writer("Test")
    for number in range(6):
        write(numbered(number), writer=one if number % 2 else other)
    told = lines()
    forget()
    write(*map(numbered, range(6)))
    assert lines() == told


def test_a_writer_that_failed_does_not_believe_what_it_failed_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Writer("Test"), Writer("Test")

    def halt(*_: Any) -> Any:
        raise Halt

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_timelines", halt)
        with pytest.raises(Halt):
            write(numbered(1), writer=one)
    write(ONE, writer=other)  # now the site is where the first writer had meant to bring it
    assert write(numbered(2), writer=one) == Written(written=1)
    assert line("ABC-2")["timelines"]["assignee"]["value"] == ["u1", "u2"]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_packing_and_unpacking_gives_the_numbers_back(numbers: list[int]) -> None:
    assert unpack([pack(numbers)]).tolist() == numbers
    assert unpack([pack(numbers), pack([]), pack(numbers)]).tolist() == numbers * 2


def test_arrays_are_packed_as_little_endian_int64() -> None:
    assert pack([1, -2]) == b"\x01" + bytes(7) + b"\xfe" + b"\xff" * 7
    assert unpack([b"\x01" + bytes(7)]).dtype == np.int64


labels = st.builds(Label, st.sampled_from("ABC"), st.integers(0, 3), st.sampled_from(["", "new", "done"]))


@given(st.lists(labels, min_size=1, max_size=6), st.randoms())
def test_the_best_label_stays_in_whatever_order_they_come(told: list[Label], rng: random.Random) -> None:
    shuffled = copy.copy(told)
    rng.shuffle(shuffled)
    found: list[dict[Ref, Label]] = [{}, {}]
    for order, into in zip((told, shuffled), found, strict=True):
        for label in order:
            keep_better(into, ("status", "1"), label)
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("first", "second", "name", "category"),
    [
        (Label("Old", 1), Label("New", 2), "New", ""),
        (Label("Later in a history", 10**12), Label("Now", FROM_PRESENT), "Now", ""),
        (Label("B", 1), Label("A", 1), "B", ""),
        (Label("With", 1, "done"), Label("Without", 2), "With", "done"),
        (Label("One", 1, "new"), Label("Two", 2, "done"), "Two", "done"),
        (Label("Listed", DECLARED, "new"), Label("Present", FROM_PRESENT + 9, "done"), "Listed", "new"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_which_name_of_a_value_stays(first: Label, second: Label, name: str, category: str, turned: bool) -> None:
    dictionary = Dictionary(Site.objects.create(name="Test"))
    for label in (second, first) if turned else (first, second):
        dictionary.learn({("status", "1"): label})
    value = Value.objects.get()
    assert (value.name, value.category) == (name, category)
    assert Dictionary(value.site).numbers["status", "1"] == value.pk


def test_work_items_are_written_with_all_their_rows_or_none() -> None:
    write(ONE, TWO)
    assert Timeline.objects.filter(issue__key="ABC-1").count() == 2
    assert RawIssue.objects.count() == 2
    Issue.objects.filter(key="ABC-1").delete()
    assert (Timeline.objects.count(), RawIssue.objects.count()) == (1, 1)
