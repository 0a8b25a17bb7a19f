"""Fields whose values stand in the dictionary of a site: what an operand chooses, and who has that."""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models import Value as Constant
from django.db.models.functions import NullIf

from sojourn.history import seen
from sojourn.history.collation import by_bytes
from sojourn.history.models import IssueValue, Project, Value
from sojourn.history.owners import owners
from sojourn.jql import manual
from sojourn.jql.asking import Index, Scope, Sortable, nearest
from sojourn.jql.ast import Condition, Empty, Function, Items, Node, Operand, Operator
from sojourn.jql.ast import Value as Literal

EQUALITY: tuple[Operator, ...] = ("=", "!=", "in", "not in", "is", "is not")
ORDER: tuple[Operator, ...] = ("<", "<=", ">", ">=")
Named = tuple[int, str, str]
"""Number in the store, id in Jira, name."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an operand chooses: numbers of values, and whether those without a value are chosen, too."""

    numbers: frozenset[int] = frozenset()
    empty: bool = False

    def __or__(self, other: "Chosen") -> "Chosen":
        return Chosen(self.numbers | other.numbers, self.empty or other.empty)


FieldFunction = Callable[[Scope, "Choice", Function], Chosen]


@dataclass(frozen=True)
class Choice(ABC):
    """A field that chooses among values. `history` is the key of its timelines, None where there are none."""

    name: str
    history: str | None = None
    functions: Mapping[str, FieldFunction] = field(default_factory=dict, repr=False)
    operators: tuple[Operator, ...] = EQUALITY
    nothing: str = ""
    """A word, in small letters, that says the same as EMPTY."""
    starts_high = False

    @property
    def is_free(self) -> bool:
        """Whether anybody may think up a value, so that one that is not there is no mistake."""
        return False

    @abstractmethod
    def known(self, scope: Scope) -> Iterable[Named]:
        """All values there are."""

    @abstractmethod
    def sites(self, scope: Scope) -> Iterable[tuple[int, int]]:
        """The numbers of all values, each with that of its site."""

    @abstractmethod
    def has(self, numbers: frozenset[int]) -> Q:
        """Work items that have one of the values."""

    @abstractmethod
    def empty(self) -> Q:
        """Work items without a value."""

    def condition(self, scope: Scope, condition: Condition) -> Q:
        """What a condition on the field means. Who has no value meets no `!=` and no NOT IN, as in Jira."""
        chosen = self.chosen(scope, condition.operand)
        if condition.operator in ("=", "in", "is"):
            found = self.has(chosen.numbers) if chosen.numbers else NOTHING
            return found | self.empty() if chosen.empty else found
        return ~self.empty() & ~self.has(chosen.numbers) if chosen.numbers else ~self.empty()

    @abstractmethod
    def order(self, scope: Scope) -> Sequence[Sortable]:
        """What to sort by: names."""

    def chosen(self, scope: Scope, operand: Operand) -> Chosen:
        """What an operand chooses; raises JqlError for what is not there."""
        if isinstance(operand, Items):
            found = Chosen()
            for part in operand.operands:
                found |= self.chosen(scope, part)
            return found
        if isinstance(operand, Empty):
            return Chosen(empty=True)
        if isinstance(operand, Function):
            return self._called(scope, operand)
        if self.nothing and operand.text.casefold() == self.nothing:
            return Chosen(empty=True)
        return self.named(scope, operand, operand.text)

    def _called(self, scope: Scope, function: Function) -> Chosen:
        called = self.functions.get(function.name.casefold())
        if called is None:
            raise unanswered(scope, function, self.name, self.functions)
        return called(scope, self, function)

    def named(self, scope: Scope, node: Node, text: str) -> Chosen:
        """The values of that name, in whatever case, or of that id."""
        index = self.index(scope)
        numbers = index.called(text)
        if not numbers:
            message = self.unknown(text)
            if self.is_free:
                scope.warn(node, message)
            else:
                scope.missing(node, message, text, index.names)
        return Chosen(numbers)

    def unknown(self, text: str) -> str:
        """What is said of a value that is not there."""
        return f"there is no {text!r:.60} in the field {self.name}"

    def index(self, scope: Scope) -> Index[int]:
        """All values there are, to be found by name or id; read once for each query."""
        asked_before = scope.indexes.get(repr(self))
        index = asked_before or Index(self.known(scope))
        scope.indexes[repr(self)] = index
        return index


