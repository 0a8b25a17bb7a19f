"""When things happen in the demo: working hours, waking hours, and the arrivals of fourteen months."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sojourn.jira.demo_workflows import DAY_MS, PROJECTS, SUP, Project

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
DAYS: Final = 425
_WEEKDAYS: Final = (1.25, 1.12, 1.05, 1.0, 0.86, 0.08, 0.06)
_MONTHS: Final = (0.95, 1.0, 1.1, 1.0, 0.98, 1.0, 0.85, 0.7, 1.05, 1.12, 1.15, 0.8)


def local(ms: int, zone: ZoneInfo) -> datetime:
    """Return an instant in a zone."""
    return datetime.fromtimestamp(ms / 1000, zone)


def instant(day: date, seconds: float, zone: ZoneInfo) -> int:
    """Return the instant of so many seconds after midnight by the clock on the wall."""
    wall = datetime.combine(day, time(), zone) + timedelta(seconds=seconds)
    return round(wall.timestamp() * 1000)


def works(project: Project, day: date) -> bool:
    """Return whether the project's team works on that day."""
    return day.weekday() < 5 and (day.month, day.day) not in project.holidays


def work_after(project: Project, at: int, hours: float, horizon: int) -> int:
    """Return the instant by which the team has worked so many hours from `at`, or one after the horizon."""
    start = local(at, project.zone)
    day, end = start.date(), local(horizon, project.zone).date()
    second = start.hour * 3600 + start.minute * 60 + start.second + start.microsecond / 1e6
    left = hours * 3600
    while day <= end:
        if works(project, day):
            begin = max(second, project.opens * 3600)
            if begin + left <= project.closes * 3600:
                return max(at + 1, instant(day, begin + left, project.zone))
            left -= max(0, project.closes * 3600 - begin)
        day, second = day + timedelta(days=1), 0
    return horizon + DAY_MS


def awake_after(rng: random.Random, zone: ZoneInfo, at: int, hours: float) -> int:
    """Return the instant so many hours after `at`, put off to the morning if it falls into the night."""
    then = at + 1 + round(hours * HOUR_MS)
    wall = local(then, zone)
    if wall.hour >= 7:
        return then
    return max(then, instant(wall.date(), (7 + 2 * rng.random()) * 3600, zone))


def arrivals(rng: random.Random, now: int, count: int) -> list[tuple[int, Project]]:
    """Return when and where the items are created, in order of time; some within the last hours."""
    days = [datetime.fromtimestamp(now // 1000, UTC).date() - timedelta(days=back) for back in range(DAYS)]
    weights = [_weight(day, back) for back, day in enumerate(days)]
    recent = min(count, max(4, count // 200))
    found = []
    for day in rng.choices(days, weights, k=count - recent):
        project = _project(rng)
        at = instant(day, _time_of_day(rng, project), project.zone)
        found.append((at if at < now else at - 7 * DAY_MS, project))
    for place in range(recent):
        within = 2 * HOUR_MS if place % 3 == 0 else 20 * HOUR_MS
        found.append((now - rng.randrange(5 * MINUTE_MS, within), SUP if place % 2 else _project(rng)))
    return sorted(found, key=lambda one: (one[0], one[1].key))


def _weight(day: date, back: int) -> float:
    weight = _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] * (1.15 - 0.35 * back / DAYS)
    quiet = (day.month, day.day) in SUP.holidays or (day.month, day.day) > (12, 23)
    return weight * (0.2 if quiet else 1)


def _project(rng: random.Random) -> Project:
    return rng.choices(PROJECTS, [one.share for one in PROJECTS])[0]


def _time_of_day(rng: random.Random, project: Project) -> float:
    """Seconds after midnight: a morning and an afternoon peak, and a few at any waking hour."""
    if rng.random() < (0.14 if project.service_desk else 0.03):
        return rng.uniform(6.5, 23) * 3600
    middle = rng.choice((project.opens + 2, project.closes - 2.5))
    return min(max(rng.gauss(middle, 1.3), project.opens), project.closes) * 3600
