"""Files in all the shapes people have them: found, opened, and read; and what is broken named by its place."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sojourn.errors import UserError
from sojourn.jira import files
from sojourn.jira.files import Broken, Parsed

ONE, TWO, THREE = {"key": "A-1"}, {"key": "A-2", "text": "ü [ { \\"}, {"key": "A-3", "list": [1, [2]]}


def read(path: Path) -> list[Parsed | Broken]:
    [source] = files.find([path], "auto")
    return list(files.read_json(source))


def told(parts: list[Parsed | Broken]) -> list[tuple[str, Any]]:
    return [(part.place, part.value if isinstance(part, Parsed) else part.reason) for part in parts]


def lines(*values: Any) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


SHAPES: list[tuple[str, str, list[tuple[str, Any]]]] = [
    ("one value in one line", json.dumps(ONE), [("line 1", ONE)]),
    ("one value over many lines", json.dumps(THREE, indent=2), [("file", THREE)]),
    ("one value a line", lines(ONE, TWO), [("line 1", ONE), ("line 2", TWO)]),
    ("no end of line at the end", lines(ONE, TWO).rstrip(), [("line 1", ONE), ("line 2", TWO)]),
    ("empty lines between", f"\n{lines(ONE)}\n \n{lines(TWO)}", [("line 2", ONE), ("line 5", TWO)]),
    ("lines that end as on Windows", lines(ONE, TWO).replace("\n", "\r\n"), [("line 1", ONE), ("line 2", TWO)]),
    ("an array in one line", json.dumps([ONE, TWO]), [("item 1", ONE), ("item 2", TWO)]),
    ("an array over many lines", json.dumps([ONE, TWO], indent=1), [("item 1", ONE), ("item 2", TWO)]),
    ("an empty array", "[]", []),
    ("half a character", '{"a": "\\ud83d"}\n{"a": 1}\n', [("line 1", {"a": "\ud83d"}), ("line 2", {"a": 1})]),
    ("a long number", '{"a": 1e5, "b": 0.1}', [("line 1", {"a": 100000.0, "b": 0.1})]),
]


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_json_is_read_in_every_shape(
    tmp_path: Path, text: str, expected: list[tuple[str, Any]], suffix: str, mark: str
) -> None:
    path = tmp_path / f"export{suffix}"
    content = (mark + text).encode()
    path.write_bytes(gzip.compress(content) if suffix.endswith(".gz") else content)
    assert told(read(path)) == expected
    assert all(part.position <= path.stat().st_size for part in read(path))


BROKEN: list[tuple[str, bytes, list[tuple[str, Any]]]] = [
    ("nothing", b"", [("file", "is empty")]),
    ("nothing but space", b" \n\n ", [("file", "is empty")]),
    ("nothing but a mark", b"\xef\xbb\xbf", [("file", "is empty")]),
    ("not JSON", b"hello\nyou\n", [("file", "is not JSON")]),
    ("UTF-16", '{"key": 1}'.encode("utf-16"), [("file", "is UTF-16; save it as UTF-8")]),
    ("half a line at the end", lines(ONE, TWO).encode()[:-9], [("line 1", ONE), ("line 2", "is not JSON")]),
    ("a broken line between", lines(ONE).encode() + b"{oops\n" + lines(TWO).encode(),
     [("line 1", ONE), ("line 2", "is not JSON"), ("line 3", TWO)]),
    ("a broken first line", b"{oops\n" + lines(ONE, TWO).encode(),
     [("line 1", "is not JSON"), ("line 2", ONE), ("line 3", TWO)]),
    ("not UTF-8", lines(ONE).encode() + b'{"a": "\xff"}\n', [("line 1", ONE), ("line 2", "is not JSON")]),
    ("half an array", json.dumps([ONE, TWO]).encode()[:-5],
     [("item 1", ONE), ("item 2", "is not JSON, nor is what follows")]),
    ("one value cut short", json.dumps(THREE, indent=2).encode()[:-4], [("file", "is not JSON")]),
    ("half of half a character", b'{"a": "\\ud83d\n', [("file", "is not JSON")]),
    ("too deep", b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", [("file", "is not JSON")]),
    ("too deep, half a character", b'{"a": "\\ud83d", "b": ' + b"[" * 5000 + b"]" * 5000 + b"}",
     [("file", "is not JSON: nested too deeply")]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_is_broken_is_named_and_the_rest_is_read(
    tmp_path: Path, content: bytes, expected: list[tuple[str, Any]]
) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(content)
    found = told(read(path))
    assert [place for place, _ in found] == [place for place, _ in expected]
    for (_, value), (_, wanted) in zip(found, expected, strict=True):
        assert value.startswith(wanted) if isinstance(wanted, str) else value == wanted


@pytest.mark.parametrize(
    ("content", "before"),
    [
        pytest.param(b"not gzip at all", 0, id="no gzip"),
        pytest.param(gzip.compress(lines(ONE, TWO).encode())[:-12], None, id="cut short"),
        pytest.param(gzip.compress(lines(*[ONE] * 5000).encode())[:60] + b"\xff" * 80, None, id="damaged"),
    ],
)
def test_a_damaged_gzip_file_is_reported_not_raised(tmp_path: Path, content: bytes, before: int | None) -> None:
    path = tmp_path / "export.jsonl.gz"
    path.write_bytes(content)
    *_, last = read(path)
    assert isinstance(last, Broken)
    assert (last.place, last.reason[:16]) == ("file", "cannot be read: ")
    assert files.find([path], "auto")[0].is_changelog_page() is False


def test_a_file_that_vanished_is_reported_not_raised(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text(lines(ONE))
    [source] = files.find([path], "auto")
    path.unlink()
    assert source.is_changelog_page() is False
    assert [part.place for part in files.read_json(source)] == ["file"]


def test_folders_are_searched_in_order_of_name_and_only_for_what_can_be_imported(tmp_path: Path) -> None:
    for name in ("b/2.JSON", "a.jsonl.gz", "b/1.csv", "c.ndjson", "notes.txt", "archive.gz", "d.csv.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = files.find([tmp_path], "auto")
    assert [(str(source.path.relative_to(tmp_path)), source.format, source.size) for source in found] == [
        *(("a.jsonl.gz", "jira", 1), ("b/1.csv", "csv", 1), ("b/2.JSON", "jira", 1)),
        *(("c.ndjson", "jira", 1), ("d.csv.gz", "csv", 1)),
    ]


def test_a_file_that_was_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "export.txt").write_text("x")
    assert [source.format for source in files.find([tmp_path / "export.txt"], "auto")] == ["jira"]
    assert [source.format for source in files.find([tmp_path / "export.txt"], "csv")] == ["csv"]


def test_what_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere: does not exist"):
        files.find([tmp_path / "nowhere"], "auto")
    with pytest.raises(UserError, match=r"holds no \.json"):
        files.find([tmp_path], "auto")


def test_pages_of_changelogs_are_told_by_their_beginning(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text('{"issueChangeLogs": []}')
    (tmp_path / "text.json").write_text(json.dumps({"key": "A-1", "text": 'says "issueChangeLogs"'}))
    (tmp_path / "log.csv").write_text('"issueChangeLogs"')
    found = {source.path.name: source.is_changelog_page() for source in files.find([tmp_path], "auto")}
    assert found == {"page.json": True, "text.json": False, "log.csv": False}
