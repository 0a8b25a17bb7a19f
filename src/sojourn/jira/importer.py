"""Importing files: Jira's JSON in the shapes people have it, and event logs as CSV and XES.

An import can be stopped at any moment and run again: what is stored already is recognised and passed over, so it ends
in the same store.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sojourn.core.flags import Flag
from sojourn.errors import Refused, UserError
from sojourn.history.models import Site
from sojourn.history.record import IssueRecord
from sojourn.history.write import Writer, Written, tell_planner
from sojourn.jira import eventlog, files, values, xes
from sojourn.jira.changelogs import Changelogs
from sojourn.jira.files import Broken, Parsed, Source
from sojourn.jira.payload import Reader

_BATCH = 500
_MANY = 1_000
DEFAULT_SITE = "Imported"
_LONGEST_SITE = 255
_DEEPEST = 5
"""Lists in pages in lists: no export nests its work items deeper."""


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
    """What an import did so far: work items by what became of them, bytes read, and every problem.

    `cut_short` counts the work items whose history the source cut short or left out.
    """

    written: Written = Written()
    cut_short: int = 0
    statuses: int = 0
    bytes_read: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def items(self) -> int:
        """Work items that were read."""
        return self.written.items


class StrictError(UserError):
    """A strict import met a record it would have had to leave out."""


class Importer:
    """Imports files into sites. `on_progress` is called after each batch; `now` is kept as the sites' last import."""

    def __init__(
        self,
        reader: Reader,
        *,
        site: str | None = None,
        log: eventlog.LogOptions | None = None,
        strict: bool = False,
        on_progress: Callable[[Outcome], None] = lambda _: None,
        now: datetime | None = None,
    ) -> None:
        self.outcome = Outcome()
        self._reader = reader
        self._site = site
        self._log = log or eventlog.LogOptions()
        self._strict = strict
        self._on_progress = on_progress
        self._now = now
        self._writers: dict[str, Writer] = {}
        self._batches: dict[str, list[IssueRecord]] = {}
        self._statuses: dict[str, tuple[dict[str, tuple[str, str]], list[bool]]] = {}
        self._fields: dict[str, dict[str, str]] = {}

    def run(self, sources: list[Source]) -> Outcome:
        """Import the files; changelog pages are read first and joined to the work items of the other files.

        Raises StrictError at the first problem of a strict import; what was written before stays.
        """
        pages = [source for source in sources if source.is_changelog_page()]
        with Changelogs() as changelogs:
            for source in pages:
                self._collect(source, changelogs)
            for source in sources:
                if source not in pages:
                    self._import(source, changelogs)
            self._finish()
        return self.outcome

    def import_values(self, name: str, parsed: Iterator[Any]) -> Outcome:
        """Import payloads that were made in memory, as if they stood in a file of that name."""
        for number, value in enumerate(parsed, 1):
            self._take(value, Path(name), f"item {number}", None)
        self._finish()
        return self.outcome

    def _collect(self, source: Source, changelogs: Changelogs) -> None:
        for part in files.read_json(source):
            if isinstance(part, Broken):
                self._report(source.path, part.place, part.reason)
                continue
            for page in part.value if isinstance(part.value, list) else [part.value]:
                try:
                    changelogs.add(page)
                except Refused as error:
                    self._report(source.path, part.place, str(error))
        self.outcome.bytes_read += source.size

    def _import(self, source: Source, changelogs: Changelogs) -> None:
        before = self.outcome.bytes_read
        for part in self._parts(source):
            self.outcome.bytes_read = before + part.position
            if isinstance(part, Broken):
                self._report(source.path, part.place, part.reason)
            else:
                self._take(part.value, source.path, part.place, changelogs, is_member=part.is_member)
        self.outcome.bytes_read = before + source.size

    def _parts(self, source: Source) -> Iterator[Parsed | Broken]:
        if source.format == "jira":
            return files.read_json(source)
        if source.format == "xes":
            return xes.read(source, self._log)
        return eventlog.read(source, self._log)

    def _take(
        self, value: Any, path: Path, place: str, changelogs: Changelogs | None, *, is_member: bool = False
    ) -> None:
        for found in _unfold(value, self._site, place):
            found.is_whole_list |= is_member
            try:
                self._keep(found, changelogs)
            except Refused as error:
                self._report(path, found.place, str(error))

    def _keep(self, found: "_Found", changelogs: Changelogs | None) -> None:
        if found.problem:
            raise Refused("", found.problem)
        if len(found.site) > _LONGEST_SITE or "\0" in found.site:
            raise Refused("server", f"{values.shown(found.site)} is not the name of a site")
        if found.is_status:
            statuses, _ = self._statuses.setdefault(found.site, ({}, []))
            statuses[_key_of_status(found.value)] = (values.name_of(found.value), values.category_of(found.value))
            self._statuses[found.site][1].append(found.is_whole_list)
            self.outcome.statuses += 1
            return
        if found.is_field:
            key, name = values.key_of(found.value), values.field_name(found.value["name"])
            if key and name:
                self._fields.setdefault(found.site, {})[key[:_LONGEST_SITE]] = name
            return
        if changelogs:
            changelogs.join(found.value)
        record = self._reader.read(found.value)
        self.outcome.cut_short += bool(record.flags & Flag.HISTORY_INCOMPLETE)
        batch = self._batches.setdefault(found.site, [])
        batch.append(record)
        if len(batch) >= _BATCH:
            self._flush(found.site)

    def _finish(self) -> None:
        """Write what is left, and then say which statuses exist: of all that the histories told."""
        for site in list(self._batches):
            self._flush(site)
        for site, names in self._fields.items():
            self._writer(site).name_fields(names)
        for site, (statuses, whole) in self._statuses.items():
            self._writer(site).declare("status", statuses, is_whole=any(whole))
        if self._now is not None:
            Site.objects.filter(name__in=self._writers).update(imported_at=self._now)
        if self.outcome.written.written >= _MANY:
            tell_planner()

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
            for site in list(self._batches):
                self._flush(site)
            raise StrictError(f"{problem} (strict: stopped here; what came before is stored)")
        self.outcome.problems.append(problem)


