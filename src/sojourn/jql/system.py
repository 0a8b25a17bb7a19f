"""Jira's own fields: what the store can answer of them, and what it cannot."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import F, QuerySet

from sojourn.history import seen
from sojourn.history.models import Field
from sojourn.jql import functions as own
from sojourn.jql.asking import Meaning, Scope
from sojourn.jql.choices import EQUALITY, CategoryField, Column, Members, Ordered, ProjectCategory, ProjectField
from sojourn.jql.items import Key, LinkKind, Parent
from sojourn.jql.plain import (
    CustomMoment,
    Day,
    Moment,
    Number,
    Seconds,
)
from sojourn.jql.texts import Words
from sojourn.jql.within import NumberWithin, TextWithin

CATEGORIES = {"new": ("To Do", "2"), "indeterminate": ("In Progress", "4"), "done": ("Done", "3")}

Maker = Callable[[Scope], Meaning]


def fields_of(scope: Scope) -> QuerySet[Field]:
    """The fields of the sites that are asked for."""
    found = seen.fields(scope.asking.sight)
    return found.filter(site__name__in=scope.asking.sites) if scope.asking.sites else found


def _members(
    name: str, keys: Iterable[str], kinds: tuple[str, ...], history: str | None = None, functions: Any = None
) -> Maker:
    def make(scope: Scope) -> Meaning:
        numbers = frozenset(fields_of(scope).filter(key__in=keys).values_list("pk", flat=True))
        return Members(name, history, functions or {}, fields=numbers, kinds=kinds)

    return make


def _sprint(scope: Scope) -> Meaning:
    numbers = frozenset(fields_of(scope).filter(type="sprint_member").values_list("pk", flat=True))
    return Members("sprint", "sprint", own.SPRINTS, fields=numbers, kinds=("sprint_member",))


def _fixed(meaning: Meaning) -> Maker:
    return lambda _: meaning


def _column(name: str, kind: str, functions: Any = None, of: type[Column] = Column) -> Maker:
    return _fixed(of(name, name, functions or {}, column=f"{name}_id", kind=kind))


_SYSTEM: dict[tuple[str, ...], Maker] = {
    ("project",): _fixed(ProjectField("project", "project", own.PROJECTS, column="project_id")),
    ("category",): _fixed(ProjectCategory("category", column="project_id")),
    ("issuetype", "type"): _column("issuetype", "issuetype", own.TYPES),
    ("status",): _column("status", "status"),
    ("statusCategory",): _fixed(CategoryField("statusCategory", column="status_id", kind="status", names=CATEGORIES)),
    ("assignee",): _column("assignee", "user", own.USERS),
    ("reporter",): _column("reporter", "user", own.USERS),
    ("creator",): _members("creator", ["creator"], ("user",), functions=own.USERS),
    ("priority",): _column("priority", "priority", of=Ordered),
    ("resolution",): _fixed(
        Column("resolution", "resolution", nothing="unresolved", column="resolution_id", kind="resolution")
    ),
    ("labels",): _members("labels", ["labels"], ("label",)),
    ("component",): _members("component", ["components"], ("component",)),
    ("fixVersion",): _members("fixVersion", ["fixVersions"], ("version",), "fixVersions", own.VERSIONS),
    ("affectedVersion",): _members("affectedVersion", ["versions"], ("version",), None, own.VERSIONS),
    ("level",): _members("level", ["security"], ("security",)),
    ("sprint",): _sprint,
    ("created", "createdDate"): _fixed(Moment("created", F("created_ms"))),
    ("updated", "updatedDate"): _fixed(Moment("updated", F("updated_ms"))),
    ("resolved", "resolutionDate"): _fixed(Moment("resolved", F("resolved_ms"))),
    ("due", "dueDate"): _fixed(Day("due", F("due"), "duedate")),
    ("key", "issueKey", "issue", "id"): _fixed(Key("issue")),
    ("parent",): _fixed(Parent("parent", operators=EQUALITY)),
    ("issueLinkType",): _fixed(LinkKind("issueLinkType", operators=EQUALITY)),
    ("statusCategoryChangedDate",): _fixed(
        CustomMoment("statusCategoryChangedDate", TextWithin("statuscategorychangedate"))
    ),
    ("votes",): _fixed(Number("votes", NumberWithin("votes", "votes"))),
    ("watchers",): _fixed(Number("watchers", NumberWithin("watches", "watchCount"))),
    ("workRatio",): _fixed(Number("workRatio", NumberWithin("workratio"))),
    ("originalEstimate", "timeOriginalEstimate"): _fixed(
        Seconds("originalEstimate", NumberWithin("timeoriginalestimate"))
    ),
    ("remainingEstimate", "timeEstimate"): _fixed(Seconds("remainingEstimate", NumberWithin("timeestimate"))),
    ("timeSpent",): _fixed(Seconds("timeSpent", NumberWithin("timespent"))),
    ("summary",): _fixed(Words("summary", ("summary",))),
    ("description",): _fixed(Words("description", ("description",))),
    ("environment",): _fixed(Words("environment", ("environment",))),
    ("comment",): _fixed(Words("comment", ("comment",))),
    ("text",): _fixed(Words("text", ("summary", "description", "environment", "comment"))),
}
BY_NAME: dict[str, Maker] = {name.casefold(): maker for names, maker in _SYSTEM.items() for name in names}
NAMES = tuple(names[0] for names in _SYSTEM)
"""Jira's own fields, by their first name."""

ALL_NAMES = tuple(name for names in _SYSTEM for name in names)
"""All names of Jira's own fields."""

JIRA_ONLY = {
    "filter": "saved filters stay in Jira; put the query of the filter here",
    "savedfilter": "saved filters stay in Jira; put the query of the filter here",
    "searchrequest": "saved filters stay in Jira; put the query of the filter here",
    "request": "saved filters stay in Jira; put the query of the filter here",
    "voter": "the store does not know who has voted",
    "watcher": "the store does not know who watches",
    "attachments": "the store holds no attachments",
    "lastviewed": "the store does not know what somebody has looked at",
    "worklogauthor": "the store holds no work logs",
    "worklogdate": "the store holds no work logs",
    "worklogcomment": "the store holds no work logs",
    "approvals": "the store does not know approvals",
    "development": "the store knows nothing of commits and branches",
    "issuefunction": "it belongs to another app, ScriptRunner",
    "hierarchylevel": "the store does not know levels of issue types",
}
