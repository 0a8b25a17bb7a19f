"""SLA clocks in JQL: by the name of an SLA as Jira Service Management has it, and `slaFunction` as Time to SLA has it.

Clocks are counted as of the moment asked of, of the work items that the rest of the query leaves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from django.db.models import Q

from sojourn.core.calendar import Calendar
from sojourn.core.duration_parse import parse_duration
from sojourn.core.sla.batch import NONE
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.errors import Refused
from sojourn.jql import manual
from sojourn.jql.asking import Scope, nearest
from sojourn.jql.ast import Condition, Empty, Function, Operator, Value
from sojourn.jql.choices import COMPARE, ORDER
from sojourn.jql.idset import OneOf
from sojourn.jql.instants import instant_ms
from sojourn.sla import definitions
from sojourn.sla.asked import (
    JSM_AMOUNTS,
    JSM_TESTS,
    TTS_ALL,
    TTS_AMOUNTS,
    TTS_TESTS,
    AsOf,
    Measured,
    Named,
    Test,
    any_clock,
)
from sojourn.sla.counting import count
from sojourn.sla.models import Definition
from sojourn.sla.rules import in_force

FUNCTION = "slaFunction"
_EQUAL: tuple[Operator, ...] = ("=", "!=")
_OPERATORS: tuple[Operator, ...] = (*_EQUAL, "is", "is not", *ORDER)
_NOT_STARTED = manual.Function("isNotStarted", "an SLA has not started")
OneKind = TypeVar("OneKind", Named, Measured)


def _manual(some: Sequence[Named | Measured]) -> tuple[manual.Function, ...]:
    return tuple(manual.Function(one.name, one.meaning, needs=int(isinstance(one, Measured))) for one in some)


@dataclass(frozen=True, slots=True)
class SlaField:
    """An SLA as a field: what Jira Service Management's functions say of it."""

    name: str
    of: tuple[Definition, ...]
    operators = _OPERATORS
    functions = _manual((*JSM_TESTS, *JSM_AMOUNTS))

    def condition(self, scope: Scope, condition: Condition) -> Q:
        """Work items on which the SLA has started and is so; with EMPTY those on which it has, or has not."""
        if isinstance(condition.operand, Empty):
            return _is_there(scope, self.of, condition)
        function = _called(scope, condition, self.functions)
        if condition.operator in _EQUAL:
            test = _one(scope, condition, function, JSM_TESTS).test
            _takes(scope, function, 0)
            there = _where(scope, self.of, any_clock)
            meant = _where(scope, self.of, test)
            return Q(OneOf(meant if condition.operator == "=" else np.setdiff1d(there, meant)))
        measured = _one(scope, condition, function, JSM_AMOUNTS)
        _takes(scope, function, 1)
        return Q(OneOf(_compared(scope, self.of, condition, measured, function)))


@dataclass(frozen=True, slots=True)
class SlaFunction:
    """The field that Time to SLA searches with: at least one SLA of the work item is so, or one of those named."""

    of: tuple[Definition, ...]
    name = FUNCTION
    operators = _OPERATORS
    functions = (*_manual((*TTS_TESTS, *TTS_ALL)), _NOT_STARTED, *_manual(TTS_AMOUNTS))

    def condition(self, scope: Scope, condition: Condition) -> Q:
        """Work items of which a function of Time to SLA is true, or with `!=` is not."""
        if isinstance(condition.operand, Empty):
            return _is_there(scope, self.of, condition)
        function = _called(scope, condition, self.functions)
        if condition.operator not in _EQUAL:
            measured = _one(scope, condition, function, TTS_AMOUNTS)
            if not function.arguments:
                raise scope.wrong(function, f"{measured.name}() needs a {measured.reads}")
            of = self._named(scope, function.arguments[1:])
            return Q(OneOf(_compared(scope, of, condition, measured, function)))
        of = self._named(scope, function.arguments)
        found = self._true(scope, condition, function, of)
        return found if condition.operator == "=" else ~found

    def _true(self, scope: Scope, condition: Condition, function: Function, of: tuple[Definition, ...]) -> Q:
        name = function.name.casefold()
        if name == _NOT_STARTED.name.casefold():
            started = [_where(scope, (one,), any_clock) for one in of]
            return Q(*(~Q(OneOf(one)) for one in started), _connector=Q.OR) if started else Q(pk__in=())
        of_all = next((one for one in TTS_ALL if one.name.casefold() == name), None)
        if of_all:
            other = _where(scope, of, lambda found: ~of_all.test(found))
            return Q(OneOf(np.setdiff1d(_where(scope, of, any_clock), other)))
        return Q(OneOf(_where(scope, of, _one(scope, condition, function, TTS_TESTS).test)))

    def _named(self, scope: Scope, names: Sequence[Value]) -> tuple[Definition, ...]:
        """The SLAs that arguments name by number or name; all where there are none."""
        found: dict[int, Definition] = {}
        for name in names:
            matching = definitions.called(name.text, self.of)
            if not matching:
                known = [one.name for one in self.of]
                raise scope.wrong(name, f"there is no SLA {name.text!r:.60} in force", *nearest(name.text, known))
            found |= {one.pk: one for one in matching}
        return tuple(found.values()) if names else self.of


