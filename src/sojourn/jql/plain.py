"""Fields without a dictionary: dates, numbers, keys, links and texts."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from django.db.models import Q
from django.db.models.functions import Upper
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual

from sojourn.core.duration_parse import HOUR_MS, parse_duration
from sojourn.core.instants import utc_text
from sojourn.errors import UserError
from sojourn.jql.asking import Scope, Sortable
from sojourn.jql.ast import Condition, Empty, Function, Operand, Operator, Value
from sojourn.jql.choices import EQUALITY, NOTHING, ORDER, literals, unanswered
from sojourn.jql.instants import instant, instant_ms

_JIRA_DAY_MS: Final = 8 * HOUR_MS
"""Estimates count days of eight hours and weeks of five days, Jira's defaults."""

_COMPARE = {"<": LessThan, "<=": LessThanOrEqual, ">": GreaterThan, ">=": GreaterThanOrEqual, "=": Exact}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_UPPER = str.maketrans({letter: letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"})


@dataclass(frozen=True)
class Plain(ABC):
    """A field that is compared by itself. `history` is the key of its timelines, None where there are none."""

    name: str
    source: Any = None
    history: str | None = None
    operators: tuple[Operator, ...] = (*EQUALITY, *ORDER)
    starts_high = False

    def condition(self, scope: Scope, condition: Condition) -> Q:
        """What a condition on the field means. Who has no value meets no comparison but that with EMPTY."""
        there = self.there()
        if condition.operator in ORDER:
            return there & self.compared(scope, condition.operator, condition.operand)
        found = NOTHING
        for operand in literals(condition.operand):
            found |= ~there if isinstance(operand, Empty) else there & self.compared(scope, "=", operand)
        return found if condition.operator in ("=", "in", "is") else there & ~found

    def there(self) -> Q:
        """Work items that have a value."""
        return Q(IsNull(self.source, False))

    def against(self, operator: str, value: Any) -> Q:
        """Work items whose value compares so with that one."""
        return Q(_COMPARE[operator](self.source, value))

    def order(self, scope: Scope) -> Sequence[Sortable]:
        """What to sort by: the value itself."""
        return [self.source] if self.source is not None else []

    @abstractmethod
    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        """Work items whose value compares so with an operand."""


class Moment(Plain):
    """An instant of the work item, in ms."""

    starts_high = True

    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        return self.against(operator, instant_ms(scope, operand))


class Day(Plain):
    """A date of the work item. It is compared as its first moment in the reader's zone, as in Jira."""

    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        local = instant(scope, operand).replace(tzinfo=None)
        day = local.date()
        if local != datetime.combine(day, time()):  # between the first moments of two dates
            if operator == "=":
                return NOTHING
            operator = {"<": "<=", ">=": ">"}.get(operator, operator)
        return self.against(operator, self.written(day))

    def written(self, day: date) -> Any:
        """The date as the store holds it."""
        return day


class CustomDay(Day):
    """A date among the `fields`, where it is a text."""

    def written(self, day: date) -> str:
        return day.isoformat()


class CustomMoment(Plain):
    """An instant among the `fields`, where it is a text in UTC."""

    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        return self.against(operator, utc_text(instant_ms(scope, operand)))


class Number(Plain):
    """A number among the `fields`."""

    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        return self.against(operator, self.number(scope, operand))

    def number(self, scope: Scope, operand: Operand) -> float:
        """The number that an operand means."""
        if isinstance(operand, Value) and _NUMBER.fullmatch(operand.text.strip()):
            return float(operand.text)
        if isinstance(operand, Function):
            raise unanswered(scope, operand, self.name, ())
        raise scope.wrong(operand, f"{operand} is not a number", "write for example 8 or 0.5")


class Seconds(Number):
    """A duration among the `fields`, in seconds: `2h 30m`, or a number of minutes as in Jira."""

    def number(self, scope: Scope, operand: Operand) -> float:
        if isinstance(operand, Value) and not _NUMBER.fullmatch(operand.text.strip()):
            try:
                return parse_duration(operand.text, day_ms=_JIRA_DAY_MS, week_ms=5 * _JIRA_DAY_MS) / 1000
            except UserError as error:
                raise scope.wrong(operand, str(error)) from None
        return super().number(scope, operand) * 60


class Text(Plain):
    """A text among the `fields` that is compared whole, without regard to the case of the letters a to z."""

    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        if not isinstance(operand, Value):
            raise scope.wrong(operand, f"{operand} is not a text")
        return Q(Exact(Upper(self.source), operand.text.translate(_UPPER)))
