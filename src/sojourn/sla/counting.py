"""Counting clocks: the policies of definitions replayed over work items of the store, in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, cast

import numpy as np
from django.db.models import QuerySet

from sojourn.core.sla.batch import Batch, Coded
from sojourn.core.sla.clock import ByHand, Clock, Extension, Reset
from sojourn.core.sla.columns import Clocks, replay
from sojourn.core.sla.due import NEVER_DUE, due_of_clocks, due_of_items
from sojourn.core.sla.happenings import happenings
from sojourn.core.sla.policy import OnFinished, ResetKind
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.history.models import Issue, Site
from sojourn.jql.idset import OneOf
from sojourn.sla import models
from sojourn.sla.gather import Slice, gathered
from sojourn.sla.models import Definition
from sojourn.sla.resolve import OTHER_SLA, Resolved, other_slas, resolved
from sojourn.sla.rules import Rule, Ruled, by_cycle, in_order


@dataclass(frozen=True)
class Counted:
    """The clocks of some work items that one version of a definition decides for.

    `issues` are their numbers in the store, `clocks.item` places among them, and `due` the next instant at which
    something happens to each of them, NEVER_DUE where nothing will. `slice_issues` are all that were looked at: those
    that no version of the definition decides for have no clocks. `batch` holds what was replayed on of all of them.
    """

    definition: Definition
    rule: Rule
    issues: Int64Array
    clocks: Clocks
    due: Int64Array
    slice_issues: Int64Array
    batch: Batch
    ready: Resolved

    def clock(self, place: int) -> Clock:
        """One of the clocks, by itself."""
        return self.clocks.clock(place, self.rule.names)


def count(
    issues: QuerySet[Issue],
    definitions: Sequence[Definition],
    as_of_ms: int,
    threads: int = 1,
    known_ms: int | None = None,
) -> Iterator[list[Counted]]:
    """The clocks of work items as of an instant: for each slice of them, those of each definition.

    The rules are those of now, or those that were published by `known_ms`.
    Errors: Refused and JqlError for a definition that is wrong or listens to itself; UserError for a calendar that is
    not there.
    """
    yield from counted_by(issues, in_order(definitions, known_ms), {one.pk for one in definitions}, as_of_ms, threads)


def count_cycles(issues: QuerySet[Issue], definitions: Sequence[Definition], as_of_ms: int) -> Iterator[list[Counted]]:
    """The same with every cycle as a clock of its own, whatever the cycle rule."""
    order = [by_cycle(one) for one in in_order(definitions)]
    yield from counted_by(issues, order, {one.pk for one in definitions}, as_of_ms)


def counted_by(
    issues: QuerySet[Issue], order: Sequence[Ruled], wanted: set[int], as_of_ms: int, threads: int = 1
) -> Iterator[list[Counted]]:
    """The same under rules in hand: of `order`, each behind those it listens to, the `wanted` definitions."""
    for site in Site.objects.filter(pk__in=issues.order_by().values("site").distinct()).order_by("pk"):
        there = [one for one in order if one.definition.site_id in (None, site.pk)]
        if there:
            yield from _Run(site, there, wanted, as_of_ms, threads).slices(issues)


@dataclass(frozen=True)
class _Run:
    """A count over the work items of one site."""

    site: Site
    order: Sequence[Ruled]
    wanted: set[int]
    as_of_ms: int
    threads: int

    def slices(self, issues: QuerySet[Issue]) -> Iterator[list[Counted]]:
        ready = {
            rule.version.pk: resolved(rule.policy, self.site, self.as_of_ms) for one in self.order for rule in one.rules
        }
        heard = {f"{OTHER_SLA}{number}" for one in self.order for number in other_slas(one.newest.policy)}
        for some in gathered(issues, self.site, ready, self.as_of_ms):
            numbers = [one.definition.pk for one in self.order]
            hands = by_hands(numbers, some.issues, self.as_of_ms)
            whole = generated(numbers, some.issues, self.as_of_ms)
            streams: dict[str, Coded] = {}
            found = []
            for one in self.order:
                number = one.definition.pk
                parts = self._of(one, some, ready, hands.get(number, {}), whole.get(number), streams, heard)
                found += parts if one.definition.pk in self.wanted else []
            yield found

    def _of(
        self,
        one: Ruled,
        some: Slice,
        ready: Mapping[int, Resolved],
        hands: Mapping[int, ByHand],
        whole: Int64Array | None,
        streams: dict[str, Coded],
        heard: set[str],
    ) -> list[Counted]:
        """What each version of a definition decides for; the newest for those that none does."""
        parts, newer = [], list[Rule]()
        undecided = np.ones(len(some.issues), dtype=bool)
        for rule in one.rules:
            own = ready[rule.version.pk]
            batch = some.batch(rule.version.pk, own, hands, streams)
            clocks = replay(own.policy, batch, rule.calendars, self.as_of_ms, self.threads)
            stream = f"{OTHER_SLA}{one.definition.pk}"
            if stream in heard and stream not in streams:
                streams[stream] = happenings(own.policy, batch, clocks, rule.calendars, self.as_of_ms)
            decides = _decided(rule, newer, clocks, len(some.issues), whole) & undecided
            awaits = undecided & ~decides if not newer else np.zeros_like(decides)
            parts.append(self._counted(one.definition, rule, own, batch, clocks, some.issues, decides, awaits))
            undecided &= ~decides
            newer.append(rule)
            if not undecided.any():
                break
        return parts

    def _counted(
        self,
        definition: Definition,
        rule: Rule,
        own: Resolved,
        batch: Batch,
        clocks: Clocks,
        issues: Int64Array,
        decides: BoolArray,
        awaits: BoolArray,
    ) -> Counted:
        due = due_of_items(own.policy, batch, self.as_of_ms)
        chosen = decides | (awaits & (due != NEVER_DUE))
        kept = np.flatnonzero(decides[clocks.item])
        mine = Clocks(*(getattr(clocks, one.name)[kept] for one in fields(Clocks)))
        np.minimum.at(due, mine.item, due_of_clocks(own.policy, mine, rule.calendars, self.as_of_ms))
        place = np.cumsum(chosen) - 1
        columns = [getattr(mine, one.name) for one in fields(Clocks)]
        return Counted(
            definition, rule, issues[chosen], Clocks(place[mine.item], *columns[1:]), due[chosen], issues, batch, own
        )


def _decided(rule: Rule, newer: Sequence[Rule], clocks: Clocks, items: int, whole: Int64Array | None) -> BoolArray:
    """The work items for which a version has a clock that it was published for, and no newer one was."""
    own = _applies(rule, clocks, whole)
    for other in newer:
        own &= ~_applies(other, clocks, whole)
    found = np.zeros(items, dtype=bool)
    found[clocks.item[own]] = True
    return found


def _applies(rule: Rule, clocks: Clocks, whole: Int64Array | None) -> BoolArray:
    """The clocks for which a version was published, or that were asked for since."""
    own = rule.applies(clocks)
    if whole is None or rule.version.published_ms is None:
        return own
    return np.asarray(own | (whole[clocks.item] >= rule.version.published_ms))


def generated(definitions: Sequence[int], issues: Int64Array, as_of_ms: int) -> dict[int, Int64Array]:
    """When somebody last asked that all cycles of each work item be counted, by definition; below zero for never."""
    found: dict[int, Int64Array] = {}
    asked = {"definition__in": definitions, "made_ms__lte": as_of_ms, "undone_ms": None}
    rows = models.Generation.objects.filter(OneOf(issues, "issue_id"), **asked).order_by("made_ms")
    place: dict[int, int] = {}
    for definition, issue, made_ms in rows.values_list("definition_id", "issue_id", "made_ms"):
        place = place or {number: at for at, number in enumerate(issues.tolist())}
        found.setdefault(definition, np.full(len(issues), -1, dtype=np.int64))[place[issue]] = made_ms
    return found


def by_hands(definitions: Sequence[int], issues: Int64Array, as_of_ms: int) -> dict[int, dict[int, ByHand]]:
    """What people did to the clocks of work items by then, by definition and work item."""
    found: dict[int, dict[int, ByHand]] = {}
    known = {"definition__in": definitions, "made_ms__lte": as_of_ms}
    mine = OneOf(issues, "issue_id")
    for row in models.Reset.objects.filter(mine, **known).order_by("made_ms", "pk"):
        own = found.setdefault(row.definition_id, {}).setdefault(row.issue_id, ByHand())
        kind, finished = cast(ResetKind, row.kind), cast(OnFinished, row.finished)
        reset = Reset(row.at_ms, row.made_ms, row.who, row.why, kind, finished, row.undone_ms)
        found[row.definition_id][row.issue_id] = ByHand((*own.resets, reset), own.extensions)
    for one in models.Extension.objects.filter(mine, **known).order_by("made_ms", "pk"):
        own = found.setdefault(one.definition_id, {}).setdefault(one.issue_id, ByHand())
        basis = cast(Literal["target", "now"], one.basis)
        extension = Extension(one.by_ms, one.made_ms, one.who, one.why, basis, one.undone_ms)
        found[one.definition_id][one.issue_id] = ByHand(own.resets, (*own.extensions, extension))
    return found
