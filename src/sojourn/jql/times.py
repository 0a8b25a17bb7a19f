"""Conditions on time: `timeIn["In Progress"] > 3d`, `timeSince[Done] < 2d`, `visits[Reopened] > 1`."""

from collections.abc import Callable

import numpy as np
from django.db.models import Q

from sojourn.core import timeline
from sojourn.core.calendar import ALWAYS, Calendar
from sojourn.core.duration_parse import parse_duration
from sojourn.core.measure import Measure
from sojourn.core.timeline import BoolArray, Int64Array, Stays, Window
from sojourn.errors import Refused, UserError
from sojourn.history import read
from sojourn.jql.asking import Scope
from sojourn.jql.ast import Changed, Condition, Empty, Field, Operator, Value
from sojourn.jql.choices import COMPARE, ORDER, Column
from sojourn.jql.errors import JqlError
from sojourn.jql.idset import OneOf

NAMES = ("timeIn", "timeSince", "visits")
MEANINGS = ("how long it was in a status", "how long ago it last entered a status", "how often it was in a status")
OPERATORS: tuple[Operator, ...] = ("=", "!=", "is", "is not", *ORDER)
_STATUS = Column("status", kind="status")
Measured = tuple[Int64Array, BoolArray]
"""A number for each work item of a batch, and whether there is one: who never was there has no time, not 0."""


def is_time(field: Field) -> bool:
    """Whether a field counts time."""
    return field.name.casefold() in {name.casefold() for name in NAMES}


def unfit(scope: Scope, node: Condition | Changed, operator: str) -> JqlError:
    """The error for what cannot be asked of time."""
    return scope.wrong(node, f"{node.field.name} does not go with {operator}", "use = != < <= > >= or IS EMPTY")


def condition(scope: Scope, node: Condition) -> Q:
    """Work items whose time, measured to the moment asked of, compares so with a duration or a number."""
    name = node.field.name.casefold()
    if node.operator not in OPERATORS:
        raise unfit(scope, node, node.operator.upper())
    status, calendar = _properties(scope, node.field, takes_calendar=name != "visits")
    wanted = np.array(sorted(_STATUS.named(scope, node.field.properties[0].argument, status).numbers), dtype=np.int64)
    measure = Measure(calendar, scope.asking.as_of_ms)
    number = None if isinstance(node.operand, Empty) else _number(scope, node, calendar)
    found = []
    for batch in read.timelines(scope.within.order_by("pk"), "status", ["pk"], everything=scope.everything):
        stays = timeline.stays(batch.timelines, Window(scope.asking.as_of_ms))
        amount, there = _AMOUNTS[name](stays, np.isin(stays.value, wanted), measure)
        found.append(np.array(batch.columns["pk"], dtype=np.int64)[_passed(node.operator, amount, there, number)])
    return Q(OneOf(np.concatenate(found) if found else np.zeros(0, dtype=np.int64)))


def _passed(operator: Operator, amount: Int64Array, there: BoolArray, number: int | None) -> BoolArray:
    if number is None:
        return np.logical_not(there) if operator in ("=", "is") else there
    compared: BoolArray = np.asarray(COMPARE[operator](amount, number))
    return np.logical_and(there, compared)


def _number(scope: Scope, node: Condition, calendar: Calendar) -> int:
    """The milliseconds, of visits the number, that the operand means; a day is the calendar's business day."""
    operand = node.operand
    if not isinstance(operand, Value):
        raise scope.wrong(operand, f"{operand} is neither a duration nor a number")
    if node.field.name.casefold() == "visits":
        if not operand.text.isdecimal() or len(operand.text) > 9:
            raise scope.wrong(operand, f"{operand} is not a number of visits", "write 0 or more")
        return int(operand.text)
    try:
        return parse_duration(operand.text, day_ms=calendar.business_day_ms, week_ms=calendar.business_week_ms)
    except Refused as error:
        raise scope.wrong(operand, error.problem) from None


def _properties(scope: Scope, field: Field, *, takes_calendar: bool) -> tuple[str, Calendar]:
    """The status and the calendar in the square brackets."""
    more = f' or {field.name}["In Progress"].calendar["Support"]' if takes_calendar else ""
    example = f'write {field.name}["In Progress"]{more}'
    if not field.properties:
        raise scope.wrong(field, f"{field.name} needs the name of a status", example)
    first, *rest = field.properties
    if not rest and not first.path:
        return first.argument.text, ALWAYS
    if not takes_calendar or len(rest) != 1 or first.path.casefold() != "calendar" or rest[0].path:
        raise scope.wrong(field, f"{field} is not understood", example)
    return first.argument.text, _calendar(scope, rest[0].argument)


def _calendar(scope: Scope, argument: Value) -> Calendar:
    if scope.asking.calendars is None:
        raise scope.wrong(argument, "calendars cannot be used here")
    try:
        return scope.asking.calendars(argument.text)
    except UserError as error:
        raise scope.wrong(argument, str(error)) from None


def _time_in(stays: Stays, inside: BoolArray, measure: Measure) -> Measured:
    found = stays.where(inside)
    worked = found.worked(measure.reaching(found.entered))
    amount = np.zeros(stays.items, dtype=np.int64)
    np.add.at(amount, found.item, worked)
    return amount, _some(found)


def _time_since(stays: Stays, inside: BoolArray, measure: Measure) -> Measured:
    found = stays.where(inside)
    last = np.zeros(stays.items, dtype=np.int64)
    last[found.item] = found.entered  # in order of time: the last one stays
    there = _some(found)
    working = measure.reaching(last[there])
    amount = np.zeros(stays.items, dtype=np.int64)
    amount[there] = working.until(np.full(int(there.sum()), measure.end_ms)) - working.until(last[there])
    return amount, there


def _visits(stays: Stays, inside: BoolArray, measure: Measure) -> Measured:
    amount = np.bincount(stays.item[inside], minlength=stays.items).astype(np.int64)
    return amount, np.ones(stays.items, dtype=bool)


def _some(found: Stays) -> BoolArray:
    there: BoolArray = np.bincount(found.item, minlength=found.items) > 0
    return there


_AMOUNTS: dict[str, Callable[[Stays, BoolArray, Measure], Measured]] = {
    "timein": _time_in,
    "timesince": _time_since,
    "visits": _visits,
}
