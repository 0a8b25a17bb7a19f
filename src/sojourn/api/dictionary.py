"""`/projects`, `/statuses`, `/values`: what the store has names for."""

from django.db.models import F, QuerySet
from django.http import HttpRequest
from ninja import Router, Schema

from sojourn.api.security import need, sight_of
from sojourn.errors import Refused
from sojourn.history import read, seen
from sojourn.history.models import Value

router = Router(tags=["work items"])


class ProjectOut(Schema):
    """A project as Jira names it now; ids are unique within a site."""

    id: str
    key: str
    name: str
    site: str


class ValueOut(Schema):
    """A value a field can take, by its id in Jira, with its present name.

    `category` is that of a status: new, indeterminate, done, or empty where it is not known.
    """

    id: str
    name: str
    category: str
    deleted: bool
    site: str


@router.get(
    "/projects",
    auth=need("read"),
    response=dict[str, list[ProjectOut]],
    operation_id="projects",
    summary="The projects",
)
def projects(request: HttpRequest) -> dict[str, list[dict[str, str]]]:
    """The projects of which you see a work item, by key."""
    found = seen.projects(sight_of(request)).order_by("key", "site__name")
    rows = found.values("key", "name", jira=F("jira_id"), of=F("site__name"))
    return {
        "projects": [{"id": row["jira"], "key": row["key"], "name": row["name"], "site": row["of"]} for row in rows]
    }


@router.get(
    "/statuses", auth=need("read"), response=dict[str, list[ValueOut]], operation_id="statuses", summary="The statuses"
)
def statuses(request: HttpRequest) -> dict[str, list[ValueOut]]:
    """The statuses of the sites of which you see a work item, by name."""
    found = Value.objects.filter(kind="status")
    return {"statuses": _values(seen.values(found, sight_of(request), ["status"]))}


@router.get(
    "/values",
    auth=need("read"),
    response=dict[str, list[ValueOut]],
    operation_id="values",
    summary="The values of a field",
)
def values(request: HttpRequest, field: str, site: str = "") -> dict[str, list[ValueOut]]:
    """The values a tracked field took, by name; of a field of people, everybody who is known.

    Those of statuses, types, priorities, resolutions and people are told where you see a work item of the site, any
    other where you see one that has or had it.
    """
    sight = sight_of(request)
    tracked = read.names_of_fields(seen.fields(sight))
    if field not in tracked:
        raise Refused("field", f"{field!r:.60} is not tracked; there are: {', '.join(tracked)}")
    found = read.values_of(field, [site] if site else [])
    return {"values": _values(seen.values(found, sight, [read.dictionary_of(field)]))}


def _values(found: QuerySet[Value]) -> list[ValueOut]:
    return [
        ValueOut(id=one.key, name=one.name, category=one.category, deleted=one.deleted, site=one.site.name)
        for one in found.select_related("site").order_by("name", "key", "site__name")
    ]
