"""The charts there are and the reports they draw: what the command line and pages show without computing.

Nothing heavy is imported here, so that `sojourn --help` is quick.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sojourn.reports.menu import MENU, Entry, Option

_NOT_DRAWN = frozenset({"columns", "sort", "limit", "shape", "group_by"})


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """One chart: its name and title, the report it draws, what it shows, and what one might ask.

    `fixed` are options of the report that the chart needs; `defaults` are those that suit it better than the report's.
    Done statuses, in which time means little, are left out `without_done`, unless they are asked for.
    """

    name: str
    title: str
    report: str
    shows: str
    example: str = "--project SUP --calendar Support -o {name}.svg"
    fixed: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    without_done: bool = False

    @property
    def entry(self) -> Entry:
        """The report it draws."""
        return next(one for one in MENU if one.name == self.report)

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of its report that bear on what is drawn, with the defaults that suit the chart."""
        defaults = {"time_format": "DaysHoursMinutes", **self.defaults}
        return tuple(
            replace(option, default=defaults.get(option.name, option.default))
            for option in self.entry.options
            if option.name not in _NOT_DRAWN
        )


_LONG = {"shape": "long"}
_WEEKLY = "--project APP --by week -o {name}.png"

CHART_MENU = tuple(
    chart
    for chart in (
        ChartEntry(
            "bar", "Average time in each status", "time-in-status", "A bar a status.", fixed=_LONG, without_done=True
        ),
        ChartEntry(
            "stacked-bar",
            "Time in status by work item",
            "time-in-status",
            "A bar a work item, a part a status: those with the most time.",
            fixed=_LONG,
            without_done=True,
        ),
        ChartEntry(
            "pie",
            "Share of each status",
            "time-in-status",
            "The share of each status in all working time.",
            fixed=_LONG,
            without_done=True,
        ),
        ChartEntry(
            "sunburst",
            "Share of categories and statuses",
            "time-in-status",
            "The share of each category, and around it of its statuses.",
            fixed=_LONG,
            without_done=True,
        ),
        ChartEntry(
            "box-plot",
            "Spread of time in each status",
            "time-in-status",
            "How times spread by status.",
            fixed=_LONG,
            without_done=True,
        ),
        ChartEntry(
            "heat-map",
            "Time in status by date",
            "time-in-status-per-date",
            "How much time was spent in each status on each date.",
            defaults={"by": "week"},
            without_done=True,
        ),
        ChartEntry("histogram", "Cycle times", "cycle-time", "How many work items took how long."),
        ChartEntry(
            "scatter",
            "Control chart",
            "cycle-time",
            "When work items finished and how long they took, with percentiles and a rolling average.",
            "--project APP --finished-in 2026-01-01.. -o {name}.png --theme dark",
        ),
        ChartEntry(
            "cumulative-flow",
            "Cumulative flow",
            "cumulative-flow",
            "How many work items were in each status over time.",
            "--project APP --status-group category -o {name}.svg",
        ),
        ChartEntry(
            "throughput", "Throughput", "throughput", "Work items finished in each period.", _WEEKLY, {}, {"by": "week"}
        ),
        ChartEntry(
            "ageing",
            "Ageing work in progress",
            "work-item-age",
            "How old work in progress is, by its status now.",
            "--project APP -o {name}.png",
        ),
        ChartEntry(
            "timeline",
            "Timeline",
            "status-history",
            "When a work item was in which status.",
            "--issue APP-1 -o {name}.svg",
        ),
        ChartEntry(
            "sla-summary",
            "SLAs met and breached",
            "sla-summary",
            "How many SLA clocks of each goal were met, are open, and breached.",
            "--project SUP -o {name}.svg",
        ),
        ChartEntry(
            "sla-trend",
            "SLA attainment",
            "sla-trend",
            "Which share of SLA clocks was met in each period, and the target.",
            "--project SUP --target 90 -o {name}.png",
            defaults={"by": "month"},
        ),
        ChartEntry(
            "sla-breakdown",
            "Where the time of SLAs is spent",
            "sla-breakdown",
            "How much of the time of each SLA's clocks was spent in each status.",
            "--project SUP --verdict breached -o {name}.svg",
        ),
    )
    if any(chart.report == entry.name for entry in MENU)
)
"""The charts, in the order in which they are shown."""
