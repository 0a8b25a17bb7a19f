"""The life of one work item of the demo, from creation to the present."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final, TypeVar

from sojourn.jira import demo_text
from sojourn.jira.demo_item import Item, Key, Sprint
from sojourn.jira.demo_time import DAYS, HOUR_MS, MINUTE_MS, awake_after, instant, local, work_after
from sojourn.jira.demo_workflows import (
    APP,
    AUTOMATION,
    BUG,
    DAY_MS,
    DELETED_DAYS_AGO,
    DELETED_STATUS,
    OPS,
    PRIORITIES,
    RESOLUTIONS,
    SITE_ZONE,
    SUP,
    TASK,
    Project,
    Ref,
    Status,
    Step,
)

T = TypeVar("T")
_QUIET_MS: Final = 2 * MINUTE_MS  # nothing happens that shortly before a transition but what belongs to it


def sprints_until(now: int) -> list[Sprint]:
    """Return the software team's fortnights from before the first item to a month after `now`."""
    first = local(now - (DAYS + 21) * DAY_MS, SITE_ZONE).date()
    monday = first - timedelta(days=first.weekday())
    starts = [instant(monday + timedelta(days=14 * n), 10 * 3600, SITE_ZONE) for n in range((DAYS + 84) // 14)]
    return [Sprint(21 + n, *edges) for n, edges in enumerate(pairwise(starts))]


def _put_off(due: str, days: int) -> str:
    return (date.fromisoformat(due) + timedelta(days=days)).isoformat()


class Story:
    """Tells the lives of items, one after the other, from one source of chance."""

    def __init__(self, rng: random.Random, now: int) -> None:
        self.rng = rng
        self.now = now
        self.deleted_at = now - DELETED_DAYS_AGO * DAY_MS
        self.sprints = sprints_until(now)

    def tell(self, number: int, at: int, project: Project) -> Item:
        """Return the item created at that instant, with everything that happened to it by now."""
        item = self._born(number, at, project)
        slow = self.rng.uniform(40, 120) if self._chance(0.022) else 1.0
        while True:
            step = item.project.steps[item.status.name]
            left = self._leaving(item, step, at, slow)
            self._during(item, at, min(left, self.now) - _QUIET_MS)
            if left >= self.now or not self._leave(item, step, at, left):
                break
            slow, at = 1.0, left
        if item.status.category != "done" and self._chance(0.15):
            self._due_soon(item)
        return item

    # --- chance --------------------------------------------------------------------------------------------

    def _chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _weighted(self, weights: dict[T, float]) -> T:
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def _someone(self, item: Item) -> str:
        return item.values["assignee"] or self.rng.choice(item.project.team)

    # --- beginning and end ---------------------------------------------------------------------------------

    def _born(self, number: int, at: int, project: Project) -> Item:
        issue_type = self._weighted(project.types)
        reporter = self.rng.choice(project.requesters)
        early = {SUP: 0.0, APP: 0.15, OPS: 0.5}[project]
        due = {SUP: 0.06, APP: 0.15, OPS: 0.3}[project]
        key = Key(project, at)
        values = {
            "project": project,
            "key": key,
            "status": project.statuses[project.start],
            "issuetype": issue_type,
            "priority": self.rng.choices(PRIORITIES, project.priorities)[0],
            "assignee": self.rng.choice(project.team) if self._chance(early) else None,
            "resolution": None,
            "duedate": self._date(at, self.rng.randint(3, 30)) if self._chance(due) else None,
            "labels": tuple(label for label in project.labels if self._chance(0.08)),
            "components": (self.rng.choice(project.components),) if self._chance(0.6) else (),
            "fixVersions": (),
            "points": None,
            "sprint": (),
            "flagged": False,
        }
        summary = demo_text.summary(self.rng, project.key, issue_type.name)
        return Item(number, at, self.now, values, summary, reporter, keys=[key])

    def _due_soon(self, item: Item) -> None:
        at = max(item.last_touched + MINUTE_MS, self.now - self.rng.randrange(HOUR_MS, 40 * HOUR_MS))
        if at < self.now:
            item.change(at, self._someone(item), ("duedate", self._date(self.now, self.rng.randint(0, 3))))

    def _date(self, at: int, days: int) -> str:
        return (local(at, SITE_ZONE).date() + timedelta(days=days)).isoformat()

    # --- from status to status -----------------------------------------------------------------------------

    def _leaving(self, item: Item, step: Step, at: int, slow: float) -> int:
        hours = step.median * self.rng.lognormvariate(0, step.sigma)
        if step.clock == "customer":
            return awake_after(self.rng, item.project.zone, at, hours)
        left = work_after(item.project, at, hours * slow, self.now)
        if item.status is DELETED_STATUS:  # whoever deletes a status has to move what is in it
            left = max(at + 1, min(left, self.deleted_at))
        return left

    def _leave(self, item: Item, step: Step, entered: int, at: int) -> bool:
        """Make the transition at that instant; False where the item stays for good."""
        name = self._weighted(step.next)
        if name is None:
            return False
        target = item.project.statuses[name]
        if target is DELETED_STATUS and at > self.deleted_at - 2 * DAY_MS:
            target = item.project.statuses["Doing"]
        open_now = item.status.category != "done"
        if item.project is SUP and open_now and self._chance(0.018):
            self._move(item, at)
        elif open_now and target.category != "done" and self._chance(0.012):
            item.change(at, self._someone(item), ("status", target), ("status", item.status))
        else:
            self._transition(item, target, entered, at)
        return True

    def _transition(self, item: Item, target: Status, entered: int, at: int) -> None:
        by_customer = item.project.steps[item.status.name].clock == "customer"
        author = AUTOMATION if by_customer and item.project is SUP else self._someone(item)
        changes: list[tuple[str, Any]] = [("status", target)]
        if target.category == "done" and item.status.category != "done":
            changes.append(("resolution", self._weighted(RESOLUTIONS)))
        if target.category != "done" and item.status.category == "done":
            changes.append(("resolution", None))
        if target.name == "Resolved" and self._chance(0.03):
            changes.append(("status", item.project.statuses["Closed"]))
        changes += self._assigned(item, target) + self._planned(item, target, at)
        if item.project is SUP:
            self._exchange(item, target, max(entered, at - self.rng.randrange(300, MINUTE_MS)))
        item.change(at, author, *changes)

    def _assigned(self, item: Item, target: Status) -> list[tuple[str, Any]]:
        team = item.project.team
        if target.name == "Escalated":
            return [
                ("assignee", team[0]),
                ("priority", PRIORITIES[min(1, PRIORITIES.index(item.values["priority"]))]),
            ]
        begins = target.category == "indeterminate" and item.values["assignee"] is None
        if begins and self._chance(0.88):
            return [("assignee", self.rng.choice(team))]
        if target.name == "Testing" and self._chance(0.6):
            return [("assignee", team[-1])]
        return []

    def _planned(self, item: Item, target: Status, at: int) -> list[tuple[str, Any]]:
        """The sprint and the release that go with a transition of the software team."""
        if item.project is not APP or target.category == "done":
            return []
        sprints: tuple[Sprint, ...] = item.values["sprint"]
        if target.name == "Backlog":
            return [("sprint", tuple(one for one in sprints if one.end <= at))]
        changes: list[tuple[str, Any]] = []
        if not sprints or sprints[-1].end <= at:
            skip = target.name == "Selected for development" and self._chance(0.4)
            changes.append(("sprint", (*sprints, self._sprint_at(at, ahead=int(skip)))))
        if target.name == "Testing" and not item.values["fixVersions"] and self._chance(0.75):
            changes.append(("fixVersions", (self._release(at),)))
        return changes

    def _sprint_at(self, at: int, ahead: int = 0) -> Sprint:
        running = next(n for n, one in enumerate(self.sprints) if at < one.end)
        return self.sprints[running + ahead]

    def _release(self, at: int) -> Ref:
        day = local(at + 14 * DAY_MS, SITE_ZONE)
        return Ref(str(10200 + 12 * (day.year - 2020) + day.month), f"{day.year}.{day.month}")

    def _exchange(self, item: Item, target: Status, at: int) -> None:
        """What agent and customer write to each other just before the status changes."""
        agent, customer = self._someone(item), item.reporter
        if item.status.name == "Waiting for customer" and target.category != "done":
            item.say(at, customer, self.rng.choice(demo_text.REPLIES))
        elif item.status.category == "done" and target.category != "done":
            item.say(at, customer, "I am sorry, but it is back. " + self.rng.choice(demo_text.REPLIES[:2]))
        elif target.name == "Waiting for customer":
            item.say(at, agent, self.rng.choice(demo_text.QUESTIONS))
        elif target.name == "Resolved":
            item.say(at, agent, self.rng.choice(demo_text.SOLUTIONS))
        elif target.name == "Escalated":
            item.say(at, agent, self.rng.choice(demo_text.INTERNAL), public=False)

    def _move(self, item: Item, at: int) -> None:
        """Move a support item to the team that can help; the first status of its workflow awaits it."""
        home, issue_type = (APP, BUG) if self._chance(0.6) else (OPS, TASK)
        key = Key(home, at)
        item.keys.append(key)
        item.change(
            at,
            self._someone(item),
            ("project", home),
            ("key", key),
            ("issuetype", issue_type),
            ("status", home.statuses[home.start]),
            ("assignee", None),
            ("components", ()),
        )

    # --- within a status -----------------------------------------------------------------------------------

    def _during(self, item: Item, start: int, end: int) -> None:
        """Let happen, in order, what happens while the item stays in a status from start to end."""
        if item.status.category == "done" or end <= start + _QUIET_MS:
            return
        plans = self._talk(item) + self._staffing(item) + self._planning(item)
        happening = self._rollovers(item, start, end)
        for share, act in plans:
            earliest = start + round(share * (end - start))
            at = work_after(item.project, earliest, self.rng.uniform(0.01, 0.4), end)
            if at < end:
                happening.append((at, act))
        for at, act in sorted(happening, key=lambda one: one[0]):
            act(at)

    def _talk(self, item: Item) -> list[tuple[float, Callable[[int], None]]]:
        rng, desk = self.rng, item.project is SUP
        plans: list[tuple[float, Callable[[int], None]]] = []
        if desk and item.status.name == "In progress" and self._chance(0.5):
            plans.append((0.0, lambda at: item.say(at, self._someone(item), rng.choice(demo_text.GREETINGS))))
        if self._chance(0.25):
            words = demo_text.INTERNAL if desk else demo_text.TEAM
            plans.append(
                (
                    rng.random(),
                    lambda at: item.say(at, self._someone(item), rng.choice(words), public=not desk),
                )
            )
        return plans

    def _staffing(self, item: Item) -> list[tuple[float, Callable[[int], None]]]:
        rng, team = self.rng, item.project.team
        first = rng.random()

        def assign(to: str | None) -> Callable[[int], None]:
            return lambda at: item.change(at, self._someone(item), ("assignee", to))

        if item.values["assignee"] is None:
            return [(first, assign(rng.choice(team)))] if self._chance(0.4) else []
        if self._chance(0.04):
            return [(first, assign(None)), (rng.uniform(first, 1.1), assign(rng.choice(team)))]
        return [(first, assign(rng.choice(team)))] if self._chance(0.06) else []

    def _planning(self, item: Item) -> list[tuple[float, Callable[[int], None]]]:
        rng, project = self.rng, item.project
        plans: list[tuple[float, Callable[[int], None]]] = []

        def plan(probability: float, name: str, value: Callable[[], Any], share: float = 0.0) -> None:
            if self._chance(probability):
                when = share or rng.random()
                plans.append((when, lambda at: item.change(at, self._someone(item), (name, value()))))

        plan(0.04, "priority", lambda: rng.choices(PRIORITIES, project.priorities)[0])
        plan(0.03, "labels", lambda: tuple(sorted({*item.values["labels"], rng.choice(project.labels)})))
        if item.status.name == project.start:
            plan(0.025, "issuetype", lambda: self._weighted(project.types))
        if item.values["duedate"]:
            plan(0.06, "duedate", lambda: _put_off(item.values["duedate"], rng.randint(2, 14)))
        if project is APP and item.status.name == "Backlog" and item.values["points"] is None:
            plan(0.75, "points", lambda: float(rng.choice((1, 2, 3, 3, 5, 5, 8, 13))))
        if project is APP and item.status.category == "indeterminate" and self._chance(0.07):
            plan(1, "flagged", lambda: True, share=0.2)
            plan(0.95, "flagged", lambda: False, share=rng.uniform(0.3, 0.95))
        return plans

    def _rollovers(self, item: Item, start: int, end: int) -> list[tuple[int, Callable[[int], None]]]:
        """At the end of a sprint what is not done goes on to the next one."""
        sprints: tuple[Sprint, ...] = item.values["sprint"]
        if item.project is not APP or item.status.name == "Backlog" or not sprints:
            return []

        def roll(at: int) -> None:
            following = self.sprints[self.sprints.index(item.values["sprint"][-1]) + 1]
            item.change(at, APP.team[0], ("sprint", (*item.values["sprint"], following)))

        ends = [one.end for one in self.sprints[self.sprints.index(sprints[-1]) :]]
        return [(max(at, start + 1), roll) for at in ends if at < end]
