"""The rules that hold: definitions with their published versions, policies and calendars, in the order of counting."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from graphlib import CycleError, TopologicalSorter

import numpy as np
import orjson

from sojourn.calendars import store
from sojourn.core.calendar import Calendar
from sojourn.core.sla.batch import NONE
from sojourn.core.sla.columns import Clocks
from sojourn.core.sla.parse import read_policy
from sojourn.core.sla.policy import Policy
from sojourn.core.timeline import NO_END, BoolArray
from sojourn.errors import Refused, UserError
from sojourn.sla.models import AppliesTo, Definition, Version
from sojourn.sla.resolve import other_slas


@dataclass(frozen=True)
class Rule:
    """One version of an SLA: its policy, and the calendars it may be measured by, by name."""

    version: Version
    policy: Policy
    calendars: Mapping[str, Calendar]

    @property
    def names(self) -> list[str]:
        """The names of the calendars, in the order of their numbers in clocks."""
        return sorted(self.calendars)

    def applies(self, clocks: Clocks) -> BoolArray:
        """The clocks for which the version was published (docs/semantics.md 30)."""
        published_ms = self.version.published_ms
        if published_ms is None or self.version.applies_to == AppliesTo.ALL:
            return np.ones(len(clocks), dtype=bool)
        if self.version.applies_to == AppliesTo.OPEN:
            return np.asarray(np.where(clocks.end == NONE, NO_END, clocks.end) >= published_ms)
        return np.greater_equal(clocks.start, published_ms)


@dataclass(frozen=True)
class Ruled:
    """A definition with the rules that may decide for a work item, the newest first."""

    definition: Definition
    rules: Sequence[Rule]

    @property
    def newest(self) -> Rule:
        """The rule that holds for what begins now."""
        return self.rules[0]


def by_cycle(one: Ruled) -> Ruled:
    """The same definition where every cycle is a clock of its own, whatever the cycle rule."""
    rules = [replace(rule, policy=replace(rule.policy, cycles="each")) for rule in one.rules]
    return replace(one, rules=rules)


def in_force(definitions: Iterable[Definition] | None = None) -> list[Definition]:
    """The definitions that are published, enabled and not removed: all of them, or those of the given ones."""
    found = Definition.objects.filter(enabled=True, removed_ms=None).exclude(published=None).order_by("pk")
    if definitions is not None:
        found = found.filter(pk__in=[one.pk for one in definitions])
    return list(found.select_related("published"))


def ruled(definition: Definition, known_ms: int | None = None) -> Ruled | None:
    """A definition with its rules, of now or as they were known at an instant; None where there were none.

    Errors: Refused for a policy that is wrong, or a calendar that is not there.
    """
    rules = []
    found = definition.versions.exclude(published_ms=None).order_by("-published_ms", "-number")
    found = found if known_ms is None else found.filter(published_ms__lte=known_ms)
    for version in found:
        rules.append(rule(version))
        if version.applies_to == AppliesTo.ALL:
            break
    return Ruled(definition, rules) if rules else None


Finder = Callable[[str], Calendar]


def rule(version: Version, find: Finder | None = None) -> Rule:
    """A version as a rule, published or not; `find` may keep calendars for several rules. Errors as of `ruled`."""
    policy = _policy(orjson.dumps(version.policy))
    return Rule(version, policy, calendars_of(policy, find))


@lru_cache(maxsize=1024)
def _policy(text: bytes) -> Policy:
    return read_policy(orjson.loads(text))


def calendars_of(policy: Policy, find: Finder | None = None) -> dict[str, Calendar]:
    """The calendars that a policy may measure by; raises Refused, at the goal, for one that is not there."""
    find = find or each_once()
    named = _named(policy, find)
    if any(goal.calendar_field for goal in policy.goals):
        named += store.names()
    return {name: find(name) for name in named}


def each_once() -> Finder:
    """Finds calendars as they are now, and reads each of them once."""
    return cache(calendar)


def _named(policy: Policy, find: Finder) -> list[str]:
    known = []
    for place, goal in enumerate(policy.goals):
        try:
            find(goal.calendar)
        except UserError as error:
            raise Refused(f"goals[{place}].calendar", str(error)) from None
        known.append(goal.calendar)
    return known


def calendar(name: str) -> Calendar:
    """The calendar of a name as it is now; what was compiled of it is kept. Errors: UserError where there is none."""
    return _calendar(orjson.dumps(store.whole(name), option=orjson.OPT_SORT_KEYS))


@lru_cache(maxsize=64)
def _calendar(text: bytes) -> Calendar:
    return Calendar.from_json(orjson.loads(text))


def in_order(definitions: Sequence[Definition], known_ms: int | None = None) -> list[Ruled]:
    """The definitions with their rules (`ruled`), and those whose events they listen to before them.

    Raises Refused where they listen to each other in a circle.
    """
    found: dict[int, Ruled] = {}
    listening: dict[int, set[int]] = {}
    waiting = list(definitions)
    while waiting:
        one = ruled(waiting.pop(), known_ms)
        if one is None:
            continue
        found[one.definition.pk] = one
        others = other_slas(one.newest.policy)
        listening[one.definition.pk] = others
        new = others - found.keys() - {other.pk for other in waiting}
        waiting += in_force(Definition.objects.filter(pk__in=new)) if new else []
    try:
        order = list(TopologicalSorter(listening).static_order())
    except CycleError as error:
        circle = " → ".join(f"sla:{number}" for number in error.args[1])
        raise Refused("event", f"the SLAs listen to each other in a circle: {circle}") from None
    return [found[number] for number in order if number in found]
