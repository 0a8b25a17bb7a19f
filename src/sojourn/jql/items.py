"""Work items by their keys, and by how they hang together."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from sojourn.history.collation import by_bytes
from sojourn.history.models import Issue, Link
from sojourn.history.owners import owners
from sojourn.jql.asking import Scope, Sortable
from sojourn.jql.ast import Function, Operand, Value
from sojourn.jql.choices import NOTHING, unanswered
from sojourn.jql.idset import OneOf
from sojourn.jql.past import updated_by
from sojourn.jql.plain import Plain

_KEY: Final = re.compile(r"(.+)-([0-9]{1,18})")
_LOOKUPS: Final = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


class Key(Plain):
    """The work item itself: by key or id, in the order of numbers within a project."""

    def there(self) -> Q:
        return Q(pk__isnull=False)

    def order(self, scope: Scope) -> Sequence[Sortable]:
        return [by_bytes("project__key"), F("key_number"), by_bytes("key")]

    def equal(self, scope: Scope, operands: Sequence[Value | Function]) -> Q:
        texts = {self.value(scope, operand): operand for operand in operands if isinstance(operand, Value)}
        called = Q(OneOf([*texts, *(text.upper() for text in texts)], "key")) | Q(OneOf([*texts], "jira_id"))
        self._warn_of_missing(scope, texts, called)
        found = called if texts else NOTHING
        for function in operands:
            if isinstance(function, Function):
                found |= linked(scope, function)
        return found

    def compared(self, scope: Scope, operator: str, operand: Operand) -> Q:
        found = _KEY.fullmatch(self.value(scope, operand).upper())
        if found is None:
            raise scope.wrong(operand, f"{operand} has no place in the order of keys", "write a key such as ABC-100")
        return Q(**{"project__key": found[1], f"key_number__{_LOOKUPS[operator]}": int(found[2])})

    def value(self, scope: Scope, operand: Operand) -> str:
        return _key(scope, operand)

    def _warn_of_missing(self, scope: Scope, texts: Mapping[str, Value], called: Q) -> None:
        there = {
            text
            for row in Issue.objects.filter(scope.asking.sight, called).values_list("key", "jira_id")
            for text in row
        }
        for text, operand in texts.items():
            if text not in there and text.upper() not in there:
                scope.warn(operand, f"there is no work item {text!r:.60}")


def _key(scope: Scope, operand: Operand) -> str:
    if not isinstance(operand, Value):
        raise scope.wrong(operand, f"{operand} is not the key of a work item", "write a key such as ABC-100")
    return operand.text.strip()


def linked(scope: Scope, function: Function) -> Q:
    """`linkedIssues(KEY)`, or with a kind of link as the page of KEY says it: what KEY is linked to."""
    if function.name.casefold() == "updatedby":
        return updated_by(scope, function)
    if function.name.casefold() != "linkedissues":
        raise unanswered(scope, function, "issue", ("linkedIssues", "updatedBy"))
    links = links_of(scope)
    key = function.arguments[0].text.strip().upper()
    own, others = links.filter(issue__key=key), links.filter(other_key=key)
    for word in function.arguments[1:]:
        kinds = _kinds_of_links(scope, word)
        own, others = own.filter(description__in=kinds), others.filter(reverse__in=kinds)
    return Q(key__in=own.values("other_key")) | owners(others)


def links_of(scope: Scope) -> QuerySet[Link]:
    """The links, other than to parents, of the work items that the reader may be told of."""
    found = Link.objects.exclude(type=Link.PARENT)
    sight = scope.asking.sight
    return found.filter(issue__in=Issue.objects.filter(sight).values("pk")) if sight else found


def _kinds_of_links(scope: Scope, word: Value) -> set[str]:
    """What pages call a kind of link, whatever the case; else, of a type of that name, what both of its pages say."""
    known = list(links_of(scope).values_list("type", "description", "reverse").distinct())
    text = word.text.casefold()
    found = {name for _, *sides in known for name in sides if name.casefold() == text}
    found = found or {name for kind, *sides in known for name in sides if kind.casefold() == text}
    if not found:
        names = {name for kind in known for name in kind}
        scope.missing(word, f"there is no kind of link {word.text!r:.60}", word.text, names)
    return found


class Parent(Plain):
    """The parent, by key."""

    def there(self) -> Q:
        return Q(Exists(Link.objects.filter(issue=OuterRef("pk"), type=Link.PARENT)))

    def equal(self, scope: Scope, operands: Sequence[Value | Function]) -> Q:
        keys = [self.value(scope, operand) for operand in operands]
        parents = Link.objects.filter(OneOf(keys, "other_key"), type=Link.PARENT)
        return owners(parents)

    def value(self, scope: Scope, operand: Operand) -> str:
        return _key(scope, operand).upper()


class LinkKind(Plain):
    """The kinds of links a work item has, as its page says them, or by the name of their type."""

    def there(self) -> Q:
        return Q(Exists(Link.objects.exclude(type=Link.PARENT).filter(issue=OuterRef("pk"))))

    def equal(self, scope: Scope, operands: Sequence[Value | Function]) -> Q:
        kinds = set[str]().union(*(self.value(scope, operand) for operand in operands))
        links = Link.objects.exclude(type=Link.PARENT).filter(description__in=kinds)
        return owners(links)

    def value(self, scope: Scope, operand: Operand) -> set[str]:
        if not isinstance(operand, Value):
            raise scope.wrong(operand, f"{operand} is not a kind of link")
        return _kinds_of_links(scope, operand)
