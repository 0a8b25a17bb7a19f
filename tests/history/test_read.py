"""Reading many work items as columns: whole, in batches, and what never changed with its present value."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from psycopg.types.json import Json

from sojourn.core.flags import Flag
from sojourn.history import read
from sojourn.history.models import Issue, Value
from sojourn.history.read import Batch
from tests.builders import change, issue, store
from tests.core.calendar_help import ms

CREATED = ms("2024-01-01T09:00")
T1, T2 = "2024-01-02T09:00:00.000+0000", "2024-01-03T09:00:00.000+0000"
ANN = {"accountId": "a", "displayName": "Ann"}


def told(batches: Iterator[Batch]) -> list[tuple[str, list[tuple[int, str | None]], int]]:
    """Key, instants with values by key, and flags of each work item."""
    keys: dict[int, str | None] = {0: None, **dict(Value.objects.values_list("pk", "key"))}
    found = []
    for batch in batches:
        lines = batch.timelines
        for number, key in enumerate(batch.columns["key"]):
            own = slice(lines.offsets[number], lines.offsets[number + 1])
            values = [keys[value] for value in lines.value[own].tolist()]
            found.append((key, list(zip(lines.at[own].tolist(), values, strict=True)), int(batch.flags[number])))
    return found


def some() -> None:
    store(
        issue("ABC-1", "Done", change(T1, "status", "Open", "Done")),
        issue("ABC-2", "Waiting", assignee=ANN),
        {**issue("ABC-3", "Open"), "changelog": None},
        issue("ABC-4", "Done", change(T1, "status", "Open", "Waiting"), change(T2, "status", "Open", "Done")),
    )


@pytest.mark.django_db
def test_a_field_that_never_changed_has_its_present_value_since_creation() -> None:
    some()
    assert told(read.timelines(Issue.objects.all(), "status", ["key"])) == [
        ("ABC-1", [(CREATED, "1"), (ms(T1), "5")], 0),
        ("ABC-2", [(CREATED, "4")], 0),
        ("ABC-3", [(CREATED, "1")], Flag.HISTORY_INCOMPLETE),
        ("ABC-4", [(CREATED, "1"), (ms(T1), "4"), (ms(T2), "5")], Flag.HISTORY_GAP),
    ]
    assert told(read.timelines(Issue.objects.all(), "assignee", ["key"])) == [
        ("ABC-1", [(CREATED, None)], 0),
        ("ABC-2", [(CREATED, "a")], 0),
        ("ABC-3", [(CREATED, None)], Flag.HISTORY_INCOMPLETE),
        ("ABC-4", [(CREATED, None)], 0),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_batches_are_slices_of_the_whole(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    some()
    whole = told(read.timelines(Issue.objects.all(), "status", ["key"]))
    monkeypatch.setattr(read, "BATCH", size)
    monkeypatch.setattr(read, "_BLOCK", 2)
    batches = list(read.timelines(Issue.objects.all(), "status", ["key"]))
    assert [len(batch.timelines) for batch in batches] == [size] * (4 // size) + [4 % size] * bool(4 % size)
    assert told(iter(batches)) == whole


@pytest.mark.django_db
def test_the_order_and_the_choice_are_the_querys() -> None:
    some()
    chosen = Issue.objects.filter(status__name="Done").order_by("-key")
    assert [key for key, _, _ in told(read.timelines(chosen, "status", ["key"]))] == ["ABC-4", "ABC-1"]


@pytest.mark.django_db
def test_columns_come_beside() -> None:
    some()
    [batch] = read.timelines(Issue.objects.all(), "status", ["key", "project__name", "summary"])
    assert batch.columns["project__name"] == ("A project",) * 4
    assert batch.columns["summary"][0] == "About ABC-1"


@pytest.mark.django_db
def test_no_work_items_give_no_batches() -> None:
    assert list(read.timelines(Issue.objects.all(), "status")) == []
    some()
    assert list(read.timelines(Issue.objects.none(), "status")) == []


@pytest.mark.django_db
def test_a_field_that_nobody_tracks_is_empty_since_creation() -> None:
    some()
    assert told(read.timelines(Issue.objects.filter(key="ABC-1"), "customfield_1", ["key"])) == [
        ("ABC-1", [(CREATED, None)], 0)
    ]


@pytest.mark.django_db
def test_fields_of_two_sites_are_read_together() -> None:
    some()
    store(issue("ABC-9", "Done", change(T1, "status", "Open", "Done")), site="Another")
    found = told(read.timelines(Issue.objects.all(), "status", ["key"]))
    assert found[-1] == ("ABC-9", [(CREATED, "1"), (ms(T1), "5")], 0)
    assert {value.site.name for value in read.values_of("status")} == {"Test", "Another"}
    assert {value.site.name for value in read.values_of("status", ["Another"])} == {"Another"}


def take_one(batches: Iterator[Batch]) -> Any:
    return next(batches).columns["key"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_a_transaction", [False, True])
def test_a_reader_that_stops_early_leaves_everything_in_order(
    monkeypatch: pytest.MonkeyPatch, in_a_transaction: bool
) -> None:
    some()
    monkeypatch.setattr(read, "BATCH", 1)
    from contextlib import nullcontext

    from django.db import transaction

    with transaction.atomic() if in_a_transaction else nullcontext():
        batches = read.timelines(Issue.objects.all(), "status", ["key"])
        assert take_one(batches) == ("ABC-1",)
        assert Issue.objects.count() == 4, "other questions can be asked meanwhile"
        other = read.timelines(Issue.objects.order_by("-key"), "status", ["key"])
        assert [take_one(other), take_one(batches)] == [("ABC-4",), ("ABC-2",)]
        batches.close()
        other.close()
        assert len(told(read.timelines(Issue.objects.all(), "status", ["key"]))) == 4
    assert connection.is_usable()


def test_cycles_are_not_looked_for_while_rows_are_fetched_and_are_again_when_that_fails() -> None:
    class Cursor:
        def fetchmany(self, _: int) -> Any:
            assert not gc.isenabled()
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        read._blocks(Cursor(), len)
    assert gc.isenabled()


@pytest.mark.django_db
def test_an_error_while_reading_is_raised_where_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    some()

    def broken(*_: Any) -> Any:
        raise ValueError("broken")

    monkeypatch.setattr(read, "_blocks", broken)
    with pytest.raises(ValueError, match="broken"):
        list(read.timelines(Issue.objects.all(), "status"))


@pytest.mark.django_db
def test_a_reader_that_is_held_does_not_keep_the_process_from_collecting_garbage() -> None:
    some()
    was_enabled = gc.isenabled()
    gc.enable()
    try:
        batches = read.timelines(Issue.objects.all(), "status", ["key"])
        take_one(batches)
        assert gc.isenabled()
    finally:
        batches.close()
        if not was_enabled:
            gc.disable()


@pytest.mark.django_db
def test_a_reader_that_was_left_unfinished_is_not_closed_in_the_middle_of_another_statement() -> None:
    """PostgreSQL's driver would wait for itself for ever."""
    some()
    cycle: list[Any] = [read.timelines(Issue.objects.all(), "status", ["key"])]
    take_one(cycle[0])
    cycle.append(cycle)
    held = [cycle]
    del cycle
    enabled, thresholds = gc.isenabled(), gc.get_threshold()

    def dumped(_: Any) -> str:
        held.clear()
        gc.set_threshold(1, 1, 1)
        _ = [[number] for number in range(100)]  # garbage is looked for here, if it may be
        return "{}"

    gc.enable()
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT %s", [Json({}, dumps=dumped)])
            else:
                cursor.execute("SELECT %s", [dumped({})])
    finally:
        gc.set_threshold(*thresholds)
        if not enabled:
            gc.disable()
    assert Issue.objects.count() == 4


