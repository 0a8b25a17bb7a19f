"""The state of a simulated Jira: its work items, people, projects and clock. Payloads are kept as Cloud tells them."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson

from sojourn.jira import values
from sojourn.jira.credentials import ApiToken, Credentials, PersonalToken
from sojourn.jira.simulator.index import Entry, Index

if TYPE_CHECKING:
    from sojourn.jira.simulator.webhooks import Webhook

LEVELS_FIELD = "security"


class Clock:
    """The site's own clock: stands still until it is set or moved, or runs from where it was set."""

    def __init__(self, now_ms: int, *, is_running: bool = False) -> None:
        self._set_ms, self._is_running = now_ms, is_running
        self._since = time.monotonic()

    @property
    def now_ms(self) -> int:
        """The instant in ms UTC."""
        gone = time.monotonic() - self._since if self._is_running else 0.0
        return self._set_ms + round(gone * 1000)

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self._set_ms += round(seconds * 1000)


@dataclass
class Account:
    """Who may ask. `projects` and `levels` are ids of what it sees, None for all; `permissions` are what it may do."""

    key: str = "712020:5f1a0000-0000-4000-8000-000000000001"
    name: str = "Sojourn"
    email: str = "sojourn@example.com"
    secret: str = "made-up-token"  # noqa: S105 - the simulator's own
    zone: str = "Europe/Berlin"
    projects: set[str] | None = None
    levels: set[str] | None = None
    permissions: set[str] = field(default_factory=lambda: {"BROWSE_PROJECTS", "USER_PICKER", "ADMINISTER"})
    is_revoked: bool = False
    refused: int = 0

    def credentials(self, face: str) -> Credentials:
        """What a client shows to be this account."""
        return ApiToken(self.email, self.secret) if face == "cloud" else PersonalToken(self.secret)

    def sees(self, entry: Entry) -> bool:
        """Whether it may see a work item."""
        in_project = self.projects is None or entry.project in self.projects
        return in_project and (not entry.level or self.levels is None or entry.level in self.levels)


