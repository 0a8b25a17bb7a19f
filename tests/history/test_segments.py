"""Segments: whatever was written, and whenever they were made, they answer what the rows answer."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.history import condense, read, segments
from sojourn.history.models import Issue, Segment, SegmentLine, Site
from sojourn.history.packing import narrow, widened
from sojourn.history.read import Batch
from sojourn.history.write import GONE_MS, Writer
from sojourn.jira.payload import Reader
from tests.builders import change, issue, store
from tests.core.calendar_help import ms
from tests.history.blocks import make_small

pytestmark = pytest.mark.django_db
T1, T2 = "2024-01-02T09:00:00.000+0000", "2024-01-03T09:00:00.000+0000"
ANN, BOB = ({"accountId": name, "displayName": name.title()} for name in ("ann", "bob"))
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"authors": True}),
    ("status", {"also": ("assignee", "status")}),
    ("assignee", {"authors": True, "columns": ("pk",)}),
    ("customfield_1", {"columns": ("summary",)}),
)
STATUSES = ("Open", "In progress", "Done")
THERE = Q(deleted_ms=None) | Q(deleted_ms__gt=0)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


def told(batches: Iterator[Batch]) -> list[Any]:
    """Each work item of all batches: its columns, doubts, and the entries of all fields as they come."""
    found = []
    for batch in batches:
        fields = {"": batch.timelines, **batch.also}
        assert all(
            len(lines) == len(batch.flags) == len(next(iter(batch.columns.values()))) for lines in fields.values()
        )
        for number in range(len(batch.flags)):
            entries = {}
            for key, lines in fields.items():
                own = slice(lines.offsets[number], lines.offsets[number + 1])
                arrays = (lines.at, lines.value, *([] if lines.carried is None else [lines.carried]))
                assert all(one.dtype == np.int64 for one in arrays)
                entries[key] = [one[own].tolist() for one in arrays]
            columns = {name: values[number] for name, values in batch.columns.items()}
            found.append((columns, int(batch.flags[number]), entries))
    return found


def both(field: str, sites: tuple[str, ...] = (), **asked: Any) -> tuple[list[Any], list[Any]]:
    """What the rows say of all work items of some sites, and what is answered with segments."""
    issues = Issue.objects.filter(THERE)
    issues = issues.filter(site__name__in=sites) if sites else issues
    wanted: Any = {"columns": ("pk", "key"), "expressions": {"id": F("jira_id"), "resolved": F("resolved_ms")}} | asked
    return told(read.timelines(issues, field, **wanted)), told(
        read.timelines(issues, field, everything=sites, **wanted)
    )


def agree() -> None:
    """Hold if answers with segments are those of the rows, whatever is asked."""
    for sites in ((), *((name,) for name in Site.objects.values_list("name", flat=True))):
        for field, asked in ASKED:
            plain, packed = both(field, sites, **asked)
            assert packed == plain, (sites, field, asked)
        issues = Issue.objects.filter(THERE, **({"site__name__in": sites} if sites else {}))
        assert read.values_used(issues, "assignee", sites) == read.values_used(issues, "assignee")


def many(count: int, first: int = 1, site: str = "Test") -> None:
    moved = change(T1, "status", "Open", "Done")
    store(*({**issue(f"ABC-{n}", "Done", moved), "id": f"{site} {n}"} for n in range(first, first + count)), site=site)


def from_rows(sites: tuple[str, ...] = (), field: str = "status") -> list[str]:
    """The keys of the work items that are read from rows."""
    found: list[str] = []
    plain = read._of_rows

    def seen(*arguments: Any, **more: Any) -> Iterator[Batch]:
        for batch in plain(*arguments, **more):
            found.extend(batch.columns["key"])
            yield batch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "_of_rows", seen)
        agreed = both(field, sites)
        found.clear()
        issues = Issue.objects.filter(THERE, **({"site__name__in": sites} if sites else {}))
        list(read.timelines(issues, field, ("key",), everything=sites))
    assert agreed[0] == agreed[1]
    return found


person = st.sampled_from((None, ANN, BOB))


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    """One of a few work items, with a history of its own each time."""
    number, now = draw(st.integers(1, 14)), draw(st.sampled_from(STATUSES))
    changes = [change(T1, "status", draw(st.sampled_from(STATUSES)), now)] if draw(st.booleans()) else []
    handed = draw(person)
    if handed and draw(st.booleans()):
        changes.append(change(T2, "assignee", None, handed["accountId"]))
    more = {"resolutiondate": T2} if draw(st.booleans()) else {}
    made = issue(f"ABC-{number}", now, *changes, assignee=handed, creator=draw(person), updated=T2, **more)
    return {**made, "id": str(number), **({"changelog": None} if draw(st.integers(0, 9)) == 0 else {})}


sites = st.sampled_from(("One", "Two"))
deeds = st.one_of(
    st.tuples(st.just("write"), sites, st.lists(payloads(), min_size=1, max_size=9)),
    st.tuples(st.just("remove"), sites, st.lists(st.integers(1, 14), max_size=4)),
    st.tuples(st.just("step"), sites, st.none()),
    st.tuples(st.just("all"), sites, st.none()),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(deeds, max_size=10))
def test_the_answer_is_that_of_the_rows_whatever_was_written_in_between(some: list[tuple[str, str, Any]]) -> None:
    with transaction.atomic():
        for deed, site, what in some:
            if deed == "write":
                Writer(site).write([Reader().read(payload) for payload in what])
            elif deed == "remove":
                Writer(site).remove([str(number) for number in what])
            elif deed == "step":
                condense.step()
            else:
                condense.condense()
        agree()
        condense.condense()
        agree()
        assert not condense.step()
        transaction.set_rollback(True)


def test_everything_is_read_from_segments_once_they_are_made() -> None:
    many(13)
    assert len(from_rows()) == 13, "there are none yet"
    condense.condense()
    assert from_rows() == from_rows(field="assignee") == []
    assert len(from_rows(field="priority")) == 13, "of the other fields those that never changed have no place there"
    agree()


def test_only_the_blocks_that_were_written_since_are_read_from_rows() -> None:
    many(13)
    condense.condense()
    first = Issue.objects.order_by("pk")[5]
    block = {one.key for one in Issue.objects.all() if one.pk >> 2 == first.pk >> 2}
    Writer("Test").write([Reader().read({**issue(first.key, "Open", updated=T2), "id": first.jira_id})])
    assert set(from_rows()) == block
    many(1, first=20)
    assert set(from_rows()) >= {"ABC-20", *block}
    condense.condense()
    assert from_rows() == []
    agree()


def test_what_is_gone_is_gone_from_segments_too_and_comes_back() -> None:
    many(9)
    condense.condense()
    gone = Issue.objects.get(key="ABC-3")
    Writer("Test").remove([gone.jira_id])
    assert "ABC-3" not in [row[0]["key"] for row in both("status")[1]]
    condense.condense()
    assert from_rows() == []
    assert len(both("status")[1]) == 8
    many(3)
    assert len(both("status")[1]) == 9
    agree()


def test_a_block_in_which_something_went_at_a_known_moment_is_left_to_its_rows() -> None:
    many(9)
    went = Issue.objects.get(key="ABC-3")
    Issue.objects.filter(pk=went.pk).update(deleted_ms=ms("2024-01-05T09:00"))
    condense.condense()
    assert "ABC-3" in from_rows()
    assert not Segment.objects.filter(block=went.pk >> 2).exists()
    assert GONE_MS == 0
    agree()


def test_sites_are_told_apart() -> None:
    many(5)
    many(5, site="Another")
    condense.condense()
    assert from_rows() == []
    another = Issue.objects.filter(site__name="Another").order_by("pk")
    beside_others = {pk >> 2 for pk in Issue.objects.filter(site__name="Test").values_list("pk", flat=True)}
    mixed = [one.key for one in another if one.pk >> 2 in beside_others]
    assert from_rows(("Another",)) == mixed
    many(2, first=6)
    agree()


def test_what_was_of_a_site_that_is_not_there_any_more_is_told_to_nobody() -> None:
    many(5)
    many(5, site="Another")
    condense.condense()
    Issue.objects.filter(site__name="Test").delete()
    Site.objects.filter(name="Test").delete()
    assert len(both("status")[1]) == 5
    agree()


def test_a_segment_that_goes_while_it_is_read_is_read_from_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    many(13)
    condense.condense()
    plan = segments.stretches

    def and_then(*arguments: Any) -> list[segments.Stretch]:
        found = plan(*arguments)
        Segment.objects.filter(block=Issue.objects.order_by("pk")[4].pk >> 2).delete()
        return found

    monkeypatch.setattr(segments, "stretches", and_then)
    plain, packed = both("status")
    assert packed == plain


def test_what_segments_do_not_hold_is_read_from_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    many(9)
    condense.condense()
    monkeypatch.setattr(segments, "select", None)
    for columns, field in ((("summary",), "status"), (("project__key",), "status"), (("key",), "customfield_1")):
        plain, packed = both(field, columns=columns)
        assert packed == plain


@pytest.mark.parametrize("worth", [9, 1])
def test_segments_are_used_where_enough_of_them_hold(monkeypatch: pytest.MonkeyPatch, worth: int) -> None:
    many(12)
    condense.condense()
    monkeypatch.setattr(segments, "_WORTH", worth)
    assert bool(from_rows()) == (worth == 9), "there are three or four blocks"


def test_where_too_much_was_written_since_all_is_read_from_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    many(12)
    condense.condense()
    many(2, first=13)
    assert len(from_rows()) < 12
    monkeypatch.setattr(segments, "_MOST_CHANGED", 2)
    assert len(from_rows()) == 14


def test_a_step_makes_some_segments_and_tells_whether_there_are_more() -> None:
    many(20)
    made = [0]
    while condense.step():
        made.append(Segment.objects.count())
        agree()
    assert made == sorted(set(made))
    assert max(b - a for a, b in itertools.pairwise(made)) == 2
    assert not condense.step()
    before = set(SegmentLine.objects.values_list("pk", flat=True))
    Writer("Test").declare("status", {"1": ("Open", "new")})
    assert not condense.step()
    assert set(SegmentLine.objects.values_list("pk", flat=True)) == before, "names are in no segment"


def test_a_step_that_fails_leaves_all_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    many(5)
    condense.condense()
    many(5, first=3)
    kept = dict(Segment.objects.values_list("block", "upto")), Site.objects.get().segmented

    def broken(*_: Any) -> Any:
        raise ValueError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(condense, "_line", broken)
        with pytest.raises(ValueError, match="broken"):
            condense.step()
    assert kept == (dict(Segment.objects.values_list("block", "upto")), Site.objects.get().segmented)
    agree()


def test_writers_wait_while_segments_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLite's transactions do by themselves, PostgreSQL is told."""
    many(1)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        condense.step()
    said = [one["sql"] for one in queries if one["sql"].startswith("LOCK TABLE history_site")]
    assert len(said) == (connection.vendor == "postgresql")


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9), st.integers(0, 62))
def test_narrow_numbers_are_the_numbers(numbers: list[int], shift: int) -> None:
    some = np.array(numbers, dtype=np.int64) >> shift
    packed = narrow(some)
    assert widened(packed, len(some)).tolist() == some.tolist()
    assert widened(packed, len(some)).dtype == np.int64


@pytest.mark.parametrize(
    ("numbers", "width"),
    [([0], 1), ([-128, 127], 1), ([128], 2), ([-129], 2), ([32767], 2), ([32768], 4), ([2**31 - 1], 4), ([2**31], 8)],
)
def test_numbers_take_as_few_bytes_as_hold_all(numbers: list[int], width: int) -> None:
    assert len(narrow(np.array(numbers, dtype=np.int64))) == width * len(numbers)
