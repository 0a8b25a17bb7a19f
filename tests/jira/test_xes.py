"""Event logs as XES: traces become work items; what cannot be read leaves its trace out and is told."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from sojourn.history.dump import lines
from sojourn.jira import files, xes
from sojourn.jira.eventlog import LogOptions
from sojourn.jira.files import Broken, Parsed
from sojourn.jira.importer import Importer
from sojourn.jira.payload import Reader
from tests.core.calendar_help import ms

NINE = ms("2024-01-01T09:00")
HOUR = 3_600_000


def trace(*events: str, name: str = "7", more: str = "") -> str:
    named = f'<string key="concept:name" value="{name}"/>' if name else ""
    return f"<trace>{named}{more}{''.join(events)}</trace>"


def event(name: str | None, at: str | None, by: str = "", lifecycle: str = "", more: str = "") -> str:
    parts = [("string", "concept:name", name), ("date", "time:timestamp", at)]
    parts += [("string", "org:resource", by or None), ("string", "lifecycle:transition", lifecycle or None)]
    found = (f'<{kind} key="{key}" value="{value}"/>' for kind, key, value in parts if value is not None)
    return f"<event>{''.join(found)}{more}</event>"


def log(*traces: str, head: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849.2016">{head}{"".join(traces)}</log>'


def read(path: Path, text: str | bytes, **options: Any) -> list[Parsed | Broken]:
    file = path / "log.xes"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    [source] = files.find([file], "auto")
    return list(xes.read(source, LogOptions(**options)))


def statuses(part: Parsed | Broken) -> list[tuple[int, str | None]]:
    assert isinstance(part, Parsed), part
    line = Reader().read(part.value).timelines["status"]
    return [(at, ref and ref[1]) for at, ref in zip(line.at_ms, line.value, strict=True)]


A, B = event("New", "2024-01-01T09:00:00Z", "ann"), event("Done", "2024-01-01T10:00:00Z", "bob")


def test_a_trace_is_a_work_item_and_its_events_enter_statuses(tmp_path: Path) -> None:
    head = """<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
      <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
      <classifier name="Activity" keys="concept:name"/><string key="concept:name" value="The log"/>"""
    more = '<string key="channel" value="mail"/><int key="amount" value="5"/><string key="comment" value="x"/>'
    [part] = read(tmp_path, log(trace(B, A, more=more), head=head), project="HELP")
    assert statuses(part) == [(NINE, "New"), (NINE + HOUR, "Done")]
    assert isinstance(part, Parsed)
    record = Reader().read(part.value)
    assert (part.place, record.key, record.summary, record.project.key) == ("trace 1", "7", "7", "HELP")
    assert (record.created_ms, record.updated_ms, record.flags) == (NINE, NINE + HOUR, 0)
    assert record.timelines["status"].author == ["ann", "bob"]
    assert {"channel": "mail", "amount": "5", "comment (log)": "x"}.items() <= record.fields.items()


def test_events_at_one_instant_keep_the_order_of_the_file(tmp_path: Path) -> None:
    same = [event(name, "2024-01-01T09:00:00Z") for name in ("C", "A", "B")]
    [part] = read(tmp_path, log(trace(*same)))
    assert [name for _, name in statuses(part)] == ["C", "A", "B"]


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("2024-01-01T09:00:00Z", "Europe/Berlin", NINE),
        ("2024-01-01T10:00:00.000+01:00", "UTC", NINE),
        ("2024-01-01T09:00:00.250Z", "UTC", NINE + 250),
        ("2024-01-01T09:00:00.1239999Z", "UTC", NINE + 123),
        ("2024-01-01T10:00:00", "Europe/Berlin", NINE),
    ],
)
def test_times_are_in_their_own_zone_or_the_given_one(tmp_path: Path, text: str, zone: str, at: int) -> None:
    [part] = read(tmp_path, log(trace(event("New", text))), zone=zone)
    assert isinstance(part, Parsed)
    assert Reader().read(part.value).created_ms == at


START = event("Work", "2024-01-01T08:00:00Z", lifecycle="start")
COMPLETE = event("Work", "2024-01-01T10:00:00Z", lifecycle="COMPLETE")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [(NINE, "New"), (NINE + HOUR, "Work")]),
        ({"lifecycle": "start"}, [(NINE - HOUR, "Work"), (NINE, "New")]),
        ({"lifecycle": "all"}, [(NINE - HOUR, "Work"), (NINE, "New"), (NINE + HOUR, "Work")]),
    ],
)
def test_of_events_with_a_lifecycle_those_that_are_complete_count(
    tmp_path: Path, options: dict[str, str], expected: list[tuple[int, str]]
) -> None:
    [part] = read(tmp_path, log(trace(START, A, COMPLETE)), **options)
    assert [found for found in expected if found not in statuses(part)] == []
    assert statuses(part)[0] == expected[0]


INNER = '<string key="x"><string key="concept:name" value="y"/></string>'


@pytest.mark.parametrize(
    "text",
    [
        log(trace(A, B)).replace("<log ", '<log xmlns="http://www.xes-standard.org/" '),
        log(trace(A, B)).replace("<log ", '<x:log xmlns:x="urn:x" ').replace("</log>", "</x:log>"),
        log(trace(A, B)).replace("UTF-8", "ISO-8859-1"),
        log(trace(A, B)).replace("<log", "<!DOCTYPE log>\n<log"),
        log(trace(A, event("Done", "2024-01-01T10:00:00Z", more='<list key="x"><values/></list>'))),
        log(trace(A, event("Done", "2024-01-01T10:00:00Z", more=INNER))),
        b"\xef\xbb\xbf" + log(trace(A, B)).encode(),
        log(trace(A, B)).replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
    ids=[
        "a namespace",
        "a prefix",
        "another encoding",
        "a document type",
        "a list",
        "an inner text",
        "a mark",
        "UTF-16",
    ],
)
def test_a_log_may_be_written_in_many_ways(tmp_path: Path, text: str | bytes) -> None:
    [part] = read(tmp_path, text)
    assert statuses(part) == [(NINE, "New"), (NINE + HOUR, "Done")]


WRONG = [
    ("a trace without a name", trace(A, name=""), "has no concept:name"),
    ("a name twice", trace(A, name="before"), "case before: an earlier trace has this name"),
    ("no events", trace(), "case 7: has no event that counts; count every event with --lifecycle all"),
    ("no event that is complete", trace(START), "case 7: has no event that counts"),
    ("no status", trace(A, event(None, "2024-01-01T10:00:00Z")), "case 7: event 2 has no concept:name"),
    ("an empty status", trace(A, event("", "2024-01-01T10:00:00Z")), "case 7: event 2 has no concept:name"),
    ("no time", trace(A, event("B", None)), "case 7: time:timestamp of event 2 is nothing; write 2024-01-31T"),
    ("a time that is none", trace(A, event("B", "soon")), "case 7: time:timestamp of event 2 is 'soon'; write"),
]


@pytest.mark.parametrize(("bad", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_trace_that_cannot_be_read_is_left_out_with_its_place(tmp_path: Path, bad: str, reason: str) -> None:
    before, broken, after = read(tmp_path, log(trace(A, name="before"), bad, trace(A, name="after")))
    assert isinstance(before, Parsed)
    assert isinstance(broken, Broken)
    assert broken.place == "trace 2"
    assert broken.reason.startswith(reason)
    assert isinstance(after, Parsed)


LAUGHS = '<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE log [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "trace 1", "is not XML, nor is what follows"),
        ("not XML", "trace 1", "is not XML, nor is what follows"),
        ("<html/>", "file", "is not XES: its root is <html>, not <log>"),
        (log().replace("<log", f"{LAUGHS}<log"), "file", "declares entities, which are not read"),
        (log().replace("<log", f"{OUTSIDE}<log"), "file", "declares entities, which are not read"),
        (log(A), "file", "has events outside of traces"),
    ],
)
def test_what_is_no_log_is_reported(tmp_path: Path, text: str, place: str, reason: str) -> None:
    [broken] = read(tmp_path, text)
    assert isinstance(broken, Broken)
    assert broken.place == place
    assert broken.reason.startswith(reason)


def test_a_log_that_breaks_off_gives_the_traces_before(tmp_path: Path) -> None:
    whole = log(trace(A, name="one"), trace(A, name="two"), trace(A, name="three"))
    *parsed, broken = read(tmp_path, whole[: whole.index("three") + 20])
    assert [part.value["key"] for part in parsed if isinstance(part, Parsed)] == ["one", "two"]
    assert isinstance(broken, Broken)
    assert (broken.place, broken.reason[:11]) == ("trace 3", "is not XML,")


def test_a_damaged_archive_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "log.xes.gz"
    path.write_bytes(gzip.compress(log(trace(A)).encode())[:-9])
    [source] = files.find([tmp_path], "auto")
    broken = list(xes.read(source, LogOptions()))[-1]
    assert isinstance(broken, Broken)
    assert (broken.place, broken.reason[:14]) == ("file", "cannot be read")


def test_a_long_log_is_read_in_little_memory(tmp_path: Path) -> None:
    text = log(*(trace(A, B, name=str(number)) for number in range(2_000)))
    (tmp_path / "log.xes").write_text(text)
    [source] = files.find([tmp_path], "auto")
    positions = [part.position for part in xes.read(source, LogOptions())]
    assert len(positions) == 2_000
    assert positions[0] < source.size / 2  # it came before the file was read to its end
    assert positions == sorted(positions)


@pytest.mark.django_db
def test_the_same_log_as_csv_and_xes_gives_the_same_dump(tmp_path: Path) -> None:
    rows = ["Case ID,Activity,Complete Timestamp,Resource,channel"]
    rows += ["7,New,2024-01-01T09:00:00Z,ann,mail", "8,New,2024-01-01T09:30:00+01:00,,phone"]
    rows += ["7,Done,2024-01-01T10:00:00.5Z,bob,mail", "7,New,2024-01-01T10:00:00.5Z,ann,mail"]
    channels = {name: f'<string key="channel" value="{name}"/>' for name in ("mail", "phone")}
    late = [event("Done", "2024-01-01T10:00:00.5Z", "bob"), event("New", "2024-01-01T11:00:00.500+01:00", "ann")]
    eight = trace(event("New", "2024-01-01T08:30:00Z"), name="8", more=channels["phone"])
    (tmp_path / "log.csv").write_text("\n".join(rows))
    (tmp_path / "log.xes").write_text(log(trace(A, *late, more=channels["mail"]), eight))
    (tmp_path / "log.xes.gz").write_bytes(gzip.compress((tmp_path / "log.xes").read_bytes()))
    dumps = []
    for name in ("log.csv", "log.xes", "log.xes.gz"):
        with transaction.atomic():
            outcome = Importer(Reader()).run(files.find([tmp_path / name], "auto"))
            assert (outcome.written.written, outcome.problems) == (2, [])
            dumps.append(list(lines()))
            transaction.set_rollback(True)
    assert len(dumps[0]) > 3
    assert dumps[0] == dumps[1] == dumps[2]


@pytest.mark.django_db
def test_a_log_that_is_imported_again_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "log.xes").write_text(log(trace(A, B)))
    for written in (1, 0):
        outcome = Importer(Reader()).run(files.find([tmp_path], "auto"))
        assert (outcome.written.written, outcome.items) == (written, 1)