NOTHING = Q(pk__in=())


def unanswered(scope: Scope, function: Function, field_name: str, known: Iterable[str]) -> Exception:
    """The error for a function that a field does not have, or that only Jira can answer."""
    reason = JIRA_ONLY.get(function.name.casefold())
    if reason:
        return scope.wrong(function, f"{function.name}() cannot be answered here: {reason}")
    names = sorted(manual.ALL[name.casefold()].name for name in known if name.casefold() in manual.ALL)
    hint, _ = nearest(function.name, names)
    takes = f"it takes {', '.join(f'{name}()' for name in names) or 'no functions'}"
    return scope.wrong(function, f"{function.name}() does not go with the field {field_name}", hint or takes, names)


JIRA_ONLY = {
    "membersof": "the store does not know the members of groups",
    "issuehistory": "the store does not know what somebody has looked at",
    "votedissues": "the store does not know who has voted",
    "watchedissues": "the store does not know who watches",
    "componentsleadbyuser": "the store does not know who leads a component",
    "projectswhereuserhaspermission": "permissions of projects are not part of the history",
    "projectswhereuserhasrole": "roles in projects are not part of the history",
    "latestreleasedversion": "the store does not know the order of versions",
    "earliestunreleasedversion": "the store does not know the order of versions",
    "issueswithremotelinksbyglobalid": "the store does not know remote links",
    "cascadeoption": "the store does not know which options hang on which",
    "approver": "the store does not know approvals",
    "mypending": "the store does not know approvals",
    "pending": "the store does not know approvals",
    "pendingby": "the store does not know approvals",
}


@dataclass(frozen=True)
class Column(Choice):
    """A field with a column of its own on the work item, among the values of one kind."""

    column: str = ""
    kind: str = ""

    def known(self, scope: Scope) -> Iterable[Named]:
        return values(scope, self.kind).values_list("pk", "key", "name")

    def sites(self, scope: Scope) -> Iterable[tuple[int, int]]:
        return values(scope, self.kind).values_list("pk", "site")

    def has(self, numbers: frozenset[int]) -> Q:
        return Q(**{f"{self.column}__in": numbers})

    def empty(self) -> Q:
        return Q(**{self.column: None})

    def order(self, scope: Scope) -> Sequence[Sortable]:
        return [by_bytes(f"{self.column.removesuffix('_id')}__name")]


@dataclass(frozen=True)
class Members(Choice):
    """A field that may hold several values, or that only some sites have: rows of IssueValue.

    `fields` are the store's numbers of the field, one a site.
    """

    fields: frozenset[int] = frozenset()
    kinds: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        return self.kinds == ("label",)

    def known(self, scope: Scope) -> Iterable[Named]:
        return values(scope, *self.kinds).values_list("pk", "key", "name")

    def sites(self, scope: Scope) -> Iterable[tuple[int, int]]:
        return values(scope, *self.kinds).values_list("pk", "site")

    def has(self, numbers: frozenset[int]) -> Q:
        rows = IssueValue.objects.filter(value__in=numbers, field__in=self.fields)
        return owners(rows)

    def empty(self) -> Q:
        return ~Q(Exists(IssueValue.objects.filter(issue=OuterRef("pk"), field__in=self.fields)))

    def order(self, scope: Scope) -> Sequence[Sortable]:
        # Where the set is empty Django takes the whole query for one that finds nothing.
        rows = IssueValue.objects.filter(issue=OuterRef("pk"), field__in=self.fields or {0})
        return [
            Subquery(rows.order_by(by_bytes("value__name")).annotate(first=by_bytes("value__name")).values("first")[:1])
        ]


