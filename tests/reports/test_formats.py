"""Tables as bytes: every format, its cells, and what happens when reading or writing fails."""

import csv
import io
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.duration import TimeFormat
from sojourn.errors import Refused, UserError
from sojourn.history import read
from sojourn.reports import formats
from sojourn.reports.formats import FORMATS, Format
from sojourn.reports.table import Column, Notes, Table
from tests.builders import change, issue, store
from tests.reports.asking import HOUR, ask, written

TEXTS: list[Format] = ["json", "ndjson", "csv"]
TYPED: list[Format] = ["parquet", "arrow"]
NOTES = Notes("r", "2024-01-01T00:00:00.000Z", "7x24", "UTC", 24 * HOUR, 168 * HOUR, TimeFormat.MS, ("One.",))


def table_of(*texts: str | None, name: str = "text") -> Table:
    """A table with one column of texts, a row a batch."""
    return Table((Column(name, "text"),), NOTES, lambda: (pl.DataFrame({name: [text]}, {name: str}) for text in texts))


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def read_back(data: bytes, name: Format) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(data)) if name == "parquet" else pl.read_ipc_stream(io.BytesIO(data))


def sheet(data: bytes, name: str = "Table") -> list[list[Any]]:
    """The cells of a sheet; what is filtered counts as rows, even those with nothing in them."""
    found = openpyxl.load_workbook(io.BytesIO(data))[name]
    last = int(re.sub("^.*[A-Z]", "", found.auto_filter.ref)) if found.auto_filter.ref else found.max_row
    return [list(row) for row in found.iter_rows(values_only=True, max_row=last)]


def mixed(*batches: int, time_format: TimeFormat = TimeFormat.MS) -> Table:
    """A table with a column of every kind, in batches of those sizes."""
    kinds = ("text", "integer", "instant", "date", "duration", "boolean")
    columns = tuple(Column(kind, kind) for kind in kinds)
    notes = Notes("r", "2024-01-01T00:00:00.000Z", "7x24", "UTC", 24 * HOUR, 168 * HOUR, time_format)
    table = Table(columns, notes, lambda: iter(()))

    def frames() -> Iterator[pl.DataFrame]:
        for size in batches:
            row = ["a", -5, 1_704_067_200_123, 19_723, -90_000, True]
            yield pl.DataFrame(
                [
                    pl.Series(kind, [value, None] * size).head(size).cast(table.schema[kind])
                    for kind, value in zip(kinds, row, strict=True)
                ]
            )

    return Table(columns, notes, frames)


AWKWARD = [
    'say "hi"',
    "a,b",
    "two\nlines",
    "two\r\nlines",
    "cr\rhere",
    " blank ",
    "Größe 🚀 日本",
    "a;b\tc",
    "'quoted'",
    "\\n",
]


def test_csv_is_read_back_the_same() -> None:
    data = written(table_of(*AWKWARD), "csv")
    assert cells(data) == [["text"], *([text] for text in AWKWARD)]
    assert data.count(b"\r\n") == 1 + len(AWKWARD) + 1  # the lines, and one inside a cell


def safe(text: str) -> str:
    """What a spreadsheet is to be given."""
    is_number = text[:1] == "-" and text[1:].replace(".", "0", 1).isdecimal() and text[1:2] != "." != text[-1]
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") and not (is_number and text.isascii()) else text


@settings(deadline=None)
@given(
    st.lists(
        st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("=+-@\t\r\n\",'0.;"))), min_size=1
    )
)
def test_any_text_is_read_back_from_csv_and_json(texts: list[str]) -> None:
    table = table_of(*texts)
    assert cells(written(table, "csv"))[1:] == [[safe(text)] if text else [""] for text in texts]
    assert [row["text"] for row in json.loads(written(table, "json"))["rows"]] == texts


