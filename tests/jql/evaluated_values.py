"""What fields hold and what operands stand for, for the slow evaluator: ids and names, as payloads tell them."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sojourn.core.calendar.rules import Rules
from sojourn.jql import ast
from tests.jql.evaluated_history import UNKNOWN, ms, timeline

Named = dict[str, str]
"""Names by id."""

ONE = {"status": "status", "assignee": "user", "reporter": "user", "priority": "priority", "resolution": "resolution"}
ONE |= {"issuetype": "issuetype", "creator": "user"}
SETS = {"labels": "label", "component": "component", "fixVersion": "version", "affectedVersion": "version"}
IN_JSON = {"component": "components", "fixVersion": "fixVersions", "affectedVersion": "versions", "sprint": "sprint"}
CATEGORIES = {"new": ("to do", "2"), "indeterminate": ("in progress", "4"), "done": ("done", "3")}
FUNCTIONS = {
    "opensprints": ("sprint", "active"),
    "closedsprints": ("sprint", "closed"),
    "futuresprints": ("sprint", "future"),
    "standardissuetypes": ("issuetype", "standard"),
    "subtaskissuetypes": ("issuetype", "subtask"),
}


@dataclass
class Chosen:
    """What an operand stands for: ids, and whether having none is meant, too."""

    ids: set[str] = field(default_factory=set)
    empty: bool = False


@dataclass
class Values:
    """Payloads, in the order in which they were stored, a list of all statuses, and who asks when and where.

    `custom` tells what custom fields are: `number`, `date`, `instant`, `text`, or the dictionary of their values.
    """

    items: Sequence[dict[str, Any]]
    as_of_ms: int
    tz: str = "UTC"
    user: str | None = None
    calendars: Mapping[str, Rules] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    custom_names: Mapping[str, str] = field(default_factory=dict)
    statuses: Sequence[dict[str, Any]] = ()

    def kind(self, name: str) -> str:
        """The dictionary of a field's values, nothing where it has none."""
        kind = self.custom.get(name, "")
        if kind:
            return "" if kind in ("number", "date", "instant", "text") else kind
        return {**ONE, **SETS, "sprint": "sprint", "project": "project", "category": "category"}.get(
            name, name if name in ("level", "statusCategory") else ""
        )

    def ids(self, name: str, item: dict[str, Any]) -> set[str]:
        """The ids that a field holds now."""
        fields = item["fields"]
        if name == "project":
            return {fields["project"]["id"]}
        if name == "category":
            return {found["name"] for found in [fields["project"].get("projectCategory")] if found}
        if name == "statusCategory":
            return {fields["status"]["statusCategory"]["key"]}
        if name == "sprint":
            name = next(key for key, kind in self.custom.items() if kind == "sprint")
        value = fields.get({**IN_JSON, "level": "security"}.get(name, name))
        return {id_of(part) for part in (value if isinstance(value, list) else [value]) if part}

    @cached_property
    def names(self) -> dict[str, Named]:
        """All values by dictionary, with their present names (docs/semantics.md 6)."""
        best: dict[str, dict[str, tuple[int, int, str]]] = {}
        for kind, key, name, rank in itertools.chain(self._told_now(), self._told_in_histories()):
            known = best.setdefault(kind, {})
            known[key] = max(known.get(key, (-1, 0, "")), (*rank, name))
        return {kind: {key: name for key, (*_, name) in known.items()} for kind, known in best.items()}

    def _told_now(self) -> Iterator[tuple[str, str, str, tuple[int, int]]]:
        """Every name of a present value: kind, id, name, and how much it is worth."""
        for status in self.statuses:
            yield "status", status["id"], status["name"], (2, 0)
        for item in self.items:
            at = ms(item["fields"].get("updated") or item["fields"]["created"])
            for name in (*ONE, *SETS, "level", *self.custom):
                value = item["fields"].get({**IN_JSON, "level": "security"}.get(name, name))
                for part in value if isinstance(value, list) else [value]:
                    if part and self.kind(name):
                        yield self.kind(name), id_of(part), name_of(part), (1, at)

    def _told_in_histories(self) -> Iterator[tuple[str, str, str, tuple[int, int]]]:
        """Every name that a history tells: the later, the more it is worth."""
        for item in self.items:
            for history in item["changelog"]["histories"]:
                author = history.get("author")
                if author:
                    yield "user", id_of(author), name_of(author), (0, ms(history["created"]))
                for change, side in itertools.product(history["items"], ("from", "to")):
                    kind = {**ONE, "Fix Version": "version", "Sprint": "sprint"}[change["field"]]
                    told = [(change[part] or "").split(", ") for part in (side, f"{side}String")]
                    for key, name in zip(*told, strict=True) if change[side] else []:
                        yield kind, key, name, (0, ms(history["created"]))
            for entry in timeline(item, "status"):
                if entry.values == {UNKNOWN}:
                    yield "status", UNKNOWN, "Unknown", (1, 0)

    @cached_property
    def categories(self) -> dict[str, dict[str, str]]:
        """What values are sorted into."""
        found: dict[str, dict[str, str]] = {"sprint": {}, "issuetype": {}, "version": {}}
        for item in self.items:
            fields = item["fields"]
            for sprint in fields.get(next((key for key, kind in self.custom.items() if kind == "sprint"), "")) or []:
                found["sprint"][sprint["id"]] = sprint["state"]
            for version in (*(fields.get("fixVersions") or []), *(fields.get("versions") or [])):
                found["version"][version["id"]] = "released" if version["released"] else "unreleased"
            if fields.get("issuetype"):
                is_subtask = fields["issuetype"]["subtask"]
                found["issuetype"][fields["issuetype"]["id"]] = "subtask" if is_subtask else "standard"
        return found

    def chosen(self, name: str, operand: ast.Operand) -> Chosen:
        if is_nothing(name, operand):
            return Chosen(empty=True)
        if isinstance(operand, ast.Function):
            return Chosen(self._called(name, operand))
        word = operand.text.casefold()
        if name == "statusCategory":
            return Chosen({key for key, words in CATEGORIES.items() if word in (key, *words)})
        if name == "category":
            return Chosen({found for item in self.items for found in self.ids(name, item) if found.casefold() == word})
        if name == "project":
            own = [item["fields"]["project"] for item in self.items]
            return Chosen({one["id"] for one in own if word in (one["key"].casefold(), one["name"].casefold())} or {
                one["id"] for one in own if word == one["id"]
            })  # fmt: skip
        return Chosen(self.called_so(self.kind(name), operand.text))

    def called_so(self, kind: str, text: str) -> set[str]:
        """The ids of the values of that name, in whatever case, else that id."""
        known, word = self.names.get(kind, {}), text.casefold()
        return {key for key, name in known.items() if name.casefold() == word} or {
            key for key in known if key.casefold() == word
        }

    def _called(self, name: str, function: ast.Function) -> set[str]:
        called = function.name.casefold()
        if called == "currentuser":
            return {self.user} if self.user else set()
        if called in ("releasedversions", "unreleasedversions"):
            wanted = called.removesuffix("versions")
            found = {key for key, category in self.categories["version"].items() if category == wanted}
            return found & self._versions_of(function.arguments) if function.arguments else found
        assert called == "projectsleadbyuser", function
        who = self.called_so("user", function.arguments[0].text) if function.arguments else {self.user}
        projects = [item["fields"]["project"] for item in self.items]
        return {one["id"] for one in projects if one.get("lead") and id_of(one["lead"]) in who}

    def _versions_of(self, arguments: Sequence[ast.Value]) -> set[str]:
        found = set()
        for item in self.items:
            if any(self.chosen("project", one).ids & self.ids("project", item) for one in arguments):
                for name in ("fixVersion", "affectedVersion"):
                    found |= self.ids(name, item)
        return found

    # Links.

    def kinds_of_links(self, text: str) -> set[str]:
        """What pages call links of that kind: as a page says it, else by the name of the type."""
        kinds = [link["type"] for item in self.items for link in item["fields"].get("issuelinks") or []]
        word = text.casefold()
        pages = {kind[side] for kind in kinds for side in ("outward", "inward") if kind[side].casefold() == word}
        return pages or {
            kind[side] for kind in kinds for side in ("outward", "inward") if kind["name"].casefold() == word
        }

    def linked(self, function: ast.Function) -> set[str]:
        """The keys that a work item is linked to, on whichever side the link was told."""
        key = function.arguments[0].text.strip().upper()
        pages = self.kinds_of_links(function.arguments[1].text) if len(function.arguments) > 1 else None
        found = set()
        for item in self.items:
            for link in item["fields"].get("issuelinks") or []:
                side = "outwardIssue" if "outwardIssue" in link else "inwardIssue"
                here, there = link["type"][side[:-5]], link["type"]["inward" if side[0] == "o" else "outward"]
                other = link[side]["key"]
                if item["key"] == key and (pages is None or here in pages):
                    found.add(other)
                if other == key and (pages is None or there in pages):
                    found.add(item["key"])
        return found


def is_nothing(name: str, operand: ast.Operand) -> bool:
    """Whether an operand says that there is no value: of a resolution that is also called unresolved."""
    if isinstance(operand, ast.Value):
        return name == "resolution" and operand.text.casefold() == "unresolved"
    return isinstance(operand, ast.Empty)


def id_of(value: Any) -> str:
    """A label is its own id."""
    return value if isinstance(value, str) else value.get("accountId") or value["id"]


def name_of(value: Any) -> str:
    return value if isinstance(value, str) else value.get("displayName") or value.get("name") or value["value"]


def links_of(item: dict[str, Any]) -> list[tuple[str, str]]:
    """What the page of a work item calls its links, and what it is linked to."""
    links = item["fields"].get("issuelinks") or []
    sides = [(link, "outwardIssue" if "outwardIssue" in link else "inwardIssue") for link in links]
    return [(link["type"][side[:-5]], link[side]["key"]) for link, side in sides]