@dataclass(slots=True)
class _Found:
    """A work item, a status or a field in a file: its site and where it stands, or why it is none of them.

    `is_whole_list` is whether a status is one of a list of all.
    """

    site: str
    place: str
    value: dict[str, Any] = field(default_factory=dict)
    is_status: bool = False
    is_field: bool = False
    is_whole_list: bool = False
    problem: str = ""


def _unfold(value: Any, site: str | None, place: str, depth: int = 0) -> Iterator[_Found]:
    """The work items and statuses in a JSON value."""
    here = site or DEFAULT_SITE
    if not isinstance(value, dict | list) or depth > _DEEPEST:
        problem = f"{values.shown(value)} is not a work item; a Jira work item is a JSON object"
        yield _Found(here, place, problem=problem)
    elif isinstance(value, list):
        yield from (
            _statuses(value, site, place) if _is_list_of_statuses(value) else _each(value, site, place, "item", depth)
        )
    elif "webhookEvent" in value:
        yield _Found(here, place, problem="is the body of a webhook, not an export; it has no whole history")
    elif isinstance(value.get("issue"), dict):
        yield from _unfold(value["issue"], site or str(value.get("server") or DEFAULT_SITE), place, depth + 1)
    elif isinstance(value.get("issues"), list):
        names = value.get("names")
        issues = [{**part, "names": names} if names and isinstance(part, dict) else part for part in value["issues"]]
        yield from _each(issues, site, place, "issue", depth)
    elif isinstance(value.get("values"), list) and "fields" not in value:  # a page of statuses
        yield from _statuses(
            value["values"], site, place, is_whole=value.get("isLast", True) and not value.get("startAt")
        )
    elif "issueChangeLogs" in value:
        problem = "is a page of changelogs amid work items; put it into a file of its own"
        yield _Found(here, place, problem=problem)
    elif {"name", "navigable", "searchable"} <= value.keys():  # of a list of fields
        yield _Found(here, place, value, is_field=True)
    elif "key" in value or "fields" in value:
        yield _Found(here, place, value)
    elif "statusCategory" in value:
        yield _Found(here, place, value, is_status=True)
    else:
        keys = ", ".join(list(value)[:5]) or "nothing"
        yield _Found(here, place, problem=f"is not a work item: it has {keys}, and neither `key` nor `fields`")


def _is_list_of_statuses(parts: list[Any]) -> bool:
    return bool(parts) and all(isinstance(part, dict) and _is_status(part) for part in parts)


def _is_status(value: dict[str, Any]) -> bool:
    return "statusCategory" in value and "key" not in value and "fields" not in value


def _statuses(parts: list[Any], site: str | None, place: str, *, is_whole: bool = True) -> Iterator[_Found]:
    """The statuses of a list. Only a whole list tells which statuses there are no more."""
    for number, part in enumerate(parts, 1):
        here = f"{place}, status {number}"
        if isinstance(part, dict) and _is_status(part):
            yield _Found(site or DEFAULT_SITE, here, part, is_status=True, is_whole_list=is_whole)
        else:
            yield _Found(site or DEFAULT_SITE, here, problem=f"{values.shown(part)} is not a status")


def _each(parts: list[Any], site: str | None, place: str, what: str, depth: int) -> Iterator[_Found]:
    for number, part in enumerate(parts, 1):
        yield from _unfold(part, site, f"{place}, {what} {number}", depth + 1)


def _key_of_status(status: dict[str, Any]) -> str:
    key = values.key_of(status)
    if key is None:
        raise Refused("", "is a status without `id` and `name`")
    return key
