"""The fields that a query can ask for: Jira's own, and those of the sites."""

import re
from collections.abc import Mapping, Sequence

from sojourn.history.models import Field
from sojourn.history.record import FIELD_TYPES
from sojourn.jql import system
from sojourn.jql.asking import Meaning, Scope, nearest
from sojourn.jql.ast import Field as Name
from sojourn.jql.choices import EQUALITY, FieldFunction, Members
from sojourn.jql.functions import SPRINTS, USERS, VERSIONS
from sojourn.jql.plain import CustomDay, CustomMoment, Number, Text, Unvalued
from sojourn.jql.system import fields_of
from sojourn.jql.texts import CustomText
from sojourn.jql.within import NumberWithin, TextWithin

_CUSTOM = re.compile(r"cf\[(\d+)\]", re.IGNORECASE)
_TYPED = re.compile(r"(.+)\[[\w ()]+\]")
"""Jira tells fields of one name apart by their type: `Team[Dropdown]`."""


_WIDTH = ("", *FIELD_TYPES)
_FUNCTIONS: dict[str, Mapping[str, FieldFunction]] = {"user": USERS, "version": VERSIONS, "sprint_member": SPRINTS}


def find(scope: Scope, name: Name) -> Meaning:
    """What a field name means; raises JqlError where nothing in the store is called so."""
    word = name.name.casefold()
    if name.properties:
        raise scope.wrong(name, f"{name} asks for an entity property, which the store does not hold")
    if word in system.BY_NAME:
        return system.BY_NAME[word](scope)
    if word in system.JIRA_ONLY:
        raise scope.wrong(name, f"the field {name.name} cannot be answered here: {system.JIRA_ONLY[word]}")
    found = of_sites(scope, word)
    if not found:
        known = (*system.NAMES, *(field.name for field in fields_of(scope).exclude(type="")))
        raise scope.wrong(name, f"the field {name.name!r:.60} does not exist", *nearest(name.name, known))
    return _meaning(found)


def of_sites(scope: Scope, word: str) -> list[Field]:
    """The fields of the sites that are meant by `cf[10010]`, by an id, or by a name in whatever case."""
    custom = _CUSTOM.fullmatch(word)
    known = list(fields_of(scope))
    if custom:
        return [field for field in known if field.key == f"customfield_{custom[1]}"]
    typed = _TYPED.fullmatch(word)
    for wanted in (word, *(typed.groups() if typed else ())):
        found = [field for field in known if wanted in (field.name.casefold(), field.key.casefold())]
        if found:
            return found
    return []


def _meaning(found: Sequence[Field]) -> Meaning:
    """The meaning of fields of one name, which is that of the widest of their types."""
    field = max(found, key=lambda one: (_WIDTH.index(one.type), one.key))
    history = field.key if field.tracked else None
    if field.type == "number":
        return Number(field.name, NumberWithin(field.key), history)
    if field.type == "date":
        return CustomDay(field.name, TextWithin(field.key), history)
    if field.type == "instant":
        return CustomMoment(field.name, TextWithin(field.key), history)
    if field.type == "":
        return Unvalued(field.name, TextWithin(field.key), history)
    if field.type == "text" and field.key.startswith("customfield_"):
        return CustomText(field.name, TextWithin(field.key), history)
    if field.type in ("text", "other"):
        return Text(field.name, TextWithin(field.key), history, EQUALITY)
    kinds = tuple({one.key for one in found} if field.type == "option" else {field.type})
    numbers = frozenset(one.pk for one in found)
    return Members(field.name, history, _FUNCTIONS.get(field.type, {}), fields=numbers, kinds=kinds)
