"""Importing files: Jira's JSON in the shapes people have it, and event logs as CSV.

An import can be stopped at any moment and run again: what is stored already is recognised and passed over, so it ends
in the same store.
"""

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sojourn.errors import Refused, UserError
from sojourn.history.record import FROM_PRESENT, IssueRecord, Label
from sojourn.history.write import Writer, Written
from sojourn.jira import eventlog, files, values
from sojourn.jira.files import Broken, Source
from sojourn.jira.payload import Reader

_BATCH = 500
DEFAULT_SITE = "Imported"


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that was left out: where it stands and why."""

    path: Path
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.place}: {self.reason}"


@dataclass(slots=True)
class Outcome:
    """What an import did so far: work items by what became of them, bytes read, and every problem."""

    written: Written = Written()
    bytes_read: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def items(self) -> int:
        """Work items that were read."""
        return self.written.written + self.written.unchanged + self.written.older


class StrictError(UserError):
    """A strict import met a record it would have had to leave out."""


class Importer:
    """Imports files into sites. `on_progress` is called after each batch."""

    def __init__(
        self,
        reader: Reader,
        *,
        site: str | None = None,
        log: eventlog.LogOptions | None = None,
        strict: bool = False,
        on_progress: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        self.outcome = Outcome()
        self._reader = reader
        self._site = site
        self._log = log or eventlog.LogOptions()
        self._strict = strict
        self._on_progress = on_progress
        self._writers: dict[str, Writer] = {}
        self._batches: dict[str, list[IssueRecord]] = {}

    def run(self, sources: list[Source]) -> Outcome:
        """Import the files; changelog pages are read first and joined to the work items of the other files.

        Raises StrictError at the first problem of a strict import; what was written before stays.
        """
        pages = [source for source in sources if source.is_changelog_page()]
        with tempfile.TemporaryDirectory() as folder, _Changelogs(Path(folder) / "changelogs") as changelogs:
            for source in pages:
                self._collect(source, changelogs)
            for source in sources:
                if source not in pages:
                    self._import(source, changelogs)
            for site in list(self._batches):
                self._flush(site)
        return self.outcome

    def import_values(self, name: str, parsed: Iterator[Any]) -> Outcome:
        """Import payloads that were made in memory, as if they stood in a file of that name."""
        for number, value in enumerate(parsed, 1):
            self._take(value, Path(name), f"item {number}", None)
        for site in list(self._batches):
            self._flush(site)
        return self.outcome

    def _collect(self, source: Source, changelogs: "_Changelogs") -> None:
        for part in files.read_json(source):
            pages = part.value if not isinstance(part, Broken) else None
            for page in pages if isinstance(pages, list) else [pages]:
                if isinstance(page, dict) and isinstance(page.get("issueChangeLogs"), list):
                    changelogs.add(page["issueChangeLogs"])
                else:
                    reason = part.reason if isinstance(part, Broken) else "is not a page of changelogs"
                    self._report(source.path, part.place, reason)
        self.outcome.bytes_read += source.size

    def _import(self, source: Source, changelogs: "_Changelogs") -> None:
        before = self.outcome.bytes_read
        parts = files.read_json(source) if source.format == "jira" else eventlog.read(source, self._log)
        for part in parts:
            self.outcome.bytes_read = before + part.position
            if isinstance(part, Broken):
                self._report(source.path, part.place, part.reason)
            else:
                self._take(part.value, source.path, part.place, changelogs)
        self.outcome.bytes_read = before + source.size

    def _take(self, value: Any, path: Path, place: str, changelogs: "_Changelogs | None") -> None:
        try:
            unfolded = list(_unfold(value, self._site))
        except Refused as error:
            self._report(path, place, str(error))
            return
        for site, issue in unfolded:
            if isinstance(issue, list):
                self._writer(site).dictionary.declare("status", _statuses(issue))
                continue
            if changelogs:
                changelogs.join(issue)
            try:
                record = self._reader.read(issue)
            except Refused as error:
                self._report(path, place, str(error))
                continue
            batch = self._batches.setdefault(site, [])
            batch.append(record)
            if len(batch) >= _BATCH:
                self._flush(site)

    def _writer(self, site: str) -> Writer:
        if site not in self._writers:
            self._writers[site] = Writer(site)
        return self._writers[site]

    def _flush(self, site: str) -> None:
        self.outcome.written += self._writer(site).write(self._batches.pop(site))
        self._on_progress(self.outcome)

    def _report(self, path: Path, place: str, reason: str) -> None:
        problem = Problem(path, place, reason)
        if self._strict:
            raise StrictError(f"{problem} (strict: stopped here; what came before is stored)")
        self.outcome.problems.append(problem)


def _unfold(value: Any, site: str | None) -> Iterator[tuple[str, Any]]:
    """The work items in a JSON value with their sites; a list of statuses stays a list."""
    if isinstance(value, list):
        if value and all(isinstance(part, dict) and "statusCategory" in part for part in value):
            yield site or DEFAULT_SITE, value
            return
        for part in value:
            yield from _unfold(part, site)
    elif not isinstance(value, dict):
        raise Refused("", f"{str(value)[:40]!r} is not a work item; a Jira work item is a JSON object")
    elif isinstance(value.get("issue"), dict):
        yield from _unfold(value["issue"], site or str(value.get("server") or DEFAULT_SITE))
    elif isinstance(value.get("issues"), list):
        names = value.get("names")
        for part in value["issues"]:
            yield from _unfold({**part, "names": names} if names and isinstance(part, dict) else part, site)
    elif "issueChangeLogs" in value:
        raise Refused("", "is a page of changelogs amid work items; put it into a file of its own")
    elif "key" in value or "fields" in value:
        yield site or DEFAULT_SITE, value
    else:
        keys = ", ".join(list(value)[:5]) or "nothing"
        raise Refused("", f"is not a work item: it has {keys}, and neither `key` nor `fields`")


def _statuses(statuses: list[dict[str, Any]]) -> dict[str, Label]:
    return {
        str(values.key_of(status)): Label(values.name_of(status), 2 * FROM_PRESENT - 1, values.category_of(status))
        for status in statuses
    }


class _Changelogs:
    """Bulk-fetched histories by work item, kept on disk while the work items are read."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("CREATE TABLE history (issue TEXT, id TEXT, json TEXT, PRIMARY KEY (issue, id))")
        self._any = False

    def __enter__(self) -> "_Changelogs":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, changelogs: list[dict[str, Any]]) -> None:
        """Keep the histories of a page; those kept already are kept once."""
        self._any = True
        rows = [
            (str(part.get("issueId")), str(history.get("id")), json.dumps(history))
            for part in changelogs
            for history in part.get("changeHistories") or []
        ]
        self._database.executemany("INSERT OR REPLACE INTO history VALUES (?, ?, ?)", rows)

    def join(self, issue: dict[str, Any]) -> None:
        """Give a work item its histories; bulk-fetched ones are whole, and a work item without any never changed."""
        if not self._any:
            return
        found = self._database.execute("SELECT id, json FROM history WHERE issue = ?", [str(issue.get("id"))])
        histories = {key: json.loads(text) for key, text in found}
        if not histories and "changelog" in issue:
            return
        for history in (issue.get("changelog") or {}).get("histories") or []:
            histories.setdefault(str(history.get("id")), history)
        issue["changelog"] = {"histories": list(histories.values()), "total": len(histories)}
