"""Bulk-fetched histories, `POST /changelog/bulkfetch`, joined to the work items they belong to."""

import json
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from sojourn.errors import Refused
from sojourn.jira import values


class Changelogs:
    """The histories of pages by work item, kept on disk while the work items are read."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._database = sqlite3.connect(Path(self._folder.name) / "changelogs")
        self._database.execute("CREATE TABLE history (issue TEXT, id TEXT, json TEXT, PRIMARY KEY (issue, id))")
        self._any = False
        self._with_next, self._without_next = 0, 0

    def __enter__(self) -> "Changelogs":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._folder.cleanup()

    def add(self, page: Any) -> None:
        """Keep the histories of a page, a history that is there already once.

        Raises Refused, naming the place, where it is not a page of changelogs; then nothing of it is kept.
        """
        if not isinstance(page, dict) or not isinstance(page.get("issueChangeLogs"), list):
            raise Refused("", "is not a page of changelogs")
        rows: list[tuple[str, str, str]] = []
        for place, part in enumerate(values.objects(page["issueChangeLogs"], "issueChangeLogs")):
            rows += _rows(part, f"issueChangeLogs[{place}]")
        self._any = True
        if page.get("nextPageToken"):
            self._with_next += 1
        else:
            self._without_next += 1
        self._database.executemany("INSERT OR REPLACE INTO history VALUES (?, ?, ?)", rows)

    def join(self, issue: dict[str, Any]) -> None:
        """Give a work item its histories.

        Where the last page is there, bulk-fetched histories are whole, and a work item without any never changed. Where
        it is missing nobody can tell, and the work item's own count, or no changelog at all, says what is known.
        """
        if not self._any:
            return
        query = "SELECT id, json FROM history WHERE issue = ? ORDER BY id"
        found = self._database.execute(query, [str(issue.get("id"))])
        histories = {key: json.loads(text) for key, text in found}
        changelog = issue.get("changelog")
        is_whole = not self._with_next or self._without_next > 0
        if not histories and (changelog is not None or not is_whole):
            return
        own = changelog.get("histories") if isinstance(changelog, dict) else None
        for history in values.objects(own, f"{issue.get('key')}.changelog.histories"):
            histories.setdefault(_id_of(history), history)
        told = changelog.get("total") if isinstance(changelog, dict) else None
        total = max(len(histories), told if isinstance(told, int) else 0)
        issue["changelog"] = {"histories": list(histories.values()), "total": total, "isLast": is_whole}


def _rows(part: dict[str, Any], path: str) -> list[tuple[str, str, str]]:
    if part.get("issueId") in (None, ""):
        raise Refused(path, "has no `issueId`")
    histories = values.objects(part.get("changeHistories"), f"{path}.changeHistories")
    try:
        return [(str(part["issueId"]), _id_of(history), json.dumps(in_ms(history))) for history in histories]
    except RecursionError:
        raise Refused(path, "is nested too deeply") from None


_SECONDS_END = 100_000_000_000
"""A number below this is an instant in seconds: in milliseconds it would lie before Jira was."""


def in_ms(history: dict[str, Any]) -> dict[str, Any]:
    """The history with its instant in milliseconds: this one endpoint has been seen to answer in seconds too."""
    created = history.get("created")
    return {**history, "created": created * 1000} if isinstance(created, int) and created < _SECONDS_END else history


def _id_of(history: dict[str, Any]) -> str:
    """What tells a history from the others: its id, or all of it where it has none."""
    key = history.get("id")
    return json.dumps(history, sort_keys=True) if key in (None, "") else str(key)
