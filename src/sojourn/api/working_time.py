"""What one may ask of a calendar: the working time of intervals, deadlines, and when it opens next."""

import re
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Field, Router, Schema
from pydantic import StrictInt, StrictStr

from sojourn.api.calendars import known
from sojourn.api.security import need
from sojourn.calendars import store
from sojourn.calendars.measure import add_working_time
from sojourn.core.calendar import Calendar
from sojourn.core.calendar.horizon import LATEST
from sojourn.core.duration import parse_duration
from sojourn.core.instants import utc_text
from sojourn.errors import Refused
from sojourn.reports.options import instant_ms

router = Router(tags=["calendars"])
Moment = StrictInt | StrictStr
_MOST_INTERVALS = 20_000
_ROW = re.compile(r"row ([0-9]+), (start|end)")
_LOOK_AHEAD_MS = 400 * 86_400_000


class Interval(Schema):
    """From one instant to another: ISO 8601, in the calendar's zone where it names none, or epoch milliseconds."""

    start: Moment
    end: Moment


class Intervals(Schema):
    """What is to be measured."""

    intervals: Annotated[list[Interval], Field(max_length=_MOST_INTERVALS)]


class Goal(Schema):
    """A start, and how much working time shall pass: text such as `1d 4h`, or milliseconds."""

    start: Moment
    goal: Annotated[StrictInt, Field(ge=0)] | StrictStr


class Window(Schema):
    """Hours without a break: instants in the calendar's zone."""

    opens: str
    closes: str


class Preview(Schema):
    """When a calendar opens and closes next, and how long its `1d` and `1w` are.

    A window that is open at the moment of asking begins there.
    """

    is_open: bool
    windows: list[Window]
    business_day_ms: int
    business_week_ms: int


@router.post(
    "/calendar-preview",
    auth=need("read"),
    response=Preview,
    operation_id="preview-calendar",
    summary="Try a calendar without saving it",
)
def previewed(
    request: HttpRequest,
    definition: Body[dict[str, Any]],
    at: str = "",
    count: Annotated[int, Field(ge=1, le=100)] = 5,
) -> dict[str, Any]:
    """Check a calendar without saving it: what is wrong with it, or its next windows, within 400 days."""
    calendar = store.parse(definition)
    zone = ZoneInfo(calendar.tz)
    at_ms = instant_ms(at, zone, "at") if at else round(timezone.now().timestamp() * 1000)
    spans = calendar.compile(at_ms, min(at_ms + _LOOK_AHEAD_MS, LATEST)).spans
    pairs = list(zip(spans.start.tolist(), spans.end.tolist(), strict=True))[:count]
    return {
        "is_open": calendar.is_open(at_ms),
        "windows": [{"opens": _local(opens, zone), "closes": _local(closes, zone)} for opens, closes in pairs],
        "business_day_ms": calendar.business_day_ms,
        "business_week_ms": calendar.business_week_ms,
    }


@router.post(
    "/calendars/{path:name}/measure", auth=need("read"), operation_id="measure", summary="The working time of intervals"
)
def measured(request: HttpRequest, name: str, body: Intervals) -> dict[str, Any]:
    """The working time of each interval, ms; negative where the end lies before the start."""
    calendar = _calendar(name)
    texts = {part: [str(getattr(one, part)) for one in body.intervals] for part in ("start", "end")}
    try:
        frame = add_working_time(pl.DataFrame(texts, schema={"start": pl.String, "end": pl.String}), calendar)
    except Refused as error:
        raise _at_interval(error) from None
    working = zip(body.intervals, frame["working_ms"].to_list(), strict=True)
    found = [{"start": one.start, "end": one.end, "working_ms": ms} for one, ms in working]
    return {"calendar": name, "tz": calendar.tz, "intervals": found}


@router.post(
    "/calendars/{path:name}/deadline", auth=need("read"), operation_id="deadline", summary="When a goal is used up"
)
def due(request: HttpRequest, name: str, body: Goal) -> dict[str, Any]:
    """The earliest instant at which the goal is used up: in UTC, and as epoch ms."""
    calendar = _calendar(name)
    days = {"day_ms": calendar.business_day_ms, "week_ms": calendar.business_week_ms}
    goal_ms = body.goal if isinstance(body.goal, int) else parse_duration(body.goal, **days, path="goal")
    deadline_ms = calendar.deadline(instant_ms(str(body.start), ZoneInfo(calendar.tz), "start"), goal_ms)
    return {"calendar": name, "goal_ms": goal_ms, "deadline": utc_text(deadline_ms), "deadline_ms": deadline_ms}


def _calendar(name: str) -> Calendar:
    known(name)
    return store.load(name)


def _at_interval(error: Refused) -> Refused:
    """The error at its place in the body: rows count from 1, places from 0."""
    row = _ROW.fullmatch(error.path)
    return Refused(f"intervals[{int(row[1]) - 1}].{row[2]}", error.problem) if row else error


def _local(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, zone).isoformat()