@pytest.mark.django_db
def test_who_made_each_entry_comes_with_it_where_asked_for() -> None:
    some()
    names = dict(Value.objects.filter(kind="user").values_list("pk", "name"))
    [batch] = read.timelines(Issue.objects.all(), "status", ["key"], {"about": F("summary")}, authors=True)
    assert batch.timelines.carried is not None
    authors = [names.get(author) for author in batch.timelines.carried.tolist()]
    assert authors == [None, "Ann", *[None] * 3, "Ann", "Ann"]
    assert batch.columns["about"][0] == "About ABC-1"
    assert set(batch.columns) == {"key", "about"}


@pytest.mark.django_db
def test_what_never_changed_was_made_by_who_created_the_work_item() -> None:
    bob = {"accountId": "b", "displayName": "Bob"}
    moved = change(T1, "status", "Open", "Done")
    store(issue("ABC-1", creator=bob), issue("ABC-2"), issue("ABC-3", "Done", moved, creator=bob))
    keys = {0: None, **dict(Value.objects.values_list("pk", "key"))}
    [batch] = read.timelines(Issue.objects.all(), "status", authors=True)
    assert batch.timelines.carried is not None
    assert [keys[author] for author in batch.timelines.carried.tolist()] == ["b", None, "b", "ann"]
    [batch] = read.timelines(Issue.objects.all(), "assignee", authors=True)
    assert batch.timelines.carried is not None
    assert [keys[author] for author in batch.timelines.carried.tolist()] == ["b", None, "b"]
