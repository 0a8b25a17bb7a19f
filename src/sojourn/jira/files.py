"""Files that people have of a Jira: found, opened, and read record by record in flat memory."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import ijson
import orjson

from sojourn.errors import UserError

_SUFFIXES = {".json", ".jsonl", ".ndjson", ".csv"}
_CHANGELOG_PAGE = b'"issueChangeLogs"'
_LOOK_AHEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """One file, its format (`jira` or `csv`) and its size in bytes on disk."""

    path: Path
    format: str
    size: int

    def open(self) -> IO[bytes]:
        """The file's bytes, uncompressed."""
        if self.path.suffix == ".gz":
            return cast("IO[bytes]", gzip.open(self.path, "rb"))
        return self.path.open("rb")

    def is_changelog_page(self) -> bool:
        """Whether the file holds bulk-fetched changelogs, to be joined to work items of other files."""
        if self.format != "jira":
            return False
        with self.open() as file:
            return _CHANGELOG_PAGE in file.read(_LOOK_AHEAD)


@dataclass(frozen=True, slots=True)
class Parsed:
    """One JSON value of a file, where it stands, and how many bytes of the file on disk have been read by then."""

    place: str
    value: Any
    position: int


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
                raise UserError(f"{path}: holds no .json, .jsonl, .ndjson or .csv file, plain or gzipped")
            found += [_source(file, file_format) for file in inside]
        elif path.exists():
            found.append(_source(path, file_format))
        else:
            raise UserError(f"{path}: does not exist")
    return found


def _stem_suffix(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix == ".gz" else path.suffix.lower()


def _source(path: Path, file_format: str) -> Source:
    guessed = "csv" if _stem_suffix(path) == ".csv" else "jira"
    return Source(path, guessed if file_format == "auto" else file_format, path.stat().st_size)


def read_json(source: Source) -> Iterator[Parsed | Broken]:
    """The JSON values of a file: one a line, the members of one array, or one value over many lines."""
    with source.path.open("rb") as on_disk:
        file = cast("IO[bytes]", gzip.GzipFile(fileobj=on_disk)) if source.path.suffix == ".gz" else on_disk
        try:
            first = _first_line(file)
            if first.lstrip()[:1] == b"[":
                yield from _array(file, on_disk)
            elif _is_json(first):
                yield from _lines(file, on_disk)
            else:
                yield _whole(file, on_disk)
        except (OSError, EOFError) as error:
            yield Broken("file", f"cannot be read: {error}", source.size)


def _first_line(file: IO[bytes]) -> bytes:
    for line in file:
        if line.strip():
            file.seek(0)
            return line.removeprefix(b"\xef\xbb\xbf")
    file.seek(0)
    return b""


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except ValueError:
        return False
    return True


def _lines(file: IO[bytes], on_disk: IO[bytes]) -> Iterator[Parsed | Broken]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            yield Parsed(place, orjson.loads(line), on_disk.tell())
        except ValueError as error:
            yield Broken(place, f"is not JSON: {error}", on_disk.tell())


def _array(file: IO[bytes], on_disk: IO[bytes]) -> Iterator[Parsed | Broken]:
    number = 0
    try:
        for value in ijson.items(file, "item", use_float=True):
            number += 1
            yield Parsed(f"item {number}", value, on_disk.tell())
    except ijson.JSONError as error:
        yield Broken(f"item {number + 1}", f"is not JSON: {error}", on_disk.tell())


def _whole(file: IO[bytes], on_disk: IO[bytes]) -> Parsed | Broken:
    text = file.read()
    try:
        return Parsed("file", orjson.loads(text), on_disk.tell())
    except ValueError as error:
        return Broken("file", f"is not JSON: {error}", on_disk.tell())
