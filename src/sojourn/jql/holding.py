"""Which values of a field's timelines meet a condition: the numbers they have in the store."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from sojourn.core.instants import utc_text
from sojourn.history import read
from sojourn.history.models import Value
from sojourn.history.packing import EMPTY
from sojourn.jql.asking import Meaning, Scope
from sojourn.jql.ast import Condition, Empty
from sojourn.jql.choices import COMPARE, ORDER, CategoryField, Ordered, literals, values
from sojourn.jql.held import Held
from sojourn.jql.instants import instant_of_text
from sojourn.jql.plain import CustomDay, CustomMoment, Day, Number, Plain, Text, upper_ascii


def numbers_held(scope: Scope, meaning: Meaning, key: str, condition: Condition) -> set[int]:
    """The numbers that meet the condition while the field holds them; EMPTY stands for no value.

    Raises JqlError for what the field does not know.
    """
    everything = set(values(scope, read.dictionary_of(key)).values_list("pk", flat=True))
    if isinstance(meaning, Ordered) and condition.operator in ORDER:
        return set(meaning.beyond(scope, condition))
    if isinstance(meaning, Plain) and condition.operator in ORDER:
        return _compared(scope, meaning, key, condition)
    if isinstance(meaning, CategoryField):
        found = _of_categories(scope, meaning, condition)
        nothing = {EMPTY, *values(scope, "status").filter(category="").values_list("pk", flat=True)}
    else:
        nothing = {EMPTY}
        found = _chosen(scope, meaning, key, condition)
    there = everything - nothing
    if any(isinstance(one, Empty) for one in literals(condition.operand)):
        found |= nothing
    return found if condition.operator in ("=", "in", "is") else there - found


def _chosen(scope: Scope, meaning: Meaning, key: str, condition: Condition) -> set[int]:
    """The values that equal one of the operands, EMPTY among them where that is asked for."""
    if not isinstance(meaning, Plain):
        return set().union(*Held(scope, meaning, key).members(condition.operand))
    some = [one for one in literals(condition.operand) if not isinstance(one, Empty)]
    wanted = [meaning.value(scope, one) for one in some]
    return {number for number, own in _own(scope, meaning, key) if own in wanted}


def _of_categories(scope: Scope, meaning: CategoryField, condition: Condition) -> set[int]:
    return set(meaning.chosen(scope, condition.operand).numbers)


def _compared(scope: Scope, meaning: Plain, key: str, condition: Condition) -> set[int]:
    compare, limit = COMPARE[condition.operator], meaning.value(scope, condition.operand)
    return {number for number, own in _own(scope, meaning, key) if compare(own, limit)}


def _own(scope: Scope, meaning: Plain, key: str) -> Iterable[tuple[int, Any]]:
    """The values of a field without a dictionary, each as its operands are; what cannot be read meets no comparison."""
    read_as = next((reading for kind, reading in _READINGS.items() if isinstance(meaning, kind)), None)
    for value in values(scope, read.dictionary_of(key)):
        try:
            own = read_as(value) if read_as else value.name
        except ValueError:
            continue
        yield value.pk, own


_READINGS: dict[type[Plain], Callable[[Value], Any]] = {
    CustomDay: lambda value: date.fromisoformat(value.key[:10]).isoformat(),
    Day: lambda value: date.fromisoformat(value.key[:10]),
    CustomMoment: lambda value: utc_text(instant_of_text(value.key)),
    Number: lambda value: float(value.key),
    Text: lambda value: upper_ascii(value.name),
}
