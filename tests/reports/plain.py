"""Random histories of status and assignee, and their stays worked out step by step, without arrays."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sojourn.reports import catalogue, menu, options
from sojourn.reports.table import Table
from tests.builders import CATEGORIES, change, issue, store
from tests.reports.asking import DAY, NOW, request
from tests.reports.test_against_plain import START, START_MS, STEP, always, nine_to_six, text

STATUSES = tuple(CATEGORIES)
PEOPLE = ("ann", "bob", "cem", None)
CALENDARS = [("7x24", always), ("Mon-Fri 09-18", nine_to_six)]
MOMENTS = [START_MS + days * DAY for days in (3, 9, 40)]
TRIMS = [(None, None), (2, None), (None, 7), (2, 7), (2, 2.125)]
NOBODY = "Unassigned"


@dataclass(frozen=True)
class Entry:
    """One step of a field: when, to what, by whom."""

    at: int
    value: str
    by: str | None = None


@dataclass(frozen=True)
class Stay:
    """One stay, clipped to the window."""

    value: str
    entered: int
    left: int
    entry: bool
    current: bool
    by: str | None


@dataclass(frozen=True)
class Item:
    """A work item: its two histories, and fields of it."""

    key: str
    status: list[Entry]
    assignee: list[Entry]
    fields: dict[str, Any]


def account(name: str | None) -> Any:
    return name and {"accountId": name, "displayName": name}


def random_items(seed: int, count: int = 40) -> dict[str, Item]:
    """Histories on a coarse grid, so that much happens at one instant; stored, and returned."""
    dice = random.Random(seed)
    found, payloads = {}, []
    for number in range(1, count + 1):
        item, payload = _item(dice, number)
        found[item.key] = item
        payloads.append(payload)
    store(*payloads)
    declare()
    return found


def _item(dice: random.Random, number: int) -> tuple[Item, dict[str, Any]]:
    created = START + dice.randrange(60) * STEP
    at, now, who = created, dice.choice(STATUSES), dice.choice(PEOPLE)
    statuses, people, changes = [Entry(ms(at), now)], [Entry(ms(at), who or NOBODY)], []
    for _ in range(dice.randrange(12)):
        at += dice.choice((0, 0, 1, 2, 5, 12, 30)) * STEP
        by = dice.choice(("dee", "eve"))
        if dice.random() < 0.6:
            after = dice.choice(STATUSES)
            changes.append({**change(at.isoformat(), "status", now, after), "author": account(by)})
            statuses += [Entry(ms(at), after, by)] if after != now else []
            now = after
        else:
            person = dice.choice(PEOPLE)
            changes.append({**change(at.isoformat(), "assignee", who, person), "author": account(by)})
            people += [Entry(ms(at), person or NOBODY, by)] if person != who else []
            who = person
    fields: dict[str, Any] = {"issuetype": dice.choice(("Bug", "Task")), "priority": dice.choice(("High", "Low", None))}
    due = dice.choice((None, START + timedelta(days=dice.randrange(30))))
    resolved = dice.choice((None, START + dice.randrange(300) * STEP))
    fields |= {"due": due and due.date().isoformat(), "resolved": resolved and ms(resolved), "created": ms(created)}
    named = {name: fields[name] and {"id": fields[name], "name": fields[name]} for name in ("issuetype", "priority")}
    more = {**named, "duedate": fields["due"], "resolutiondate": resolved and resolved.isoformat()}
    payload = issue(f"ABC-{number}", now, *changes, created=created.isoformat(), assignee=account(who), **more)
    return Item(f"ABC-{number}", statuses, people, fields), {**payload, "id": str(number)}


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@dataclass(frozen=True)
class Asked:
    """Options that decide which stays count."""

    as_of: int
    trim: tuple[int | None, int | None] = (None, None)
    current: str = "include"
    stop_on_done: bool = False

    @property
    def end(self) -> int:
        return self.as_of if self.trim[1] is None else min(self.as_of, self.trim[1])

    @property
    def options(self) -> dict[str, str]:
        said = "..".join("" if at is None else text(at) for at in self.trim)
        found = {"as_of": text(self.as_of), **({"trim": said} if said != ".." else {})}
        found |= {"current": self.current} if self.current != "include" else {}
        return found | ({"stop_on_done": "true"} if self.stop_on_done else {})


def asked_at_random(seed: int, count: int) -> list[Asked]:
    dice, found = random.Random(seed), []
    for _ in range(count):
        days = dice.choice(TRIMS)
        trim = tuple(None if day is None else START_MS + round(day * DAY) for day in days)
        current, stop = dice.choice(("include", "exclude")), dice.choice((True, False))
        found.append(Asked(dice.choice(MOMENTS), (trim[0], trim[1]), current, stop))
    return found


def happened(entries: list[Entry], asked: Asked) -> list[Entry]:
    to = asked.trim[1]
    return [entry for entry in entries if entry.at <= asked.as_of and (to is None or entry.at < to)]


def window_stays(entries: list[Entry], asked: Asked) -> list[Stay]:
    """The stays inside the window."""
    begin, inside, found = asked.trim[0], happened(entries, asked), []
    for place, one in enumerate(inside):
        last = place == len(inside) - 1
        left = asked.end if last else inside[place + 1].at
        if begin is None or one.at >= begin:
            found.append(Stay(one.value, one.at, left, True, last, one.by))
        elif left > begin or last:
            found.append(Stay(one.value, begin, max(begin, left), False, last, None))
    return found


def counted(stays: list[Stay], asked: Asked) -> list[Stay]:
    """The stays that the options leave."""
    if asked.stop_on_done and any(stay.value == "Done" for stay in stays):
        stays = stays[: max(place for place, stay in enumerate(stays) if stay.value == "Done")]
    return [stay for stay in stays if asked.current == "include" or not stay.current]


def ask(name: str, calendar: str | dict[str, Any] = "7x24", **given: Any) -> Table:
    """The answer of a report to options as texts."""
    entry = menu.entry(name)
    assert entry is not None
    texts = {key: value if isinstance(value, list) else [value] for key, value in given.items()}
    return catalogue.run(name, options.request(texts, request(calendar).calendar, NOW, entry.options))


def rows(name: str, calendar: str | dict[str, Any] = "7x24", **given: Any) -> list[dict[str, Any]]:
    """The rows of a report about the random work items, durations in ms."""
    return ask(name, calendar, **({"project": "ABC"} | given)).collect().to_dicts()


def declare() -> None:
    """One work item in each status, so that the store knows their categories."""
    other = {"id": "11", "key": "ZZZ", "name": "Another"}
    store(*({**issue(f"ZZZ-{n}", now, project=other), "id": f"99{n}"} for n, now in enumerate(STATUSES)))


def check_frames(name: str, **given: Any) -> None:
    """Empty stores, choices without a match and small batches: the same columns, and the same rows."""
    table = ask(name, **given)
    assert table.collect().schema == table.schema
    for frame in table.frames():
        assert frame.schema == table.schema
