"""Fields without a dictionary: dates, numbers, keys, links and texts."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.db.models.functions import Upper
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, In, IsNull, LessThan, LessThanOrEqual

from sojourn.core.duration_parse import HOUR_MS, parse_duration
from sojourn.core.instants import utc_text
from sojourn.errors import Refused
from sojourn.jql.asking import Scope, Sortable
from sojourn.jql.ast import Condition, Empty, Function, Operand, Operator, Value
from sojourn.jql.choices import EQUALITY, NOTHING, ORDER, literals, unanswered
from sojourn.jql.instants import instant, instant_ms

_JIRA_DAY_MS: Final = 8 * HOUR_MS
"""Estimates count days of eight hours and weeks of five days, Jira's defaults."""

_COMPARE = {"<": LessThan, "<=": LessThanOrEqual, ">": GreaterThan, ">=": GreaterThanOrEqual}
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
        operands = literals(condition.operand)
        some = [operand for operand in operands if not isinstance(operand, Empty)]
        found = there & self.equal(scope, some) if some else NOTHING
        if len(some) < len(operands):
            found |= ~there
        return found if condition.operator in ("=", "in", "is") else there & ~found

    def there(self) -> Q:
        """Work items that have a value."""
        return Q(IsNull(self.source, False))

    def order(self, scope: Scope) -> Sequence[Sortable]:
        """What to sort by: the value itself."""
        return [self.source] if self.source is not None else []

    def equal(self, scope: Scope, operands: Sequence[Value | Function]) -> Q:
        """Work items whose value is one of those that operands mean: in one list, however many they are."""
        return Q(In(self.source, [self.value(scope, operand) for operand in operands]))

    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        """Work items whose value compares so with what an operand means."""
        return Q(_COMPARE[operator](self.source, self.value(scope, operand)))

    @abstractmethod
    def value(self, scope: Scope, operand: Operand) -> Any:
        """What an operand means, as the store holds it; raises JqlError where it means nothing to this field."""


class Moment(Plain):
    """An instant of the work item, in ms."""

    starts_high = True

    def value(self, scope: Scope, operand: Operand) -> Any:
        return instant_ms(scope, operand)


class Day(Plain):
    """A date of the work item. As in Jira it relates to the date only: of a moment to its date in the reader's zone."""

    def value(self, scope: Scope, operand: Operand) -> Any:
        return instant(scope, operand).date()


class CustomDay(Day):
    """A date among the `fields`, where it is a text."""

    def value(self, scope: Scope, operand: Operand) -> Any:
        return instant(scope, operand).date().isoformat()


class CustomMoment(Plain):
    """An instant among the `fields`, where it is a text in UTC."""

    def value(self, scope: Scope, operand: Operand) -> Any:
        return utc_text(instant_ms(scope, operand))


class Number(Plain):
    """A number among the `fields`."""

    def value(self, scope: Scope, operand: Operand) -> float:
        """The number that an operand means."""
        if isinstance(operand, Value) and _NUMBER.fullmatch(operand.text.strip()):
            return float(operand.text)
        if isinstance(operand, Function):
            raise unanswered(scope, operand, self.name, ())
        raise scope.wrong(operand, f"{operand} is not a number", "write for example 8 or 0.5")


class Seconds(Number):
    """A duration among the `fields`, in seconds: `2h 30m`, or a number of minutes as in Jira."""

    def value(self, scope: Scope, operand: Operand) -> float:
        if isinstance(operand, Value) and not _NUMBER.fullmatch(operand.text.strip()):
            try:
                return parse_duration(operand.text, day_ms=_JIRA_DAY_MS, week_ms=5 * _JIRA_DAY_MS) / 1000
            except Refused as error:
                raise scope.wrong(operand, error.problem) from None
        return super().value(scope, operand) * 60


class Text(Plain):
    """A text among the `fields` that is compared whole, without regard to the case of the letters a to z."""

    def equal(self, scope: Scope, operands: Sequence[Value | Function]) -> Q:
        return Q(In(Upper(self.source), [self.value(scope, operand) for operand in operands]))

    def value(self, scope: Scope, operand: Operand) -> str:
        if not isinstance(operand, Value):
            raise scope.wrong(operand, f"{operand} is not a text")
        return upper_ascii(operand.text)


def upper_ascii(text: str) -> str:
    """A text with the letters a to z as capitals."""
    return text.translate(_UPPER)


class Unvalued(Text):
    """A field that no work item has a value of: what type it is nobody knows, and no comparison is met."""

    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        return NOTHING

    def value(self, scope: Scope, operand: Operand) -> str:
        return str(operand)
