"""Definitions as clients of the Time to SLA services write them, and the policies they mean (docs/rest-time-to-sla.md).

Statuses, fields, priorities and calendars are numbers there, and the name of an SLA is its description.
"""

from collections.abc import Iterator
from typing import Any as Anything

from django.db import transaction

from sojourn.core.duration_parse import parse_duration
from sojourn.core.sla.conditions import NEVER, Any, Changed, Condition, Entered, Ids, Is, Left, Reached
from sojourn.core.sla.policy import BUSINESS_END, Duration, Goal, NegotiationDate, Policy, Target
from sojourn.core.sla.write import write_policy
from sojourn.errors import Refused
from sojourn.history.models import Field, Value
from sojourn.jql.errors import JqlError
from sojourn.jql.quoting import quoted
from sojourn.sla import definitions
from sojourn.sla.calendar_ids import ALWAYS_ID, calendar_name
from sojourn.sla.checks import STATUS, check_query, unknown_statuses
from sojourn.sla.definitions import By, Draft, Missing
from sojourn.sla.legacy_fields import FAILED, FIELDS, Given, NotSaved, read_fields, refused
from sojourn.sla.models import AppliesTo, Definition, Version

_SYSTEM_DATES = ("duedate", "created", "updated", "resolutiondate")
_CUSTOM = "customfield_"


def read(value: Anything, at_ms: int) -> Draft:
    """The draft that a definition means. Raises NotSaved for what is wrong, or not there."""
    given = read_fields(value)
    used = {*given.get("originStatusId", []), *given.get("targetStatusId", []), *given["pauseSlaArray"]}
    unknown = unknown_statuses(_ids(used), None)
    if unknown:
        raise NotSaved(f"Status validation error. [{', '.join(unknown)}] no such status.")
    policy = Policy(
        start=_start(given),
        stop=_stop(given),
        pause=Is(STATUS, _ids(given["pauseSlaArray"])) if given["pauseSlaArray"] else NEVER,
        cancel=Left(STATUS, _ids(given["originStatusId"])) if _is_direct(given) else NEVER,
        goals=(Goal(_target(given), _calendar_of(given)),),
        scope=_scope(given, at_ms),
        cycles="first" if given.get("onlyFirstExecution") else "all",
    )
    return Draft(given["description"], write_policy(policy), given)


def _ids(numbers: Anything) -> Ids:
    return frozenset(map(str, numbers))


def _is_direct(given: Given) -> bool:
    """Whether only a direct transition from an origin to a target counts; dates are reached by no transition."""
    by_date = given.get("slaStartDateField") or given.get("slaEndDateField")
    return not given.get("multipleTransition") and not by_date


def _start(given: Given) -> Condition:
    return _either(_reached(given, "slaStartDateField"), _entered(given, "originStatusId"))


def _stop(given: Given) -> Condition:
    if _is_direct(given):
        return Changed(STATUS, _ids(given["originStatusId"]), _ids(given["targetStatusId"]))
    return _either(_reached(given, "slaEndDateField"), _entered(given, "targetStatusId"))


def _either(*conditions: Condition | None) -> Condition:
    parts = tuple(one for one in conditions if one is not None)
    return parts[0] if len(parts) == 1 else Any(parts)


def _reached(given: Given, key: str) -> Condition | None:
    return Reached(f"{_CUSTOM}{given[key]}") if key in given else None


def _entered(given: Given, key: str) -> Condition | None:
    return Entered(STATUS, _ids(given[key])) if key in given else None


def _target(given: Given) -> Target:
    duration = given.get("slaValueAsTimeString")
    if duration:
        try:
            parse_duration(duration)
        except Refused as error:
            raise refused("slaValueAsTimeString", error.problem) from None
        return Duration(duration)
    number, key = given.get("slaNegotiationDateFieldId"), given.get("slaNegotiationDateIssueFieldKey")
    field = key or f"{_CUSTOM}{number}"
    if key and key not in _SYSTEM_DATES and not key.startswith(_CUSTOM):
        known = ", ".join(_SYSTEM_DATES)
        raise refused("slaNegotiationDateIssueFieldKey", f"{key!r:.60} is no date; there are: {known}")
    is_date = field == "duedate" or Field.objects.filter(key=field, type="date").exists()
    return NegotiationDate(field, BUSINESS_END if is_date else None)


def _calendar_of(given: Given) -> str:
    number = given.get("workingTimeId", ALWAYS_ID)
    name = calendar_name(number)
    if name is None:
        raise NotSaved(f"{FAILED}Calendar not exists: {number}")
    return name


def _scope(given: Given, at_ms: int) -> str:
    jql, priority = given["jqlString"], given.get("priorityId")
    try:
        check_query(jql, None, at_ms)
    except JqlError as error:
        raise refused("jqlString", error.problem) from None
    if priority is None:
        return str(jql)
    if not Value.objects.filter(kind="priority", key=priority).exists():
        raise NotSaved(f"Priority validation error. [{priority}] no such priority.")
    asked = f"priority = {quoted(priority)}"
    return f"({jql}) AND {asked}" if jql else asked


@transaction.atomic
def save(value: Anything, by: By) -> int:
    """Save a definition and publish it for new and open cycles; returns its number. Raises NotSaved."""
    made = definitions.create(read(value, by.at_ms), by)
    definitions.publish(made.definition_id, made.number, AppliesTo.OPEN, by)
    return made.definition_id


@transaction.atomic
def update(number: int, value: Anything, by: By) -> None:
    """Say something else from now on, for new and open cycles; raises Missing, NotSaved."""
    find(number)
    made = definitions.save(number, read(value, by.at_ms), by)
    definitions.publish(number, made.number, AppliesTo.OPEN, by)


def find(number: int) -> Definition:
    """The definition of a number; raises Missing where there is none that these services can tell."""
    found = definitions.find(number)
    if found.published is None or found.published.legacy is None:
        raise Missing(f"The SLA {number} is not one of the Time to SLA services.")
    return found


def listed() -> Iterator[tuple[Definition, dict[str, Anything]]]:
    """The definitions that these services can tell, each with its answer."""
    for one in definitions.listed():
        if one.published is not None and one.published.legacy is not None:
            yield one, shown(one.pk, one.published)


def shown(number: int, version: Version) -> dict[str, Anything]:
    """A definition as the services answer it: what is empty is left out, but for those that are always there."""
    said = version.legacy or {}
    return {"id": number, **{field: said[field] for field in FIELDS if field in said}, "empty": False}
