"""What a reader may be told of, where only some work items are to be seen.

A sight is a condition on work items, `Issue.objects.filter(sight)`; the empty one holds for all. What it says of work
items decides what else is told: a site or a project is told of where one of its work items is seen. The names of a
site's fields, statuses, types, priorities, resolutions and people belong to the site; any other value is told of where
a work item that is seen has it or had it (docs/semantics.md 33).
"""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from sojourn.history import read
from sojourn.history.models import Field, Issue, IssueValue, Project, Site, Value

EVERYTHING = Q()
"""The sight of who may see all work items."""

NOTHING = Q(pk__in=())
"""The sight of who may see none."""

OF_THE_SITE = frozenset({"status", "issuetype", "priority", "resolution", "user"})
"""Kinds of values whose names belong to the site."""

OF_OTHERS = frozenset({"parent", "subtasks", "issuelinks"})
"""Parts of a work item's fields that tell of other work items."""


def sites(sight: Q) -> QuerySet[Site]:
    """The sites of which a work item is seen."""
    found = Site.objects.all()
    return found.filter(Exists(Issue.objects.filter(sight, site=OuterRef("pk")))) if sight else found


def projects(sight: Q) -> QuerySet[Project]:
    """The projects of which a work item is seen."""
    found = Project.objects.all()
    return found.filter(Exists(Issue.objects.filter(sight, project=OuterRef("pk")))) if sight else found


def fields(sight: Q) -> QuerySet[Field]:
    """The fields of the sites of which a work item is seen."""
    found = Field.objects.all()
    return found.filter(site__in=list(sites(sight).values_list("pk", flat=True))) if sight else found


def values(found: QuerySet[Value], sight: Q, kinds: Iterable[str]) -> QuerySet[Value]:
    """Those of some values, which are of these kinds, that a reader is told of."""
    if not sight:
        return found
    own = set(kinds) - OF_THE_SITE
    told = Q(kind__in=OF_THE_SITE, site__in=list(sites(sight).values_list("pk", flat=True)))
    if own:
        issues = Issue.objects.filter(sight)
        told |= Q(Exists(IssueValue.objects.filter(value=OuterRef("pk"), issue__in=issues.values("pk"))))
        tracked = [key for key in read.names_of_fields() if read.dictionary_of(key) in own]
        told |= Q(pk__in=set[int]().union(*(read.values_used(issues, key) for key in tracked)))
    return found.filter(told)
