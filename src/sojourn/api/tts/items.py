"""Work items as the services name them, and what SLAs show of them: all that is told of any goes through here."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet

from sojourn.api.security import sight_of
from sojourn.api.tts.calls import Call, Said, number_of
from sojourn.api.tts.definitions import SLA, missing
from sojourn.api.tts.naming import Names, keys_of
from sojourn.api.tts.shapes import Told
from sojourn.core.sla.policy import Policy
from sojourn.errors import UserError
from sojourn.history.models import Field, Issue, Value
from sojourn.sla import definitions
from sojourn.sla.checks import STATUS
from sojourn.sla.clocks import Face, shown
from sojourn.sla.definitions import Missing
from sojourn.sla.models import Clock, Definition
from sojourn.sla.rules import rule


def visible(call: Call) -> QuerySet[Issue]:
    """The work items that who asks may see: the one place where that is decided for these services."""
    return Issue.objects.filter(sight_of(call.request), deleted_ms=None)


def found(call: Call) -> Issue | None:
    """The work item of the key or id in the address; None where there is none, or none to be seen.

    Raises UserError where several sites have one: then `site` names it.
    """
    key, site = call.given["key"], call.query.get("site")
    there = visible(call).filter(Q(jira_id=key) if key.isdecimal() else Q(key=key)).select_related("site")
    there = there.filter(site__name=site) if site else there
    alike = list(there.order_by("pk")[:2])
    if len(alike) > 1:
        sites = " and ".join(one.site.name for one in alike)
        raise UserError(f"several sites have {key:.60}, such as {sites}; name one with the parameter site")
    return alike[0] if alike else None


def find(call: Call) -> Issue:
    """The same; raises Said 404 where there is none."""
    one = found(call)
    if one is None:
        raise Said(404, {"message": f'Issue with given key "{call.given["key"]}" could not be found.'})
    return one


def wanted(call: Call) -> Definition | None:
    """The SLA that the parameter `slaId` names, None without it; raises UserError where there is no such one."""
    given = call.query.get("slaId")
    if given is None:
        return None
    number = number_of(given, SLA)
    try:
        one = definitions.find(number)
    except Missing:
        raise missing(number) from None
    if one.published is None:
        raise missing(number)
    return one


def told(issues: Sequence[Issue], definition: Definition | None, as_of_ms: int) -> Iterator[tuple[Issue, Told]]:
    """What the SLAs in force, or one of them, show of work items, item after item, by the SLAs' numbers."""
    rows = Clock.objects.filter(issue__in=issues, definition__enabled=True, definition__removed_ms=None)
    rows = rows.select_related("version", "definition").order_by("definition")
    faces = list(shown(rows.filter(definition=definition) if definition else rows, as_of_ms))
    names = _Naming([face.rule.policy for face in faces])
    by_issue: dict[int, list[Face]] = {}
    for face in faces:
        by_issue.setdefault(face.issue_id, []).append(face)
    for issue in issues:
        for face in by_issue.get(issue.pk, []):
            yield issue, _told(face, names.of(issue.site_id))


def untold(issue: Issue, definition: Definition, as_of_ms: int) -> Told:
    """What an SLA shows of a work item where nothing of it ever started."""
    if definition.published is None:
        raise missing(definition.pk)
    own = rule(definition.published)
    names = _Naming([own.policy]).of(issue.site_id)
    return Told(definition.pk, definition.name, own.policy, own.calendars, None, as_of_ms, names)


def _told(face: Face, names: Names) -> Told:
    clock = face.clocks[-1] if face.clocks else None
    own = face.rule
    return Told(face.definition_id, own.version.name, own.policy, own.calendars, clock, face.as_of_ms, names)


class _Naming:
    """What sites call their statuses, and the fields that some policies ask for."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._keys = {key for policy in policies for key in keys_of(policy)}
        self._known: dict[int, Names] = {}

    def of(self, site: int) -> Names:
        """The names of a site, asked for once."""
        if site not in self._known:
            statuses = Value.objects.filter(site=site, kind=STATUS).values_list("key", "name")
            fields = Field.objects.filter(site=site, key__in=self._keys).values_list("key", "name")
            self._known[site] = Names(dict(statuses), dict(fields) if self._keys else {})
        return self._known[site]
