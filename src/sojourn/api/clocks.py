"""`/issues/{key}/slas`: the SLAs of a work item in the shape Jira Service Management has for them, and why; `/preview`.

`/cycles` and `/sla-events` are the reports `sla-cycles` and `sla-events` by other addresses.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict

from sojourn.api import reports, schemas
from sojourn.api.issues import find
from sojourn.api.security import asker_of, need, sight_of
from sojourn.api.slas import Number
from sojourn.api.slas import find as find_sla
from sojourn.core.calendar import Calendar
from sojourn.core.duration import format_duration
from sojourn.core.instants import utc_text
from sojourn.core.sla.clock import Clock, State, Verdict
from sojourn.core.time_format import TimeFormat
from sojourn.errors import Refused
from sojourn.history.models import Issue
from sojourn.reports.menu import MENU
from sojourn.reports.options import instant_ms
from sojourn.reports.search import Search
from sojourn.reports.search import find as search
from sojourn.reports.sla_parts import STATES, VERDICTS, goals_of
from sojourn.sla.counting import Counted, count_cycles
from sojourn.sla.explain import explain
from sojourn.sla.explain_svg import svg
from sojourn.sla.explain_text import lines
from sojourn.sla.preview import preview
from sojourn.sla.rules import in_force

router = Router(tags=["SLAs"])
_UTC = ZoneInfo("UTC")
_FORMATS = {"json": "application/json", "text": "text/plain; charset=utf-8", "svg": "image/svg+xml"}
_EXPLAINED: dict[str, Any] = {kind.partition(";")[0]: {"schema": {}} for kind in _FORMATS.values()}
_BY_OTHER_NAMES = {"/cycles": "sla-cycles", "/sla-events": "sla-events"}

for _path, _name in _BY_OTHER_NAMES.items():
    _entry = next(one for one in MENU if one.name == _name)
    router.get(
        _path,
        auth=need("read"),
        summary=_entry.title,
        description=f"{_entry.question} The report {_name}, with its options, formats and pages.",
        operation_id=_path.removeprefix("/"),
        openapi_extra={"parameters": schemas.parameters(_entry), "responses": reports.DOCUMENTS},
    )(reports.by_get(_entry))


@router.get("/issues/{key}/slas", auth=need("read"), operation_id="issue-slas", summary="The SLAs of a work item")
def of_issue(request: HttpRequest, key: str, site: str = "", as_of: str = "") -> dict[str, Any]:
    """The SLAs that started on a work item, each with its cycles, as of now or of an earlier moment.

    The keys of Jira Service Management's answer are there under its names; `sla`, `state`, `verdict` and the like are
    Sojourn's. Durations are working time under the calendar of the goal.
    """
    issue = find(key, site, sight_of(request))
    as_of_ms = _moment_ms(as_of)
    counted = count_cycles(Issue.objects.filter(pk=issue.pk), in_force(), as_of_ms)
    found = [one for some in counted for one in some if len(one.clocks)]
    values = [_sla(one, as_of_ms) for one in sorted(found, key=lambda one: one.definition.pk)]
    return {
        "key": issue.key,
        "id": issue.jira_id,
        "site": issue.site.name,
        "as_of": utc_text(as_of_ms),
        "values": values,
    }


@router.get(
    "/issues/{key}/slas/{number}/explain",
    auth=need("read"),
    operation_id="explain-sla",
    summary="Why an SLA shows of a work item what it shows",
    openapi_extra={"responses": {200: {"description": "The explanation", "content": _EXPLAINED}}},
)
def explained(
    request: HttpRequest, key: str, number: Number, site: str = "", as_of: str = "", form: str = "json"
) -> Any:
    """What fired when and by which rule, what changed nothing, which goal was taken, and the arithmetic to the ms.

    `form` is json, text, or svg for a picture.
    """
    issue = find(key, site, sight_of(request))
    definition = find_sla(number)
    if form not in _FORMATS:
        raise Refused("form", f"{form!r:.60} is not one of {', '.join(_FORMATS)}")
    as_of_ms = _moment_ms(as_of)
    found = explain(issue, definition, as_of_ms)
    if form == "json":
        return found.json
    text = svg(found, as_of_ms) if form == "svg" else "\n".join(lines(found.json)) + "\n"
    return HttpResponse(text, content_type=_FORMATS[form])


class PreviewIn(Schema):
    """A policy to be tried; `sla` is the number of the SLA that it shall change."""

    model_config = ConfigDict(extra="forbid")

    policy: dict[str, Any]
    jql: str = ""
    sla: int | None = None
    as_of: str = ""


@router.post("/preview", auth=need("read"), operation_id="preview-sla", summary="Try a policy on real work items")
def previewed(request: HttpRequest, body: PreviewIn) -> dict[str, Any]:
    """What a policy would show of work items: those that `jql` finds, the last 10,000 without one. Nothing is saved.

    Counts by goal, state and verdict, how much of their goals clocks have used, what is doubtful, and with `sla` whose
    verdicts would change against its published version.
    """
    as_of_ms, asker = _moment_ms(body.as_of), asker_of(request)
    definition = None if body.sla is None else find_sla(body.sla)
    issues = search(Search(body.jql, as_of_ms, asker=asker))[0].order_by("pk") if body.jql.strip() else None
    return preview(body.policy, as_of_ms, issues, definition, asker.sight).as_json()


def _moment_ms(as_of: str) -> int:
    return instant_ms(as_of, _UTC, "as_of") if as_of else round(timezone.now().timestamp() * 1000)


def _sla(one: Counted, as_of_ms: int) -> dict[str, Any]:
    clocks = [one.clock(place) for place in range(len(one.clocks))]
    cycles = [_cycle(one, clock, as_of_ms) for clock in clocks]
    is_done = [clock.state == State.FINISHED for clock in clocks]
    ongoing = [cycle for cycle, done in zip(cycles, is_done, strict=True) if not done]
    return {
        "id": str(one.definition.pk),
        "name": one.definition.name,
        "version": one.rule.version.number,
        "cycleRule": one.rule.version.policy.get("cycles", "all"),
        "completedCycles": [cycle for cycle, done in zip(cycles, is_done, strict=True) if done],
        **({"ongoingCycle": ongoing[-1]} if ongoing else {}),
    }


def _cycle(one: Counted, clock: Clock, as_of_ms: int) -> dict[str, Any]:
    calendar = one.rule.calendars[clock.calendar]
    found: dict[str, Any] = {
        "startTime": _instant(clock.start_ms, calendar),
        "stopTime": _instant(clock.end_ms, calendar),
        "breachTime": _instant(clock.deadline_ms, calendar),
        "breached": clock.verdict == Verdict.EXCEED,
        "goalDuration": _duration(clock.goal_ms, calendar),
        "elapsedTime": _duration(clock.working.elapsed, calendar),
        "remainingTime": _duration(_left_ms(clock), calendar),
        "goal": goals_of(one.rule.policy)[clock.goal],
        "calendar": clock.calendar,
        "state": STATES[clock.state],
        "verdict": VERDICTS[clock.verdict],
        "pausedTime": _duration(clock.working.paused, calendar),
        "elapsedWallTime": _duration(clock.wall.elapsed, calendar),
        "percent": clock.percent,
    }
    if clock.state != State.FINISHED:
        found["paused"] = clock.state == State.PAUSED
        found["withinCalendarHours"] = calendar.is_open(as_of_ms)
        found["critical"] = clock.critical
    return {name: value for name, value in found.items() if value is not None}


def _left_ms(clock: Clock) -> int | None:
    """What is left of the goal, below zero where it is breached, as Jira Service Management has it."""
    return -clock.working.overdue if clock.verdict == Verdict.EXCEED else clock.working.remaining


def _instant(at_ms: int | None, calendar: Calendar) -> dict[str, Any] | None:
    if at_ms is None:
        return None
    local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(calendar.tz))
    return {"epochMillis": at_ms, "iso8601": utc_text(at_ms), "friendly": f"{local:%Y-%m-%d %H:%M}"}


def _duration(amount_ms: int | None, calendar: Calendar) -> dict[str, Any] | None:
    if amount_ms is None:
        return None
    friendly = format_duration(
        amount_ms,
        TimeFormat.BUSINESS_DAYS_HOURS_MINUTES,
        business_day_ms=calendar.business_day_ms,
        business_week_ms=calendar.business_week_ms,
    )
    return {"millis": amount_ms, "friendly": friendly}