@dataclass(frozen=True)
class Ordered(Column):
    """A column whose values have an order: of priorities the lower id is the higher one, as Jira deals them."""

    operators: tuple[Operator, ...] = (*EQUALITY, *ORDER)
    starts_high = True

    def order(self, scope: Scope) -> Sequence[Sortable]:
        ranks = sorted({rank_of(key) for _, key, _ in self.known(scope)})
        cases = [
            When(**{self.column: number}, then=Constant(ranks.index(rank_of(key))))
            for number, key, _ in self.known(scope)
        ]
        return [Case(*cases, output_field=IntegerField())] if cases else [F(self.column)]

    def condition(self, scope: Scope, condition: Condition) -> Q:
        """What a condition on the field means: values before or after another one, too."""
        if condition.operator in ORDER:
            return self.has(self.beyond(scope, condition))
        return super().condition(scope, condition)

    def beyond(self, scope: Scope, condition: Condition) -> frozenset[int]:
        """The values before or after what the operand of a condition means."""
        chosen = self.chosen(scope, condition.operand)
        rank = {number: rank_of(key) for number, key, _ in self.known(scope)}
        compare = COMPARE[condition.operator]
        limits = [rank[number] for number in chosen.numbers]
        return frozenset(number for number, own in rank.items() if any(compare(own, limit) for limit in limits))


def rank_of(key: str) -> tuple[int, str]:
    """What to compare priorities by: the more urgent is the greater."""
    return (-int(key), "") if key.isdecimal() else (-(1 << 62), key)


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


def values(scope: Scope, *kinds: str) -> QuerySet[Value]:
    """The values of some kinds that the reader is told of, at the sites that are asked for."""
    found = seen.values(Value.objects.filter(kind__in=kinds), scope.asking.sight, kinds)
    return found.filter(site__name__in=scope.asking.sites) if scope.asking.sites else found


def projects(scope: Scope) -> QuerySet[Project]:
    """The projects that the reader is told of, of the sites that are asked for."""
    found = seen.projects(scope.asking.sight)
    return found.filter(site__name__in=scope.asking.sites) if scope.asking.sites else found


@dataclass(frozen=True)
class ProjectField(Column):
    """The project, by key, name or id."""

    def order(self, scope: Scope) -> Sequence[Sortable]:
        return [by_bytes("project__key")]

    def known(self, scope: Scope) -> Iterable[Named]:
        rows = list(projects(scope).values_list("pk", "jira_id", "key", "name"))
        return [(pk, jira_id, name) for pk, jira_id, key, name in rows] + [
            (pk, jira_id, key) for pk, jira_id, key, _ in rows
        ]

    def sites(self, scope: Scope) -> Iterable[tuple[int, int]]:
        return projects(scope).values_list("pk", "site")


@dataclass(frozen=True)
class CategoryField(Column):
    """A class of the values of a column, which stands for all of them."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def empty(self) -> Q:
        """Work items whose status is of no category that is known."""
        return Q(status=None) | Q(status__category="")

    def order(self, scope: Scope) -> Sequence[Sortable]:
        return [
            Case(
                *(When(status__category=key, then=Constant(place)) for place, key in enumerate(self.names)),
                output_field=IntegerField(),
            )
        ]

    def named(self, scope: Scope, node: Node, text: str) -> Chosen:
        for key, names in self.names.items():
            if text.casefold() in (key, *(name.casefold() for name in names)):
                return Chosen(frozenset(values(scope, self.kind).filter(category=key).values_list("pk", flat=True)))
        scope.missing(
            node,
            f"there is no {text!r:.60} in the field {self.name}",
            text,
            [names[0] for names in self.names.values()],
        )
        return Chosen()


@dataclass(frozen=True)
class ProjectCategory(Column):
    """The category of the project."""

    def order(self, scope: Scope) -> Sequence[Sortable]:
        return [NullIf(by_bytes("project__category"), Constant(""))]

    def known(self, scope: Scope) -> Iterable[Named]:
        rows = projects(scope).exclude(category="").values_list("pk", "category")
        return [(pk, category, category) for pk, category in rows]

    def empty(self) -> Q:
        return Q(project__category="")


def literals(operand: Operand) -> list[Literal | Function | Empty]:
    """The single operands of an operand: those of lists, in lists, or itself."""
    if isinstance(operand, Items):
        return [single for part in operand.operands for single in literals(part)]
    return [operand]