@dataclass
class Item:
    """A work item: its present fields, its histories, its comments."""

    id: str
    key: str
    fields: dict[str, Any]
    histories: list[dict[str, Any]]
    comments: list[dict[str, Any]]
    cache: dict[Any, Any] = field(default_factory=dict)

    def entry(self) -> Entry:
        """What the search knows of it."""
        found: Entry | None = self.cache.get(Entry)
        if found is None:
            project = self.fields["project"]
            level = self.fields.get(LEVELS_FIELD) or {}
            found = self.cache[Entry] = Entry(
                int(self.id),
                str(project["id"]),
                str(project["key"]),
                int(self.key.rpartition("-")[2]),
                values.instant_ms(self.fields["created"], "created"),
                values.instant_ms(self.fields["updated"], "updated"),
                str(level.get("id") or ""),
            )
        return found


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened, as JSON, for webhooks."""

    kind: str
    at_ms: int
    event: bytes


class Site:
    """One Jira. `lag_s` is how many seconds the search is behind. Hold `turn` while changing it."""

    def __init__(self, clock: Clock, *, lag_s: float = 0.0) -> None:
        self.turn = threading.RLock()
        self.clock = clock
        self.lag_s = lag_s
        self.accounts = [Account()]
        self.items: dict[str, Item] = {}
        self.keys: dict[str, str] = {}
        self.index = Index()
        self.users: dict[str, dict[str, Any]] = {}
        self.projects: dict[str, dict[str, Any]] = {}
        self.statuses: dict[str, dict[str, Any]] = {}
        self.priorities: dict[str, dict[str, Any]] = {}
        self.custom_fields: dict[str, str] = {}
        # Beside the people that `Account.projects` and `Account.levels` name: `reporter`, `assignee`, ids of fields.
        self.browse_holders: dict[str, set[str]] = {}
        self.level_holders: dict[str, set[str]] = {}
        self.last_number: Counter[str] = Counter()
        self.next_id = 1
        self.webhooks: list[Webhook] = []
        self.told: list[Told] = []

    def add(self, payload: dict[str, Any]) -> Item:
        """Take in a work item with its changelog and comments, as `GET /issue` of Cloud gives them."""
        fields = dict(payload["fields"])
        comments = list((fields.pop("comment", None) or {}).get("comments", []))
        histories = list((payload.get("changelog") or {}).get("histories", []))
        item = Item(str(payload["id"]), str(payload["key"]), fields, histories, comments)
        self.items[item.id] = item
        self.keys[item.key] = item.id
        self._learn(item)
        numbers = [item.id, *(str(one.get("id", 0)) for one in (*histories, *comments))]
        self.next_id = max(self.next_id, *(int(text) + 1 for text in numbers if text.isdecimal()))
        self.index.put(item.entry())
        return item

    def _learn(self, item: Item) -> None:
        """Know the people, projects, statuses and fields that a work item tells of."""
        fields = item.fields
        for user in _users(item):
            self.users.setdefault(str(values.user_key(user)), {**user, "active": True, "accountType": "atlassian"})
        project, status, priority = fields["project"], fields["status"], fields.get("priority")
        self.projects.setdefault(str(project["id"]), project)
        self.statuses.setdefault(str(status["id"]), status)
        if priority:
            self.priorities.setdefault(str(priority["id"]), priority)
        for name in fields:
            if name.startswith("customfield_"):
                self.custom_fields.setdefault(name, name)
        for history in item.histories:
            for change in history.get("items", []):
                if change.get("fieldtype") == "custom" and change.get("fieldId"):
                    self.custom_fields[change["fieldId"]] = change["field"]
                if change.get("field") == "Key":
                    self._reserve(str(change.get("fromString") or ""), item.id)
        self._reserve(item.key, item.id)

    def _reserve(self, key: str, issue: str) -> None:
        project, _, number = key.rpartition("-")
        if number.isdecimal():
            self.keys.setdefault(key, issue)
            self.last_number[project] = max(self.last_number[project], int(number))

    def find(self, id_or_key: str) -> Item | None:
        """A work item by id or by a key that it has or had."""
        return self.items.get(id_or_key) or self.items.get(self.keys.get(id_or_key, ""))

    def lets(self, account: Account, item: Item) -> bool:
        """Whether an account may browse a work item, by its projects and levels or by what the work item says."""
        entry = item.entry()
        in_project = account.projects is None or entry.project in account.projects
        in_level = not entry.level or account.levels is None or entry.level in account.levels
        return all(
            is_by_name or any(_names(item.fields.get(holder), account) for holder in holders)
            for is_by_name, holders in (
                (in_project, self.browse_holders.get(entry.project, set())),
                (in_level, self.level_holders.get(entry.level, set())),
            )
        )

    def touched(self, item: Item | None, issue: str) -> None:
        """Have the search learn, after its lag, what became of a work item."""
        if item:
            item.cache.clear()
        self.index.later(self.clock.now_ms + round(self.lag_s * 1000), int(issue), item.entry() if item else None)

    def tell(self, kind: str, item: Item, **more: Any) -> None:
        """Have webhooks told, later, what became of a work item; nobody is told where there are none."""
        if self.webhooks:
            issue = {"id": item.id, "key": item.key, "fields": item.fields}
            self.told.append(Told(kind, self.clock.now_ms, orjson.dumps({**more, "issue": issue})))

    def fresh_id(self) -> str:
        """An id that nothing has yet."""
        self.next_id += 1
        return str(self.next_id - 1)

    def stamp(self, at_ms: int | None = None, zone: tzinfo = UTC) -> str:
        """An instant as Jira writes it; now, where none is given."""
        at_ms = self.clock.now_ms if at_ms is None else at_ms
        local = datetime.fromtimestamp(at_ms // 1000, zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}{local:%z}"

    def stamp_for(self, account: Account) -> str:
        """Now, as Jira writes it to an account."""
        return self.stamp(zone=ZoneInfo(account.zone))


def _names(value: Any, account: Account) -> bool:
    people = value if isinstance(value, list) else [value]
    return any(isinstance(one, dict) and values.user_key(one) == account.key for one in people)


def _users(item: Item) -> Iterator[dict[str, Any]]:
    people = [item.fields.get(name) for name in ("assignee", "reporter", "creator")]
    people += [one.get("author") for one in (*item.histories, *item.comments)]
    yield from (one for one in people if one and values.user_key(one))
