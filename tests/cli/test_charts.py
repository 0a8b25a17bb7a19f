"""`sojourn chart`: pictures on stdout and in files, and what is wrong use."""

import json
from pathlib import Path

import pytest

from sojourn.reports.chart_menu import CHART_MENU
from tests.builders import change, issue, store
from tests.cli.running import Sojourn

COMMAND = ["chart", "bar", "--as-of", "2024-01-08T09:00"]


@pytest.fixture(autouse=True)
def work_items(db: None) -> None:
    moved = [change("2024-01-02T09:00:00.000+0000", "status", "Open", "Done")]
    other = {"id": "11", "key": "XYZ", "name": "Another"}
    store(issue("ABC-1", "Done", *moved), issue("XYZ-1", project=other))


def test_charts_are_listed(sojourn: Sojourn) -> None:
    lines = sojourn("chart", "--list").out.splitlines()
    assert [line.split()[0] for line in lines] == [entry.name for entry in CHART_MENU]
    assert json.loads(sojourn("chart", "--list", "--json").out)[0] == {
        "name": "bar",
        "title": "Average time in each status",
        "report": "time-in-status",
        "shows": "A bar a status.",
    }


def test_a_chart_is_svg_on_stdout(sojourn: Sojourn) -> None:
    run = sojourn(*COMMAND)
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("<svg")
    assert "as of 2024-01-08 09:00" in run.out


@pytest.mark.parametrize(
    ("name", "begin"),
    [("out.svg", b"<svg"), ("out.PNG", b"\x89PNG"), ("out.json", b'{\n "$schema"'), ("out", b"<svg")],
)
def test_the_name_of_a_file_says_its_format(sojourn: Sojourn, tmp_path: Path, name: str, begin: bytes) -> None:
    run = sojourn(*COMMAND, "-o", tmp_path / name)
    assert (run.code, run.out, run.err) == (0, "", "")
    assert (tmp_path / name).read_bytes().startswith(begin)


def test_a_format_that_is_asked_for_beats_the_name(sojourn: Sojourn, tmp_path: Path) -> None:
    assert sojourn(*COMMAND, "--format", "vega-lite", "-o", tmp_path / "out.svg").code == 0
    spec = json.loads((tmp_path / "out.svg").read_text())
    assert [row["status"] for row in spec["data"]["values"]] == ["Open"]


def test_options_of_the_report_and_of_the_chart_are_heard(sojourn: Sojourn) -> None:
    run = sojourn(*COMMAND, "--project", "ABC", "--with-done", "--theme", "dark", "--format", "vega-lite")
    spec = json.loads(run.out)
    assert [(row["status"], row["label"]) for row in spec["data"]["values"]] == [
        ("Open", "1d 0h 0m"),
        ("Done", "6d 0h 0m"),
    ]
    assert spec["background"] == "#171e26"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--project", "NO"], "project: there is no project 'NO'; there are: ABC, XYZ"),
        (["--jql", "project = NO"], "line 1, column 11: there is no 'NO' in the field project"),
        (["--theme", "pink"], "theme: 'pink' is not one of light, dark"),
        (["--format", "gif"], "format: 'gif' is not one of svg, png, vega-lite"),
        (["-o", "out.gif"], "format: 'gif' is not one of svg, png, vega-lite"),
        (["-o", "/nowhere/out.svg"], "/nowhere/out.svg: cannot be written: No such file"),
    ],
)
def test_what_is_wrong_is_wrong_use(sojourn: Sojourn, options: list[str], message: str) -> None:
    run = sojourn(*COMMAND, *options)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"sojourn: {message}")