def test_csv_tells_nothing_from_an_empty_text() -> None:
    assert written(table_of(None, ""), "csv") == b'text\r\n\r\n""\r\n'


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+1", "-", "--", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "-a1"]
)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert cells(written(table_of(text, name="-name"), "csv")) == [["'-name"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["a=1", "-5", "-5.25", "5", " =1", "ABC-1", "1-1", ""])
def test_other_texts_and_numbers_stay_as_they_are(text: str) -> None:
    assert cells(written(table_of(text), "csv"))[1:] == [[text]]


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_only_csv_is_made_safe_for_spreadsheets(name: Format) -> None:
    assert '"=1+1"' in written(table_of("=1+1"), name).decode()


def test_csv_writes_numbers_instants_and_dates_plainly() -> None:
    assert written(mixed(2), "csv").decode().split("\r\n") == [
        "text,integer,instant,date,duration,boolean",
        "a,-5,2024-01-01T00:00:00.123Z,2024-01-01,-90000,true",
        ",,,,,",
        "",
    ]


def test_json_has_notes_columns_and_rows() -> None:
    found = json.loads(written(mixed(1, 2), "json"))
    assert (found["report"], found["calendar"], found["time_format"], found["lines"]) == ("r", "7x24", "ms", [])
    assert found["columns"][4] == {"name": "duration", "kind": "duration", "unit": "", "group": ""}
    first = {"text": "a", "integer": -5, "instant": "2024-01-01T00:00:00.123Z", "date": "2024-01-01"}
    assert found["rows"][0] == {**first, "duration": -90_000, "boolean": True}
    assert found["rows"][2] == dict.fromkeys(found["rows"][0])


def test_json_holds_awkward_texts() -> None:
    texts = [*AWKWARD, "\x00\x1f", "</script>"]
    assert [row["text"] for row in json.loads(written(table_of(*texts), "json"))["rows"]] == texts
    lines = written(table_of(*texts), "ndjson").decode().removesuffix("\n").split("\n")
    assert [json.loads(line)["text"] for line in lines] == texts


@pytest.mark.parametrize("batches", [(), (0,), (0, 2), (2, 0), (1, 0, 1), (0, 0)])
@pytest.mark.parametrize("name", FORMATS)
def test_empty_batches_are_no_trouble(name: Format, batches: tuple[int, ...]) -> None:
    data = written(mixed(*batches), name)
    rows = sum(batches)
    if name == "json":
        assert len(json.loads(data)["rows"]) == rows
    elif name == "ndjson":
        assert [set(json.loads(line)) for line in data.splitlines()] == [set(mixed().schema)] * rows
    elif name == "csv":
        assert len(cells(data)) == 1 + rows
    elif name == "xlsx":
        assert len(sheet(data)) == 1 + rows
    else:
        assert read_back(data, name).height == rows


@pytest.mark.parametrize("name", TYPED)
@pytest.mark.parametrize("batches", [(), (3,), (2, 1)])
def test_parquet_and_arrow_keep_the_types(name: Format, batches: tuple[int, ...]) -> None:
    found = read_back(written(mixed(*batches), name), name)
    assert dict(found.schema) == {
        "text": pl.String,
        "integer": pl.Int64,
        "instant": pl.Datetime("ms", "UTC"),
        "date": pl.Date,
        "duration": pl.Int64,
        "boolean": pl.Boolean,
    }
    if batches:
        assert found.equals(mixed(*batches).collect())


PRINTED: dict[TimeFormat, Any] = {
    TimeFormat.MINUTES: -2,
    TimeFormat.HOURS_MINUTES: "-2m",
    TimeFormat.HOURS_COLON_MINUTES: "-0:02",
    TimeFormat.DAYS_HOURS_MINUTES: "-2m",
    TimeFormat.DECIMAL_WEEKS: 0.0,
    TimeFormat.DECIMAL_HOURS: -0.03,
    TimeFormat.DECIMAL_DAYS: 0.0,
    TimeFormat.BUSINESS_DECIMAL_WEEKS: 0.0,
    TimeFormat.BUSINESS_DECIMAL_DAYS: 0.0,
    TimeFormat.BUSINESS_DAYS_HOURS_MINUTES: "-2m",
    TimeFormat.MS: -90_000,
    TimeFormat.SECONDS: -90.0,
    TimeFormat.ISO8601: "-PT1M30S",
}


@pytest.mark.parametrize("time_format", list(TimeFormat))
def test_the_time_format_holds_in_every_format(time_format: TimeFormat) -> None:
    table, want = mixed(2, time_format=time_format), PRINTED[time_format]
    assert [row["duration"] for row in json.loads(written(table, "json"))["rows"]] == [want, None]
    lines = [json.loads(line) for line in written(table, "ndjson").splitlines()]
    assert [line["duration"] for line in lines] == [want, None]
    assert [line["integer"] for line in lines] == [-5, None]
    for name in TYPED:
        assert read_back(written(table, name), name)["duration"].to_list() == [want, None]
    assert [row[4] for row in sheet(written(table, "xlsx"))[1:]] == [want, None]
    found = [row[4] for row in cells(written(table, "csv"))[1:]]
    assert found[1] == ""
    assert found[0] == f"'{want}" if isinstance(want, str) else float(found[0]) == want


@pytest.mark.parametrize("name", [*TEXTS, "xlsx"])
def test_the_size_of_batches_does_not_show(name: Format) -> None:
    assert written(mixed(2, 2, 2), name) == written(mixed(6), name) == written(mixed(4, 0, 2), name)


@pytest.mark.parametrize("name", FORMATS)
def test_saving_gives_the_bytes_that_are_sent(name: Format, tmp_path: Path) -> None:
    buffer, path = io.BytesIO(), tmp_path / "file"
    formats.save(mixed(3, 2), name, buffer)
    formats.save_as(mixed(3, 2), name, path)
    assert buffer.getvalue() == path.read_bytes()
    if name != "parquet":
        assert buffer.getvalue() == written(mixed(3, 2), name)
    assert names_in(tmp_path) == ["file"]


@pytest.mark.parametrize("shape", ["wide", "long"])
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.django_db
def test_a_store_read_in_many_batches_gives_the_same(name: Format, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = [change("2024-01-02T09:00:00.000+0000", "status", "Open", "Done")]
    items = [issue(f"ABC-{n}", "Done", *moved) if n % 3 else issue(f"ABC-{n}", "Waiting") for n in range(1, 12)]
    store(*items)
    options = {"shape": shape, "columns": "summary,created", "time_format": "Decimal Hours"}
    whole = written(ask(**options), name)
    monkeypatch.setattr(read, "BATCH", 2)
    parts = written(ask(**options), name)
    if name in TYPED:
        assert read_back(parts, name).equals(read_back(whole, name))
    else:
        assert parts == whole


class FullDisk(io.BytesIO):
    """A file that takes some bytes and no more."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: Any) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return super().write(data)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)


@pytest.mark.parametrize("room", [0, 2000])
@pytest.mark.parametrize("name", FORMATS)
def test_a_write_that_fails_is_told_and_leaves_no_thread(name: Format, room: int) -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="No space left"):
        formats.save(mixed(*[500] * 20), name, FullDisk(room))
    assert threading.active_count() == before


@pytest.mark.parametrize("old", [None, b"what was there"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_report_that_fails_leaves_the_file_as_it_was(name: Format, old: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "report"
    if old:
        path.write_bytes(old)

    def frames() -> Iterator[pl.DataFrame]:
        yield from mixed(*[100] * 10).frames()
        raise ValueError("the store went away")

    failing = Table(mixed().columns, NOTES, frames)
    before = threading.active_count()
    with pytest.raises(ValueError, match="the store went away"):
        formats.save_as(failing, name, path)
    assert names_in(tmp_path) == (["report"] if old else [])
    assert not old or path.read_bytes() == old
    assert threading.active_count() == before


@pytest.mark.parametrize("name", FORMATS)
def test_a_path_that_cannot_be_written_is_told(name: Format, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere/x: cannot be written: No such file"):
        formats.save_as(mixed(1), name, tmp_path / "nowhere" / "x")
    with pytest.raises(UserError, match=r"cannot be written: Is a directory"):
        formats.save_as(mixed(1), name, tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_named_pipe_is_written_to_and_stays_one(name: Format, tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    formats.save_as(mixed(2), name, pipe)
    reader.join(10)
    assert pipe.is_fifo()
    assert got == [written(mixed(2), name)]


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_finds_its_format(name: Format) -> None:
    assert formats.parse_format(name) == name
    assert name in formats.CONTENT_TYPES


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(Refused, match="format: 'xml' is not one of json, ndjson, csv, parquet, arrow, xlsx"):
        formats.parse_format("xml")


def counted(batches: int) -> tuple[Table, list[int]]:
    """A table of so many batches, and the numbers of those that were read so far."""
    produced: list[int] = []

    def frames() -> Iterator[pl.DataFrame]:
        for number, frame in enumerate(mixed(*[2] * batches).frames()):
            produced.append(number)
            yield frame

    return Table(mixed().columns, NOTES, frames), produced


@pytest.mark.parametrize("name", [*TEXTS, "arrow"])
def test_what_is_sent_is_read_batch_by_batch(name: Format) -> None:
    table, produced = counted(50)
    pieces = formats.chunks(table, name)
    while len(next(pieces)) < 20 or not produced:
        pass
    assert len(produced) <= 2


@pytest.mark.parametrize("name", [*TEXTS, "arrow"])
def test_reading_runs_few_batches_ahead_of_writing(name: Format) -> None:
    table, produced = counted(50)
    ahead = []

    class Slow(io.BytesIO):
        bodies = 0

        def writelines(self, lines: Any) -> None:
            for line in lines:
                time.sleep(0.002)
                Slow.bodies += 1
                ahead.append(len(produced) - Slow.bodies)
                self.write(line)

    formats.save(table, name, Slow())
    assert len(ahead) == 50
    assert max(ahead) <= 4
