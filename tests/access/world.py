"""Three people, four projects, three security levels: who sees what, in plain Python and as grants."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn.access import granting
from sojourn.access.granting import Place
from sojourn.history.models import Issue, Project, Site, Value
from sojourn.sla.models import AppliesTo, Definition
from tests.builders import change, issue, store
from tests.sla.defining import policy, publish

PROJECTS = {"PUB": "One", "OPS": "One", "HR": "One", "LAB": "Two"}
LEVELS = (None, "Internal", "Secret")
REPORTERS = ("rep-ann", "rep-bob")


@dataclass(frozen=True)
class Item:
    """A work item as the plain oracle knows it."""

    key: str
    project: str
    level: str | None
    reporter: str
    assignee: str

    @property
    def canary(self) -> str:
        """A word that is in nothing but this work item."""
        return f"canary{self.key.replace('-', 'n')}x"


def _items() -> list[Item]:
    found = []
    for project in PROJECTS:
        for number, (level, reporter) in enumerate(product(LEVELS, REPORTERS), 1):
            found.append(Item(f"{project}-{number}", project, level, reporter, REPORTERS[number % 3 > 0]))
    return found


ITEMS = _items()
SEES: dict[str, Callable[[Item], bool]] = {
    # PUB without a level; OPS at Internal; of HR what she reported herself, at whatever level
    "ann": lambda one: (
        (one.project == "PUB" and one.level is None)
        or (one.project == "OPS" and one.level == "Internal")
        or (one.project == "HR" and one.reporter == "rep-ann")
    ),
    # by his group all of LAB, and of the site One, without a level, what he is the assignee of
    "bob": lambda one: (
        one.project == "LAB" or (one.project != "LAB" and one.level is None and one.assignee == "rep-bob")
    ),
    # what he had has ended, and nobody knows who he is in Jira
    "cid": lambda one: False,
}


def seen_by(person: str) -> list[Item]:
    return [one for one in ITEMS if SEES[person](one)]


def hidden_from(person: str) -> list[Item]:
    return [one for one in ITEMS if not SEES[person](one)]


def fill() -> None:
    """The store with everything in it, and the people with their grants."""
    for site in ("One", "Two"):
        store(*(_payload(one) for one in ITEMS if PROJECTS[one.project] == site), site=site)
    publish(Definition.objects.create(pk=1, name="Resolution"), policy("3d"), AppliesTo.ALL, 0)
    people = {name: get_user_model().objects.create_user(name) for name in SEES}
    assert len(people) == 3
    now = timezone.now()
    granting.link("ann", "One", "rep-ann")
    granting.link("bob", "One", "rep-bob")
    granting.grant("ann", Place("One", "PUB"), now, "test")
    granting.grant("ann", Place("One", "OPS", level="Internal"), now, "test")
    granting.grant("ann", Place("One", "HR", every_level=True, whose="reporter"), now, "test")
    granting.join("lab", "bob")
    granting.grant("group:lab", Place("Two", every_level=True), now, "test")
    granting.grant("group:lab", Place("One", whose="assignee"), now, "test", timedelta(days=1))
    granting.grant("cid", Place("One", every_level=True), now - timedelta(days=2), "test", timedelta(days=1))
    granting.grant("cid", Place("Two", every_level=True, whose="reporter"), now, "test")


def leave_only(items: list[Item]) -> None:
    """Take everything else out of the store, and whatever only that had."""
    sites = {PROJECTS[one.project] for one in items}
    Issue.objects.exclude(key__in=[one.key for one in items]).delete()
    Project.objects.exclude(key__in={one.project for one in items}).delete()
    names = {one.canary for one in items} | {one.level or "" for one in items}
    names |= {f"canary{one.project}x project" for one in items}
    names |= {f"{word} of {one.project}" for one in items for word in ("sprint", "component")}
    Value.objects.exclude(kind__in=("status", "user", "issuetype", "priority", "resolution")).exclude(
        name__in=names
    ).delete()
    Site.objects.exclude(name__in=sites).delete()


def _payload(one: Item) -> dict[str, Any]:
    others = [other for other in ITEMS if PROJECTS[other.project] == PROJECTS[one.project]]
    place = others.index(one)
    near = [{"key": other.key, "fields": {"summary": other.canary}} for other in (others[place - 1], others[place - 2])]
    day = f"2024-01-{2 + place:02}"
    sprint = str(100 + list(PROJECTS).index(one.project))
    return issue(
        one.key,
        "Done",
        change(f"{day}T09:00:00.000+0000", "status", "Open", "In progress"),
        change(
            f"{day}T10:00:00.000+0000", "Sprint", None, sprint, toString=f"sprint of {one.project}", fieldtype="custom"
        ),
        change(f"{day}T11:00:00.000+0000", "status", "In progress", "Done"),
        project={"id": str(ord(one.project[0])), "key": one.project, "name": f"canary{one.project}x project"},
        summary=f"About {one.canary}",
        labels=[one.canary],
        components=[{"id": one.project, "name": f"component of {one.project}"}],
        security={"id": str(LEVELS.index(one.level)), "name": one.level} if one.level else None,
        reporter={"accountId": one.reporter, "displayName": one.reporter.title()},
        assignee={"accountId": one.assignee, "displayName": one.assignee.title()},
        parent=near[0],
        issuelinks=[
            {"type": {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}, "outwardIssue": near[1]}
        ],
        resolutiondate=f"{day}T11:00:00.000+0000",
    )
