"""What the store has to offer at a place in a query: a page of it, what begins with the typed word first."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Case, Q, QuerySet, When
from django.db.models.functions import Lower

from sojourn.history import seen
from sojourn.history.collation import by_bytes
from sojourn.history.models import Field, Issue, Site, Value
from sojourn.jql import catalogue, system, times
from sojourn.jql.asking import Meaning, Scope
from sojourn.jql.ast import Field as Name
from sojourn.jql.choices import CategoryField, Column, Members, ProjectCategory, ProjectField, projects
from sojourn.jql.errors import JqlError
from sojourn.jql.items import Key, LinkKind, Parent, links_of
from sojourn.jql.system import fields_of

MOST = 25
_ALIKE = 8
"""Of how many values of one name each is taken for one; reading all to find the different ones takes a second."""
_KEY = re.compile(r"(.+)-(\d{0,7})")
_NUMBERED = re.compile(r"customfield_(\d+)")


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing: the text that stands for it, what it is shown as, and a word about it."""

    text: str
    shown: str = ""
    detail: str = ""

    @property
    def label(self) -> str:
        """What it is shown as."""
        return self.shown or self.text


def picked(offered: Iterable[Offer], typed: str) -> list[Offer]:
    """Those that begin with what was typed, then those that hold it, in whatever case; a page of them."""
    word = typed.casefold()
    found = [one for one in offered if word in one.label.casefold() or word in one.text.casefold()]
    found.sort(key=lambda one: not (one.text.casefold().startswith(word) or one.label.casefold().startswith(word)))
    return found[:MOST]


def fields(scope: Scope, typed: str, *, is_order: bool) -> list[Offer]:
    """Fields by name; in an order only those that can be sorted by. Second names are offered to who types them."""
    names = system.ALL_NAMES if typed else system.NAMES
    own = [Offer(name) for name in names if not is_order or system.BY_NAME[name.casefold()](scope).order(scope)]
    if not is_order:
        own += [Offer(name, f"{name}[…]", detail) for name, detail in zip(times.NAMES, times.MEANINGS, strict=True)]
        own += [Offer(clock.name, detail="an SLA") for clock in scope.clocks.values()]
    taken = {name.casefold() for name in system.ALL_NAMES}
    others: dict[str, Field] = {}
    for field in fields_of(scope).exclude(type="").order_by(by_bytes("name"), "key"):
        if field.name.casefold() not in taken and typed.casefold() in field.name.casefold():
            others.setdefault(field.name, field)
    custom = [Offer(name, detail=_number(field)) for name, field in others.items()]
    found = picked((*own, *custom), typed)
    return [one for one in found if not is_order or _can_be_sorted_by(scope, one.text)]


def _can_be_sorted_by(scope: Scope, name: str) -> bool:
    try:
        return bool(catalogue.find(scope, Name(name)).order(scope))
    except JqlError:  # two fields share the name, and the first is one that only Jira can answer
        return False


def custom_fields(scope: Scope, typed: str) -> list[Offer]:
    """Custom fields by their number."""
    numbers = {found[1]: field.name for field in fields_of(scope) if (found := _NUMBERED.fullmatch(field.key))}
    return picked((Offer(number, f"{number} {numbers[number]}") for number in sorted(numbers, key=int)), typed)


def _number(field: Field) -> str:
    found = _NUMBERED.fullmatch(field.key)
    return f"cf[{found[1]}]" if found else ""


def of(scope: Scope, meaning: Meaning, typed: str) -> list[Offer]:
    """Values of a field."""
    match meaning:
        case CategoryField(names=names):
            return picked((Offer(name) for name, *_ in names.values()), typed)
        case ProjectField():
            rows = projects(scope).order_by(by_bytes("key")).values_list("key", "name").distinct()
            return picked((Offer(key, f"{key} {name}" if name != key else "") for key, name in rows), typed)
        case ProjectCategory():
            return picked(map(Offer, sorted({name for _, _, name in meaning.known(scope)})), typed)
        case Column(kind=kind):
            unresolved = [Offer("Unresolved")] if kind == "resolution" else []
            return [*picked(unresolved, typed), *values(scope, typed, kind)]
        case Members(kinds=kinds):
            return values(scope, typed, *kinds)
        case LinkKind():
            return links(scope, typed)
        case Key() | Parent():
            return keys(scope, typed)
    return []


def values(scope: Scope, typed: str, *kinds: str) -> list[Offer]:
    """Values of some kinds by name."""
    told = seen.values(Value.objects.all(), scope.asking.sight, kinds)
    known = told.filter(site__in=list(_sites(scope).values_list("pk", flat=True)), kind__in=kinds)
    begins = Case(When(_in_any_case(typed, "istartswith"), then=0), default=1)
    found = known.filter(_in_any_case(typed, "icontains")) if typed else known
    order = [*([begins] if typed else []), by_bytes(Lower("name")), by_bytes("name")]
    names = found.order_by(*order).values_list("name", flat=True)[: _ALIKE * MOST]
    return [Offer(name) for name in islice(dict.fromkeys(names), MOST)]


def _sites(scope: Scope) -> QuerySet[Site]:
    found = seen.sites(scope.asking.sight)
    return found.filter(name__in=scope.asking.sites) if scope.asking.sites else found


def _in_any_case(typed: str, lookup: str) -> Q:
    """SQLite knows capitals only of the letters a to z: others are asked for in each way."""
    found = Q()
    for word in {typed, typed.lower(), typed.upper(), typed.title()} if not typed.isascii() else {typed}:
        found |= Q(**{f"name__{lookup}": word})
    return found


def keys(scope: Scope, typed: str) -> list[Offer]:
    """Work items whose keys begin so, once there is a project and a dash: the few keys that can be are all tried."""
    parts = _KEY.fullmatch(typed.strip().upper())
    if parts is None:
        return []
    project, number = parts.groups()
    numbers = [int(f"{number}{rest}") for width in range(3) for rest in _endings(width) if f"{number}{rest}"]
    found = Issue.objects.filter(
        scope.asking.sight, site__in=list(_sites(scope)), key__in={f"{project}-{one}" for one in numbers}
    )
    rows = found.filter(deleted_ms=None).order_by("key_number", "pk").values_list("key", "summary")[:MOST]
    return [Offer(key, detail=summary) for key, summary in rows]


def _endings(width: int) -> Sequence[str]:
    return [f"{number:0{width}}" for number in range(10**width)] if width else [""]


def links(scope: Scope, typed: str) -> list[Offer]:
    """Kinds of links, as pages of work items say them."""
    kinds = links_of(scope).values_list("description", flat=True).distinct()
    return picked(map(Offer, sorted(set(kinds))), typed)
