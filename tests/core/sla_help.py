"""What the SLA tests share: policies in a line, and work items by the status they had."""

from collections.abc import Mapping
from typing import Any as Anything

from sojourn.core.calendar import ALWAYS, Calendar
from sojourn.core.sla.clock import Answer, Item
from sojourn.core.sla.conditions import Condition, Created, Entered, Is
from sojourn.core.sla.policy import Duration, Goal, Policy, Target
from sojourn.core.sla.reference import replay
from tests.core.calendar_help import calendar, ms

OFFICE = calendar()
CALENDARS: Mapping[str, Calendar] = {"7x24": ALWAYS, "office": OFFICE}
DAY = "2024-06-03 "  # a Monday
STATUS = "status"


def at(text: str) -> int:
    """`10:00` is that Monday's, `5T10:00` the fifth of June's."""
    day, _, clock = text.rpartition("T")
    return ms(f"2024-06-{int(day or 3):02d} {clock}")


def entered(*statuses: str) -> Condition:
    return Entered(STATUS, frozenset(statuses))


def within(*statuses: str) -> Condition:
    return Is(STATUS, frozenset(statuses))


def policy(target: Target | str = "2h", calendar_name: str = "office", **more: Anything) -> Policy:
    """From creation to Done, paused while Waiting."""
    wanted = Duration(target) if isinstance(target, str) else target
    parts = {"start": Created(), "stop": entered("Done"), "pause": within("Waiting")}
    return Policy(**(parts | {"goals": (Goal(wanted, calendar_name),)} | more))


def item(statuses: str, **more: Anything) -> Item:
    """`10:00 Open, 11:00 Done`: created at the first of them."""
    steps = [(at(step.split()[0]), step.split()[1]) for step in statuses.split(", ")]
    return Item(steps[0][0], fields={STATUS: steps} | more.pop("fields", {}), **more)


def answer(rules: Policy, work_item: Item, as_of: str) -> Answer:
    return replay(rules, work_item, CALENDARS, at(as_of))
