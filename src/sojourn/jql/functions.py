"""Functions that stand for values of a field."""

from dataclasses import dataclass

from sojourn.history.models import IssueValue
from sojourn.jql.asking import Scope
from sojourn.jql.ast import Function, Node
from sojourn.jql.choices import Choice, Chosen, Column, FieldFunction, projects, unanswered, values


def current_user(scope: Scope, choice: Choice, function: Function) -> Chosen:
    """Who asks."""
    if scope.asking.user is None:
        raise scope.wrong(function, "it is not known who asks", "write the name or the account id instead")
    return choice.named(scope, function, scope.asking.user)


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
            words = {argument.text.casefold() for argument in function.arguments}
            wanted = [
                one.pk for one in projects(scope) if words & {one.key.casefold(), one.name.casefold(), one.jira_id}
            ]
            if not wanted:
                first = function.arguments[0]
                known = projects(scope).values_list("key", flat=True)
                scope.missing(first, f"there is no project {first.text!r:.60}", first.text, known)
            found = found.filter(pk__in=IssueValue.objects.filter(issue__project__in=wanted).values("value"))
        return Chosen(frozenset(found.values_list("pk", flat=True)))

    return called


def projects_lead_by(scope: Scope, choice: Choice, function: Function) -> Chosen:
    """The projects that somebody leads: who asks, where nobody is named."""
    named = function.arguments[0].text if function.arguments else scope.asking.user
    if named is None:
        raise scope.wrong(function, "it is not known who asks", "write projectsLeadByUser(name)")
    word = named.casefold()
    people = values(scope, "user").values_list("key", "name")
    keys = {key for key, name in people if word in (key.casefold(), name.casefold())}
    found = projects(scope).filter(lead__in=keys).values_list("pk", flat=True)
    if not projects(scope).exclude(lead="").exists():
        raise scope.wrong(function, "the store does not know who leads the projects")
    return Chosen(frozenset(found))


@dataclass(frozen=True)
class Resolution(Column):
    """The resolution; `Unresolved` is to have none."""

    def named(self, scope: Scope, node: Node, text: str) -> Chosen:
        if text.casefold() == "unresolved":
            return Chosen(empty=True)
        return super().named(scope, node, text)


USERS = {"currentuser": current_user, "membersof": members_of}
VERSIONS = {"releasedversions": versions("released"), "unreleasedversions": versions("unreleased")}
SPRINTS = {
    f"{state}sprints": of_category(kind)
    for state, kind in (("open", "active"), ("closed", "closed"), ("future", "future"))
}
TYPES = {"standardissuetypes": of_category("standard"), "subtaskissuetypes": of_category("subtask")}
PROJECTS = {"projectsleadbyuser": projects_lead_by}
