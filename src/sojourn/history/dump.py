"""The store in a canonical form: sorted, without the numbers the store gives to values and versions."""

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sojourn.core.flags import Flag
from sojourn.history.collation import by_bytes
from sojourn.history.models import Field, Issue, IssueValue, Site, Timeline, Value
from sojourn.history.packing import EMPTY, unpack
from sojourn.history.record import DECLARED
from sojourn.history.write import PRESENT

_VALUE = ("kind", "key", "name", "category", "deleted")


def lines(*, with_gone: bool = True) -> Iterator[str]:
    """One JSON line a site, a value and a work item, sites by name, values by kind and key, work items by Jira id.

    The same history gives the same lines in whatever order, and however often, it was written. Without what is gone,
    it is what a Jira tells now: work items that are gone are left out, with the values that only they had and the names
    of deleted values.
    """
    for site in sorted(Site.objects.all(), key=lambda site: site.name):
        yield _line({"site": site.name})
        values = {value.pk: value for value in Value.objects.filter(site=site)}
        shown = values.values() if with_gone else _in_use(site, values)
        for value in sorted(shown, key=lambda value: (value.kind, value.key)):
            # What a deleted value was called last is known only to who saw it.
            names = ("kind", "key", "deleted") if value.deleted and not with_gone else _VALUE
            yield _line({name: getattr(value, name) for name in names})
        fields = dict(Field.objects.filter(site=site).values_list("id", "key"))
        keys: dict[int | None, str | None] = {
            EMPTY: None,
            None: None,
            **{pk: value.key for pk, value in values.items()},
        }
        yield from _issues(site, fields, keys, with_gone=with_gone)


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _in_use(site: Site, values: dict[int, Value]) -> list[Value]:
    """The values that a work item that is there has or had, and those in a list of all that exist now."""
    there = Issue.objects.filter(site=site, deleted_ms=None)
    used: set[int | None] = {pk for pk, value in values.items() if value.name_rank == DECLARED and not value.deleted}
    used.update(number for row in there.values_list(*(f"{name}_id" for name in PRESENT)).iterator() for number in row)
    used.update(IssueValue.objects.filter(issue__in=there).values_list("value_id", flat=True).distinct())
    lines = Timeline.objects.filter(issue__in=there).values_list("value", "author").iterator(chunk_size=1000)
    used.update(number for line in lines for numbers in line for number in unpack([bytes(numbers)]).tolist())
    return [value for pk, value in values.items() if pk in used]


def _issues(
    site: Site, fields: dict[int, str], keys: dict[int | None, str | None], *, with_gone: bool
) -> Iterator[str]:
    rows = (
        Timeline.objects.filter(issue__site=site)
        .order_by(by_bytes("issue__jira_id"))
        .values_list("issue__jira_id", "field_id", "at", "value", "author", "flags")
        .iterator(chunk_size=1000)
    )
    grouped = groupby(rows, key=itemgetter(0))
    owner, group = next(grouped, (None, iter(())))
    issues = Issue.objects.filter(site=site).select_related("project").order_by(by_bytes("jira_id"))
    for issue in issues.iterator(chunk_size=1000):
        timelines = {}
        if owner == issue.jira_id:
            timelines = {fields[row[1]]: _timeline(row, keys) for row in group}
            owner, group = next(grouped, (None, iter(())))
        if with_gone or issue.deleted_ms is None:
            yield _line(_issue(issue, keys, timelines))


def _issue(issue: Issue, keys: dict[int | None, str | None], timelines: dict[str, Any]) -> dict[str, Any]:
    names = ("jira_id", "key", "created_ms", "updated_ms", "resolved_ms", "deleted_ms", "summary")
    return {
        **{name: getattr(issue, name) for name in names},
        # Those with a column are told by id: names are labels, and change without their work items.
        "fields": {name: value for name, value in issue.fields.items() if name not in (*PRESENT, "project")},
        **{name: keys[getattr(issue, f"{name}_id")] for name in PRESENT},
        "project": issue.project.key,
        "due": issue.due.isoformat() if issue.due else None,
        "flags": Flag(issue.flags).names,
        "timelines": timelines,
    }


def _timeline(row: tuple[Any, ...], keys: dict[int | None, str | None]) -> dict[str, Any]:
    _, _, at, value, author, flags = row
    return {
        "at": unpack([bytes(at)]).tolist(),
        "value": [keys[number] for number in unpack([bytes(value)]).tolist()],
        "author": [keys[number] for number in unpack([bytes(author)]).tolist()],
        "flags": Flag(flags).names,
    }
