"""XLSX: what Excel finds in the cells, how the sheets look, and what a sheet cannot hold."""

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.duration import TimeFormat
from sojourn.errors import Refused
from sojourn.reports import formats
from sojourn.reports.formats import cells, xlsx
from sojourn.reports.table import Column, Table
from tests.reports.asking import written
from tests.reports.test_formats import NOTES, mixed, names_in, sheet, table_of

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def book(table: Table) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written(table, "xlsx")))


def inside(table: Table, path: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(written(table, "xlsx"))) as archive:
        assert archive.testzip() is None
        return ElementTree.fromstring(archive.read(path))


def texts(data: Table) -> list[Any]:
    """The texts as they stand in the file, before any reader makes something of them."""
    root = inside(data, "xl/worksheets/sheet1.xml")
    return ["".join(found.itertext()) for found in root.iter(f"{_MAIN}is")]


def test_cells_have_types() -> None:
    rows = list(book(mixed(1))["Table"].rows)
    assert [cell.value for cell in rows[0]] == ["text", "integer", "instant", "date", "duration", "boolean"]
    assert [cell.value for cell in rows[1]][:2] == ["a", -5]
    assert rows[1][2].value == datetime(2024, 1, 1, 0, 0, 0, 123000)
    assert rows[1][3].value == datetime(2024, 1, 1)
    assert [cell.value for cell in rows[1]][4:] == [-90_000, True]
    assert [cell.data_type for cell in rows[1]] == ["s", "n", "d", "d", "n", "b"]
    assert [cell.number_format for cell in rows[1]][1:5] == ["0", "yyyy-mm-dd hh:mm:ss.000", "yyyy-mm-dd", "0"]


@pytest.mark.parametrize(
    ("time_format", "look"),
    [(TimeFormat.SECONDS, "0.000"), (TimeFormat.DECIMAL_DAYS, "0.00"), (TimeFormat.MINUTES, "0")],
)
def test_numbers_show_as_many_decimals_as_they_have(time_format: TimeFormat, look: str) -> None:
    cell = book(mixed(1, time_format=time_format))["Table"].cell(2, 5)
    assert (cell.data_type, cell.number_format) == ("n", look)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "{=1}", "http://a.example", "internal:Notes!A1"])
def test_a_text_is_no_formula_and_no_link(text: str) -> None:
    table = table_of(text, name=text)
    found = inside(table, "xl/worksheets/sheet1.xml")
    assert texts(table) == [text, text]
    assert not list(found.iter(f"{_MAIN}f"))
    assert not list(found.iter(f"{_MAIN}hyperlink"))


@pytest.mark.parametrize("text", ["<r><t>x</t></r>", "<r></is></c></row></r>", "&amp;<b>", "]]>", "<r>&</r>"])
def test_a_text_is_no_markup(text: str) -> None:
    assert texts(table_of(text)) == ["text", text]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20))
def test_any_text_makes_a_sound_file(given_texts: list[str]) -> None:
    table = table_of(*given_texts)
    assert len(sheet(written(table, "xlsx"))) == 1 + len(given_texts)


def test_control_characters_are_written_as_excel_writes_them() -> None:
    assert texts(table_of("a\x00b", "_x0041_", " blank "))[1:] == ["a_x0000_b", "_x005F_x0041_", " blank "]


def test_the_header_is_bold_frozen_and_filtered_and_columns_are_wide_enough() -> None:
    found = book(table_of("x" * 20, "one\ntwo", "y" * 500, name="n"))["Table"]
    assert found["A1"].font.bold
    assert found.freeze_panes == "A2"
    assert found.auto_filter.ref == "A1:A4"
    assert 60 < found.column_dimensions["A"].width <= 62
    assert 20 < book(table_of("x" * 20, "a\n" * 50, name="n"))["Table"].column_dimensions["A"].width <= 22


def test_an_empty_table_has_its_header_and_its_notes() -> None:
    data = written(mixed(), "xlsx")
    assert sheet(data) == [["text", "integer", "instant", "date", "duration", "boolean"]]
    assert len(sheet(data, "Notes")) > 6


def test_the_notes_say_how_the_numbers_came_about_and_what_columns_mean() -> None:
    columns = (Column("issue_key", "text"), Column("ms", "integer", "ms"), Column("Doing", "duration", "ms", "done"))
    notes = sheet(written(Table(columns, NOTES, lambda: iter(())), "xlsx"), "Notes")
    found = {label: text for label, text in notes if label}
    assert (found["Calendar"], found["As of"]) == ("7x24 (UTC)", "2024-01-01T00:00:00.000Z")
    assert found["issue_key"] == "The key of the work item: text"
    assert found["ms"] == "Working time under the calendar: a duration in milliseconds"
    assert found["Doing"] == "A duration in milliseconds; category done"
    assert [None, "One."] in notes


def test_texts_too_long_for_a_cell_are_cut_and_counted() -> None:
    rocket = "🚀" * 16_384  # two units of UTF-16 each
    table = table_of("x" * 32_767, "y" * 32_768, rocket, None, "é" * 20_000)
    data = written(table, "xlsx")
    found = [row[0] for row in sheet(data)[1:]]
    assert found[0] == "x" * 32_767
    assert found[1] == "y" * 32_766 + "…"
    assert found[2] == "🚀" * 16_383 + "…"
    assert found[3:] == [None, "é" * 20_000]
    assert any("2 texts were longer than the 32,767" in (row[1] or "") for row in sheet(data, "Notes"))


def test_instants_that_excel_has_no_day_for_are_texts() -> None:
    at = pl.Series("at", [-2_208_988_800_000, -2_203_891_200_000, None]).cast(pl.Datetime("ms", "UTC"))
    table = Table((Column("at", "instant"),), NOTES, lambda: iter([pl.DataFrame([at])]))
    assert [row[0] for row in sheet(written(table, "xlsx"))[1:]] == [
        "1900-01-01T00:00:00.000Z",
        datetime(1900, 3, 1),
        None,
    ]


def test_more_rows_than_a_sheet_holds_are_refused_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 10)
    assert len(sheet(written(mixed(4, 6), "xlsx"))) == 11
    with pytest.raises(Refused, match="holds 10 rows, this table has 1,016; use csv or parquet"):
        formats.save_as(mixed(4, 7, 5, *[10] * 100), "xlsx", tmp_path / "out.xlsx")
    assert names_in(tmp_path) == []
    with pytest.raises(Refused):
        next(formats.chunks(mixed(11), "xlsx"))


def test_more_columns_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_COLUMNS", 5)
    with pytest.raises(Refused, match="holds 5 columns, this table has 6"):
        written(mixed(1), "xlsx")


def test_a_full_sheet_is_what_excel_says() -> None:
    assert xlsx.MOST_ROWS + 1 == 1_048_576
    assert cells.LONGEST == 32_767


def test_no_temporary_files_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def frames() -> Any:
        yield from mixed(3).frames()
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        formats.save(Table(mixed().columns, NOTES, frames), "xlsx", io.BytesIO())
    assert names_in(tmp_path) == []
