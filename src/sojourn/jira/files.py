"""Files that people have of a Jira: found, opened, and read record by record in flat memory."""

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import ijson
import orjson

from sojourn.errors import UserError

_SUFFIXES = {".json", ".jsonl", ".ndjson", ".csv", ".xes"}
_CHANGELOG_PAGE = b'"issueChangeLogs"'
_LOOK_AHEAD = 1 << 16
_TELL_EVERY = 100
_MARK = b"\xef\xbb\xbf"
UNREADABLE = (OSError, EOFError, zlib.error)
"""What opening and unpacking a file can raise."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file, its format (`jira`, `csv` or `xes`) and its size in bytes on disk."""

    path: Path
    format: str
    size: int

    def open(self) -> IO[bytes]:
        """The file's bytes, uncompressed."""
        if self.path.suffix == ".gz":
            return cast("IO[bytes]", gzip.open(self.path, "rb"))
        return self.path.open("rb")

    @contextmanager
    def unpacked(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """The file's bytes, uncompressed, and the file on disk, whose position tells how far the reading is."""
        with self.path.open("rb") as on_disk:
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=on_disk)) if self.path.suffix == ".gz" else on_disk, on_disk

    def is_changelog_page(self) -> bool:
        """Whether the file holds bulk-fetched changelogs, to be joined to work items of other files."""
        if self.format != "jira":
            return False
        try:
            with self.open() as file:
                return _CHANGELOG_PAGE in file.read(_LOOK_AHEAD)
        except UNREADABLE:
            return False  # reading it will tell


@dataclass(frozen=True, slots=True)
class Parsed:
    """One JSON value of a file, where it stands, and about how many bytes of the file on disk have been read by then.

    `is_member` is whether the file is one array, of which this is a member.
    """

    place: str
    value: Any
    position: int
    is_member: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A place in a file that could not be read, and why."""

    place: str
    reason: str
    position: int


def find(paths: list[Path], file_format: str) -> list[Source]:
    """The files to read, folders searched through, in order of name.

    Raises UserError where a path does not exist, or a folder holds nothing to import.
    """
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file() and _stem_suffix(file) in _SUFFIXES)
            if not inside:
                raise UserError(f"{path}: holds no .json, .jsonl, .ndjson, .csv or .xes file, plain or gzipped")
            found += [_source(file, file_format) for file in inside]
        elif path.exists():
            found.append(_source(path, file_format))
        else:
            raise UserError(f"{path}: does not exist")
    return found


def _stem_suffix(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix == ".gz" else path.suffix.lower()


def _source(path: Path, file_format: str) -> Source:
    guessed = {".csv": "csv", ".xes": "xes"}.get(_stem_suffix(path), "jira")
    return Source(path, guessed if file_format == "auto" else file_format, path.stat().st_size)


def read_json(source: Source) -> Iterator[Parsed | Broken]:
    """The JSON values of a file: one a line, the members of one array, or one value over many lines."""
    try:
        with source.unpacked() as (file, on_disk):
            yield from _values(file, on_disk)
    except UNREADABLE as error:
        yield Broken("file", f"cannot be read: {error}", source.size)


def _values(file: IO[bytes], on_disk: IO[bytes]) -> Iterator[Parsed | Broken]:
    head = file.read(_LOOK_AHEAD)
    start = len(_MARK) if head.startswith(_MARK) else 0
    text = head[start:].lstrip()
    file.seek(start)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield Broken("file", "is UTF-16; save it as UTF-8", on_disk.tell())
    elif not text and len(head) < _LOOK_AHEAD:
        yield Broken("file", "is empty", on_disk.tell())
    elif text.startswith(b"["):
        yield from _array(file, on_disk)
    elif _has_lines(file, start):
        yield from _lines(file, on_disk)
    else:
        yield _whole(file, on_disk)


def _has_lines(file: IO[bytes], start: int) -> bool:
    """Whether there is one JSON value a line; the first line may be broken."""
    lines = (line for line in file if line.strip())
    found = _is_json(next(lines, b"")) or _is_json(next(lines, b""))
    file.seek(start)
    return found


def _is_json(line: bytes) -> bool:
    try:
        loads(line)
    except ValueError:
        return False
    return line.lstrip()[:1] == b"{"


def loads(text: bytes) -> Any:
    """The JSON value of a text. Half a character, such as the first part of an emoji that was cut, is let through."""
    try:
        return orjson.loads(text)
    except ValueError:
        if b"\\ud" not in text and b"\\uD" not in text:
            raise
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _lines(file: IO[bytes], on_disk: IO[bytes]) -> Iterator[Parsed | Broken]:
    position = 0
    for number, line in enumerate(file, 1):
        if number % _TELL_EVERY == 0:  # it asks the system each time
            position = on_disk.tell()
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            yield Parsed(place, loads(line), position)
        except ValueError as error:
            yield Broken(place, f"is not JSON: {error}", position)


def _array(file: IO[bytes], on_disk: IO[bytes]) -> Iterator[Parsed | Broken]:
    number = 0
    try:
        for value in ijson.items(file, "item", use_float=True):
            number += 1
            yield Parsed(f"item {number}", value, on_disk.tell(), is_member=True)
    except ijson.JSONError as error:
        reason = str(error).partition("\n")[0]
        yield Broken(f"item {number + 1}", f"is not JSON, nor is what follows: {reason}", on_disk.tell())


def _whole(file: IO[bytes], on_disk: IO[bytes]) -> Parsed | Broken:
    text = file.read()
    try:
        return Parsed("file", loads(text), on_disk.tell())
    except ValueError as error:
        return Broken("file", f"is not JSON: {error}", on_disk.tell())
