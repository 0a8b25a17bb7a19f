"""The table on a terminal."""

from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from sojourn.errors import UserError
from sojourn.reports.terminal import show
from tests.builders import change, issue, store
from tests.reports.asking import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Print a report on a terminal of some width and return the lines."""

    def run(width: int = 80, **options: Any) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        show(ask(**{"time_format": "DaysHoursMinutes", **options}))
        return capsys.readouterr().out.splitlines()

    return run


def some_items() -> None:
    store(
        issue("ABC-1", "Done", change("2024-01-01T12:30:00.000+0000", "status", "Open", "Done")),
        issue("ABC-2", "Waiting", change("2024-01-01T09:00:00.000+0000", "status", "Open", "Waiting")),
    )


def test_it_shows_never_there_as_a_dash_and_there_for_nothing_as_0(printed: Any) -> None:
    some_items()
    lines = printed()
    assert sorted(lines[0].split()) == ["Done", "Open", "Waiting", "current", "issue_key"]
    one, two = (next(line for line in lines if line.startswith(key)) for key in ("ABC-1", "ABC-2"))
    assert sorted(one.split()[2:]) == sorted(["–", "3h", "30m", "6d", "20h", "30m"])
    assert sorted(two.split()[2:]) == sorted(["7d", "0h", "0m", "0m", "–"])


def test_it_ends_with_the_count_and_the_notes(printed: Any) -> None:
    some_items()
    text = " ".join(line.strip() for line in printed())
    assert "2 rows. Working time under 7x24 (UTC), as of 2024-01-08 09:00." in text
    assert "means never there; 0 means there" in text


def many_statuses(count: int = 20) -> list[str]:
    names = [f"Status number {n}" for n in range(count)]
    for n, name in enumerate(names):
        store(
            issue(f"ABC-{n}", status={"id": str(100 + n), "name": name}, created=f"2024-01-0{1 + n % 7}T00:00:00.000Z")
        )
    return names


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(
    "options",
    [{}, {"shape": "long"}, {"columns": "summary,created,project_name"}, {"shape": "long", "columns": "summary"}],
)
def test_it_fits_the_width_and_names_what_has_no_room(printed: Any, width: int, options: Any) -> None:
    names = many_statuses()
    lines = printed(width, **options)
    assert max(map(cell_len, lines)) <= width
    text = " ".join(line.strip() for line in lines)
    assert "…" not in text
    if "shape" not in options:
        begin = text.index("No room for: ")
        head = " ".join(
            " ".join(line.split()) for line in lines[: next(n for n, li in enumerate(lines) if "ABC" in li)]
        )
        hidden = [name for name in names if f"{name}," in text[begin:] or f"{name}." in text[begin:]]
        assert len(hidden) >= 20 - width // 8
        assert head.count("number") == 20 - len(hidden)


def test_a_long_summary_leaves_room_for_the_time(printed: Any) -> None:
    store(issue("ABC-1", summary="word " * 60))
    lines = printed(columns="summary")
    assert "7d 0h 0m" in lines[1]


def test_texts_are_shown_as_they_are_and_cannot_steer_the_terminal(printed: Any) -> None:
    store(
        issue("ABC-1", summary="[red]x[/red] :bug: [/nope]"),
        issue("ABC-2", summary="a\x1b[31mb\nc"),
        issue("ABC-3", status={"id": "9", "name": "[bold] \x1b[0m"}),
    )
    text = "\n".join(printed(120, columns="summary"))
    assert "[red]x[/red] :bug:" in text
    assert "[/nope]" in text
    assert "[bold]" in text
    assert "\x1b" not in text


def test_instants_are_shown_in_the_calendars_zone(printed: Any) -> None:
    store(issue("ABC-1"))
    tokyo = {"tz": "Asia/Tokyo", "week": {"mon": [["09:00", "17:00"]]}}
    assert "2024-01-01 18:00" in "\n".join(printed(calendar=tokyo, columns="created"))


@pytest.mark.parametrize(
    ("time_format", "shown"), [("seconds", "604800.000"), ("Decimal Hours", "168.00"), ("ms", "604800000")]
)
def test_numbers_have_the_places_of_their_format(printed: Any, time_format: str, shown: str) -> None:
    store(issue("ABC-1"))
    assert shown in printed(time_format=time_format)[1].split()


def test_an_empty_table_says_0_rows(printed: Any) -> None:
    assert any(line.startswith("0 rows.") for line in printed())
    store(issue("ABC-1"))
    assert any(line.startswith("0 rows.") for line in printed(created="2030-01-01.."))


def test_it_is_written_to_a_file_whole_or_not_at_all(tmp_path: Path) -> None:
    store(issue("ABC-1", summary="Größe 日本"))
    show(ask(columns="summary"), tmp_path / "table.txt")
    assert "Größe 日本" in (tmp_path / "table.txt").read_text(encoding="utf-8")
    with pytest.raises(UserError, match="cannot be written"):
        show(ask(), tmp_path / "nowhere" / "table.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["table.txt"]