def fields() -> Mapping[str, "SlaField | SlaFunction"]:
    """The fields that SLAs add to JQL, by their names in small letters. SLAs of one name are one field."""
    there = in_force()
    by_name: dict[str, list[Definition]] = {}
    for one in there:
        by_name.setdefault(one.name.casefold(), []).append(one)
    found: dict[str, SlaField | SlaFunction] = {
        name: SlaField(some[0].name, tuple(some)) for name, some in by_name.items()
    }
    return {**found, FUNCTION.casefold(): SlaFunction(tuple(there))}


def _is_there(scope: Scope, of: Sequence[Definition], condition: Condition) -> Q:
    """Work items on which an SLA has, or has not, started."""
    there = Q(OneOf(_where(scope, of, any_clock)))
    return ~there if condition.operator in ("=", "is") else there


def _called(scope: Scope, condition: Condition, known: Sequence[manual.Function]) -> Function:
    """The function that a condition calls; raises JqlError where it calls none that there is."""
    if condition.operator not in _OPERATORS:
        raise scope.wrong(condition, f"an SLA does not go with {condition.operator.upper()}", "use = != < <= > >=")
    names = [one.name for one in known]
    operand = condition.operand
    if not isinstance(operand, Function):
        raise scope.wrong(operand, "an SLA is asked with a function", "such as breached() or isBreached()", names)
    if operand.name.casefold() not in {name.casefold() for name in names}:
        message = f"{operand.name}() is not a function of this field"
        raise scope.wrong(operand, message, *nearest(operand.name, names))
    return operand


def _one(scope: Scope, condition: Condition, function: Function, some: Sequence[OneKind]) -> OneKind:
    """The function of that name among those that go with the operator."""
    for one in some:
        if one.name.casefold() == function.name.casefold():
            return one
    names = ", ".join(f"{one.name}()" for one in some)
    raise scope.wrong(condition, f"{function.name}() does not go with {condition.operator}", f"it goes with {names}")


def _takes(scope: Scope, function: Function, count: int) -> None:
    if len(function.arguments) != count:
        raise scope.wrong(function, f"{function.name}() takes {count or 'no'} argument{'' if count == 1 else 's'}")


def _where(scope: Scope, of: Sequence[Definition], test: Test) -> Int64Array:
    """The numbers of the work items of which some clock is meant."""
    found = [issues[one.clocks.item[test(one)]] for issues, one in _counted(scope, of)]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))


def _compared(
    scope: Scope, of: Sequence[Definition], condition: Condition, measured: Measured, function: Function
) -> Int64Array:
    """The numbers of the work items with a clock of which an amount compares so with the first argument."""
    argument = function.arguments[0]
    numbers: dict[Calendar | None, int] = {}

    def number(calendar: Calendar | None) -> int:
        if calendar not in numbers:
            numbers[calendar] = _number(scope, argument, measured.reads, calendar)
        return numbers[calendar]

    number(None)

    def test(found: AsOf) -> BoolArray:
        amount = measured.amount(found)
        each = np.array([number(one) for one in found.calendars], dtype=np.int64)
        compared: BoolArray = np.asarray(COMPARE[condition.operator](amount, each[found.clocks.calendar]))
        return np.logical_and(np.not_equal(amount, NONE), compared)

    return _where(scope, of, test)


def _number(scope: Scope, argument: Value, reads: str, calendar: Calendar | None) -> int:
    """The argument as a number: ms of a duration, a day of which is the calendar's, an instant, or percents."""
    if reads == "date":
        return instant_ms(scope, argument)
    text = argument.text.strip()
    if reads == "percent":
        if not text.removesuffix("%").isdecimal() or len(text) > 9:
            raise scope.wrong(argument, f"{text!r:.60} is not a percentage", "write a number such as 80")
        return int(text.removesuffix("%"))
    days = (calendar.business_day_ms, calendar.business_week_ms) if calendar else (1, 1)
    try:
        return parse_duration(text, day_ms=days[0], week_ms=days[1])
    except Refused as error:
        raise scope.wrong(argument, error.problem) from None


def _counted(scope: Scope, of: Sequence[Definition]) -> Iterator[tuple[Int64Array, AsOf]]:
    """The clocks of SLAs on the work items that are looked at, as of the moment asked of."""
    as_of_ms = scope.asking.as_of_ms
    for some in count(scope.within, of, as_of_ms):
        for one in some:
            calendars = [one.rule.calendars[name] for name in one.rule.names]
            yield one.issues, AsOf(one.clocks, calendars, as_of_ms)
