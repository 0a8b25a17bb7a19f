"""Functions that stand for values of a field."""

from sojourn.history.models import IssueValue
from sojourn.jql.asking import Index, Scope
from sojourn.jql.ast import Function
from sojourn.jql.ast import Value as Literal
from sojourn.jql.choices import Choice, Chosen, Column, FieldFunction, ProjectField, projects, unanswered, values


def current_user(scope: Scope, choice: Choice, function: Function) -> Chosen:
    """Who asks."""
    if scope.asking.user is None:
        raise scope.wrong(function, "it is not known who asks", "write the name or the account id instead")
    index = choice.index(scope)
    found = index.with_key(scope.asking.user) or index.called(scope.asking.user)
    if not found:
        scope.warn(function, f"{scope.asking.user!r:.60} is in no history")
    return Chosen(found)


def members_of(scope: Scope, choice: Choice, function: Function) -> Chosen:
    """The members of a group, which the store does not know."""
    raise unanswered(scope, function, choice.name, ())


def of_category(category: str) -> FieldFunction:
    """A function that stands for the values of a category."""

    def called(scope: Scope, choice: Choice, function: Function) -> Chosen:
        kinds = (choice.kind,) if isinstance(choice, Column) else ("sprint_member",)
        return Chosen(frozenset(values(scope, *kinds).filter(category=category).values_list("pk", flat=True)))

    return called


def versions(category: str) -> FieldFunction:
    """A function that stands for the versions of a category, or for those seen on work items of the projects named."""

    def called(scope: Scope, choice: Choice, function: Function) -> Chosen:
        found = values(scope, "version").filter(category=category)
        if function.arguments:
            wanted = [number for one in function.arguments for number in PROJECT.chosen(scope, one).numbers]
            found = found.filter(pk__in=IssueValue.objects.filter(issue__project__in=wanted).values("value"))
        return Chosen(frozenset(found.values_list("pk", flat=True)))

    return called


def projects_lead_by(scope: Scope, choice: Choice, function: Function) -> Chosen:
    """The projects that somebody leads: who asks, where nobody is named."""
    leads = set(projects(scope).exclude(lead="").values_list("lead", flat=True))
    if not leads:
        raise scope.wrong(function, "the store does not know who leads the projects")
    node = function.arguments[0] if function.arguments else function
    named = node.text if isinstance(node, Literal) else scope.asking.user
    if named is None:
        raise scope.wrong(function, "it is not known who asks", "write projectsLeadByUser(name)")
    users = values(scope, "user").values_list("key", "key", "name")
    people = Index([*users, *((lead, lead, lead) for lead in leads)])
    found = (node is function and people.with_key(named)) or people.called(named)
    if not found:
        scope.missing(node, f"there is nobody called {named!r:.60}", named, people.names)
    return Chosen(frozenset(projects(scope).filter(lead__in=found).values_list("pk", flat=True)))


PROJECT = ProjectField("project", column="project_id")
USERS = {"currentuser": current_user, "membersof": members_of}
VERSIONS = {"releasedversions": versions("released"), "unreleasedversions": versions("unreleased")}
SPRINTS = {
    f"{state}sprints": of_category(kind)
    for state, kind in (("open", "active"), ("closed", "closed"), ("future", "future"))
}
TYPES = {"standardissuetypes": of_category("standard"), "subtaskissuetypes": of_category("subtask")}
PROJECTS = {"projectsleadbyuser": projects_lead_by}
