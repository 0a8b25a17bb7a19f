"""Working time of many intervals: Sojourn's kernel beside the usual Python ways, in one run, checked for agreement.

Berlin, Monday to Friday 9-17, German holidays; intervals of 1 minute to 90 days, log-uniform, over ten years. The
others are given local wall clock times beforehand, which is to their advantage; the slow ones measure a smaller
sample. The best of several runs counts.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time as clock
from typing import Any

import business_duration
import businesstimedelta
import holidays
import numpy as np
import pandas as pd
import pytz

from measuring import table, wait_until_quiet
from sojourn.core.calendar import DAY, Calendar, WorkingTime

TZ = "Europe/Berlin"
HOUR = 3_600_000
FIRST = 1_420_070_400_000  # 2015-01-01T00:00Z
YEARS = range(2014, 2027)
GERMANY = holidays.country_holidays("DE", years=YEARS)


@dataclass
class Result:
    name: str
    count: int
    seconds: float
    answers: Any
    expected: Any

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    def row(self, best: "Result") -> tuple[str, ...]:
        agree = float(np.mean(np.asarray(self.answers) == np.asarray(self.expected)))
        return self.name, f"{self.count:,}", f"{self.rate:,.0f}", f"{best.rate / self.rate:,.1f}", f"{agree:.2%}"


def measure(name: str, count: int, work: Callable[[], Any], expected: Any, repeats: int = 1) -> Result:
    best, answers = float("inf"), None
    wait_until_quiet()
    for _ in range(repeats):
        begin = time.perf_counter()
        answers = work()
        best = min(best, time.perf_counter() - begin)
    return Result(name, count, best, answers, expected)


def intervals(count: int) -> tuple[Any, Any]:
    """Whole seconds, because some of the others know nothing finer."""
    random = np.random.default_rng(1)
    start = FIRST + (random.random(count) * 3560 * 86_400).astype(np.int64) * 1000
    length = np.exp(random.uniform(np.log(60), np.log(90 * 86_400), count)).astype(np.int64) * 1000
    return start, start + length


def office() -> Calendar:
    week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    return Calendar.from_json({"tz": TZ, "week": week, "holidays": [day.isoformat() for day in GERMANY]})


def local(at: Any) -> Any:
    """Wall clock times as milliseconds."""
    wall = pd.to_datetime(at, unit="ms", utc=True).tz_convert(TZ).tz_localize(None)
    return wall.as_unit("ms").to_numpy().astype(np.int64)


def busday_recipe(start: Any, end: Any) -> Any:
    """Whole days by `busday_count`, and the two ends by the time of day."""
    days = np.busdaycalendar(holidays=sorted(GERMANY))

    def worked(wall: Any) -> tuple[Any, Any]:
        day, of_day = wall // DAY, wall % DAY
        date = day.astype("datetime64[D]")
        return date, np.clip(of_day - 9 * HOUR, 0, 8 * HOUR) * np.is_busday(date, busdaycal=days)

    (first, before), (last, until) = worked(start), worked(end)
    return np.busday_count(first, last, busdaycal=days) * 8 * HOUR + until - before


def by_businesstimedelta(start: Any, end: Any) -> list[int]:
    zone = pytz.timezone(TZ)  # it knows no other zones
    hours = businesstimedelta.WorkDayRule(clock(9), clock(17), [0, 1, 2, 3, 4], tz=zone)
    rules = businesstimedelta.Rules([hours, businesstimedelta.HolidayRule(GERMANY, tz=zone)])
    moments = [[moment.to_pydatetime() for moment in aware(at)] for at in (start, end)]
    return [round(rules.difference(*pair).timedelta.total_seconds() * 1000) for pair in zip(*moments, strict=True)]


def aware(at: Any) -> Any:
    return pd.to_datetime(at, unit="ms", utc=True).tz_convert(TZ)


def by_business_duration(start: Any, end: Any) -> list[int]:
    off = dict(GERMANY.items())
    return [
        round(1000 * business_duration.businessDuration(a, b, clock(9), clock(17), [5, 6], off, "sec"))
        for a, b in zip(pd.to_datetime(start, unit="ms"), pd.to_datetime(end, unit="ms"), strict=True)
    ]


def by_pandas(start: Any, hours: Any) -> list[int]:
    """Deadlines: pandas has no time between two instants in business hours."""
    one = pd.offsets.CustomBusinessHour(start="09:00", end="17:00", holidays=sorted(GERMANY))
    moments = pd.to_datetime(start, unit="ms")
    due = [moment + int(count) * one for moment, count in zip(moments, hours, strict=True)]
    return [round(moment.timestamp() * 1000) for moment in due]


def kernel(compiled: WorkingTime, start: Any, end: Any, threads: int) -> Result:
    expected = compiled.until(end) - compiled.until(start)
    return measure(
        f"**Sojourn**, {threads} thread{'s'[: threads - 1]}",
        len(start),
        lambda: compiled.elapsed(start, end, threads),
        expected,
        repeats=20,
    )


def show(title: str, results: list[Result], said: str = "") -> None:
    """Print the results, the first of which the others are compared with."""
    columns = ("", "sample", "per second", "times slower", "agrees")
    table(title, columns, (result.row(results[0]) for result in results), said)


def report(count: int) -> None:
    """Print how many intervals and deadlines a second each way does, of so many intervals."""
    start, end = intervals(count)
    begin = time.perf_counter()
    compiled = office().compile(FIRST, int(end.max()) + 400 * DAY)
    compiled_in = f"The calendar is compiled in {1000 * (time.perf_counter() - begin):.1f} ms, once."
    one, two = kernel(compiled, start, end, 1), kernel(compiled, start, end, 2)
    wall = local(start), local(end)
    many, few = slice(0, count // 10), slice(0, 2_000)
    show(
        f"Working time of {count:,} intervals",
        [
            two,
            one,
            measure(
                "NumPy `busday_count` recipe",
                count // 10,
                lambda: busday_recipe(wall[0][many], wall[1][many]),
                one.answers[many],
                3,
            ),
            measure(
                "business-duration", 2_000, lambda: by_business_duration(wall[0][few], wall[1][few]), one.answers[few]
            ),
            measure("businesstimedelta", 2_000, lambda: by_businesstimedelta(start[few], end[few]), one.answers[few]),
        ],
        compiled_in,
    )
    goal = np.random.default_rng(2).integers(1, 80, count) * HOUR
    ours = measure(
        "**Sojourn**, 1 thread", count, lambda: compiled.deadline(start, goal), compiled.deadline(start, goal), 3
    )
    show(
        "Deadlines after 1 to 79 working hours",
        [
            ours,
            measure(
                "pandas `CustomBusinessHour` (gives the next opening for closing time)",
                2_000,
                lambda: by_pandas(wall[0][few], goal[few] // HOUR),
                local(compiled.next_open(ours.answers[few])),
            ),
        ],
    )
