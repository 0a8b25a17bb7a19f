"""The reports there are and the options they take: what the command line, pages and REST show without computing.

Nothing heavy is imported here, so that `sojourn --help` is quick.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from sojourn.core.time_format import TimeFormat

Shape = Literal["wide", "long"]
Current = Literal["include", "exclude"]
StatusesBy = Literal["id", "name"]
PERIODS = ("day", "week", "month")
VISITS = ("sum", "first", "last", "max", "min")
SHAPES: tuple[Shape, ...] = get_args(Shape)
_SWITCH = ("false", "true")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a report: its name, what it means, its default, and the values to choose from.

    An option of `many` may be given several times; where `commas` one text may name several, too.
    """

    name: str
    meaning: str
    default: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False
    commas: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off."""
        return self.choices == _SWITCH


@dataclass(frozen=True, slots=True)
class Entry:
    """One report: its name, its title, the question it answers, its options, and what one might ask."""

    name: str
    title: str
    question: str
    options: tuple[Option, ...]
    examples: tuple[str, ...]


def switch(name: str, meaning: str) -> Option:
    """An option that is off unless given."""
    return Option(name, meaning, "false", _SWITCH)


SELECT = (
    Option("site", "Only work items of these sites.", many=True),
    Option("project", "Only work items of these projects, by key.", many=True, commas=True),
    Option("jql", "Only work items that this query finds; see docs/jql.md."),
    Option("created", "Only work items created in this range: FROM..TO, TO not included, either may be left out."),
    Option("updated", "Only work items updated in this range."),
    Option("resolved", "Only work items resolved in this range."),
    Option("due", "Only work items due in this range of dates."),
)
"""Which work items."""

MEASURE = (
    Option("calendar", "The calendar that says what counts as working time: a stored one, or a JSON file.", "7x24"),
    Option("as_of", "The moment of which is asked, such as 2024-01-31T18:00; the default is now."),
    Option("trim", "Only count time in this range, as if the world began and ended there."),
    Option("current", "Whether the stay that is not over counts.", "include", ("include", "exclude")),
    switch("stop_on_done", "Count nothing after the last entry into a done status."),
    switch("since_last_move", "Count only since the work item last came to another project."),
)
"""Which time, and how it is measured."""

STATUSES = (
    Option("statuses_by", "Whether statuses of one name are one.", "id", ("id", "name")),
    Option("status_group", "Add statuses up: NAME=STATUS,STATUS… or `category`.", many=True),
)
"""What counts as a status."""

SHOW = (
    Option("columns", "Fields of the work item to show as well, comma-separated.", many=True, commas=True),
    Option("time_format", "How durations are written, such as DaysHoursMinutes.", "ms", tuple(TimeFormat)),
    Option("sort", "Columns to sort by; COLUMN:desc for the largest first.", many=True),
    Option("limit", "Only so many rows, after sorting."),
    Option("group_by", "Up to three columns of the work item to group by, with subtotals.", many=True, commas=True),
)
"""What is shown."""

VISITS_RULE = Option("visits", "What counts of repeated visits.", "sum", VISITS)
SHAPE = Option("shape", "wide: a column a value; long: a row a work item and value.", "wide", SHAPES)
OPTIONS = (*SELECT, *MEASURE, *STATUSES, VISITS_RULE, SHAPE, *SHOW)
"""The options of a report on time per status."""

_STARTED = Option(
    "started",
    "Statuses that start the work: names, ids, category:KEY.",
    "category:indeterminate",
    many=True,
    commas=True,
)
_FINISHED = Option(
    "finished", "Statuses that finish the work: names, ids, category:KEY.", "category:done", many=True, commas=True
)
_ACTIVE = Option(
    "active",
    "Statuses in which there is work and no waiting: names, ids, category:KEY.",
    "category:indeterminate",
    many=True,
    commas=True,
)
_FINISHED_IN = Option("finished_in", "Only work items finished in this range.")
_FLOW_MEASURE = tuple(one for one in MEASURE if one.name in ("calendar", "as_of", "since_last_move"))
_FLOW = (_STARTED, _FINISHED, *STATUSES, *SELECT, *_FLOW_MEASURE, *SHOW)
_FINISHED_FLOW = (_STARTED, _FINISHED, _FINISHED_IN, *STATUSES, *SELECT, *_FLOW_MEASURE, *SHOW)

_BY = Option("by", "The periods: days, weeks from Monday, or months, in the calendar's zone.", "day", PERIODS)
_PERIODS_IN = Option("trim", "Only periods in this range: FROM..TO, TO not included; histories end with it.")
_COUNT = (
    _BY,
    *SELECT,
    *_FLOW_MEASURE,
    _PERIODS_IN,
    *(one for one in SHOW if one.name in ("sort", "limit", "group_by")),
)

_SPRINT = (
    Option("sprint", "The sprint, by name or id."),
    Option("sprint_start", "When the sprint began, such as 2024-01-31T09:00."),
    Option("sprint_end", "When the sprint ended, itself not included; the default is as_of."),
    Option("estimate", "A field with a number to add up, such as customfield_10016; its values are today's."),
    Option("rows", "sums: a row a figure; items: a row a work item.", "sums", ("sums", "items")),
)

_FIELD = Option("field", "The tracked field, such as priority, sprint or customfield_10050.", "priority")

_DATED = tuple(option for option in MEASURE if option.name != "current")
_UNTIMED = tuple(option for option in SHOW if option.name != "time_format")
_ROWS = tuple(option for option in _UNTIMED if option.name != "columns")
_LONG_FIRST = Option("shape", "long: a row a pair that occurred; wide: a row a from, a column a to.", "long", SHAPES)
_PER_ITEM = switch("per_item", "A row for each work item as well.")
_DENOMINATOR = Option(
    "denominator",
    "What an average is taken over: work items that were in the status, all work items, or single visits.",
    "visited",
    ("visited", "all", "visits"),
)
_PERIOD = Option("period", "A row for each day, week or month of a date.", "none", ("none", *PERIODS))
_PERIOD_FIELD = Option("period_field", "The date.", "created", ("created", "resolved", "updated"))
_AVERAGES = Option("shape", "long: a row a group and status; wide: a row a group, a column a status.", "long", SHAPES)
_FIGURE = Option(
    "figure",
    "What the wide shape shows.",
    "mean",
    ("total", "mean", "median", "p50", "p85", "p95", "std", "min", "max"),
)
_AVERAGED = (_DENOMINATOR, _PERIOD, _PERIOD_FIELD, _AVERAGES, _FIGURE)
_TOTALS = tuple(option for option in SHOW if option.name != "columns")
_START = Option("start", "created, resolved, due, or statuses: names, ids, category:KEY.", "created", (), True, True)
_STOP = Option("stop", "resolved, due, or statuses: names, ids, category:KEY.", "category:done", (), True, True)
_PAUSE = Option("pause", "Statuses in which the clock stands: names, ids, category:KEY.", many=True, commas=True)
_START_VISIT = Option("start_visit", "Which entry into a start status counts.", "first", ("first", "last"))
_STOP_VISIT = Option("stop_visit", "Which later entry into a stop status counts.", "first", ("first", "last"))
_BETWEEN = (_START, _START_VISIT, _PAUSE, _STOP, _STOP_VISIT)
_BETWEEN_MEASURE = tuple(
    option for option in MEASURE if option.name in ("calendar", "as_of", "trim", "since_last_move")
)
_ENTRY = Option("entry", "Which entry the wide shape shows.", "first", ("first", "last"))

_SLAS = Option("sla", "Only these SLAs, by name or number.", many=True)
_STATE = Option(
    "state",
    "Only clocks that are running, paused or finished.",
    "",
    ("running", "paused", "finished"),
    many=True,
    commas=True,
)
_VERDICT = Option(
    "verdict", "Only clocks that are open, met or breached.", "", ("open", "met", "breached"), many=True, commas=True
)
_SLA_BY = Option("by", "The periods: days, weeks from Monday, or months, in the calendar's zone.", "week", PERIODS)
_TARGET = Option("target", "The percentage of clocks that shall be met.", "95")
_OF = Option("of", "Which time of the clocks.", "elapsed", ("elapsed", "paused", "overdue", "wall_elapsed"))
_SLA_MEASURE = (
    Option("calendar", "The calendar whose zone dates and periods are in; clocks have calendars of their own.", "7x24"),
    next(one for one in MEASURE if one.name == "as_of"),
)
_SINCE = Option("since", "Only what happened from then on, such as 2024-01-31T09:00.")
_GOAL = Option("goal", "Only clocks of goals of this name.", many=True)
_DEADLINE = Option("deadline", "Only clocks with a deadline in this range.")
_REMAINING = Option("remaining", "Only open clocks that have at most so much left, such as 2h.")
_CLOCKS = (_SLAS, _STATE, _VERDICT, _GOAL, _DEADLINE, _REMAINING, *SELECT, *_SLA_MEASURE)
_COUNTED = tuple(one for one in SHOW if one.name in ("sort", "limit", "group_by"))

MENU = (
    Entry(
        "time-in-status",
        "Time in status",
        "How long was each work item in each status?",
        OPTIONS,
        (
            "--project SUP --calendar Support",
            "--shape long --format csv -o stays.csv",
            "--created 2024-01-01..2024-04-01 --as-of 2024-04-01 --columns created --sort created:desc",
        ),
    ),
    Entry(
        "assignee-time",
        "Assignee time",
        "How long had each assignee each work item?",
        (*SELECT, *MEASURE, VISITS_RULE, SHAPE, *SHOW),
        ("--project SUP --calendar Support", "--shape long --format csv -o assignees.csv"),
    ),
    Entry(
        "time-in-field",
        "Time in a field",
        "How long had each work item each value of a field?",
        (_FIELD, *SELECT, *MEASURE, VISITS_RULE, SHAPE, *SHOW),
        ("--field priority", "--field sprint --shape long"),
    ),
    Entry(
        "status-history",
        "Status history",
        "When did each work item enter and leave each status, and who moved it?",
        (*SELECT, *MEASURE, *STATUSES, *SHOW),
        ("--project SUP --calendar Support", "--sort ms:desc --limit 20"),
    ),
    Entry(
        "status-count",
        "Status count",
        "How often did each work item enter each status?",
        (*SELECT, *MEASURE, *STATUSES, SHAPE, *_UNTIMED),
        ("--project SUP", "--status-group category --shape long"),
    ),
    Entry(
        "status-entrance-dates",
        "Status entrance dates",
        "When did each work item first and last enter each status?",
        (*SELECT, *MEASURE, *STATUSES, _ENTRY, SHAPE, *_UNTIMED),
        ("--project SUP --entry last", "--shape long --format csv -o entrances.csv"),
    ),
    Entry(
        "transition-count",
        "Transition count",
        "How often did work items go from each status to each other?",
        (*SELECT, *_DATED, *STATUSES, _LONG_FIRST, *_ROWS),
        ("--trim 2024-01-01..2024-02-01 --sort transitions:desc", "--shape wide"),
    ),
    Entry(
        "time-in-status-per-date",
        "Time in status per date",
        "How long were work items in each status on each day, in each week or month?",
        (_BY, _PER_ITEM, *SELECT, *MEASURE, *STATUSES, *SHOW),
        ("--by week --calendar Support", "--by month --per-item --trim 2024-01-01..2024-04-01"),
    ),
    Entry(
        "average-time",
        "Average time",
        "How long are work items in each status on average?",
        (*_AVERAGED, *SELECT, *MEASURE, *STATUSES, VISITS_RULE, *_TOTALS),
        (
            "--group-by project,issuetype --calendar Support",
            "--period month --period-field resolved",
            "--group-by project,assignee --shape wide --figure total",
        ),
    ),
    Entry(
        "status-by-assignee",
        "Status by assignee",
        "How long was each work item in each status, and of that with each assignee?",
        (*SELECT, *MEASURE, *STATUSES, VISITS_RULE, *SHOW),
        ("--project SUP --calendar Support", "--format csv -o crossed.csv"),
    ),
    Entry(
        "assignee-by-status",
        "Assignee by status",
        "How long had each assignee each work item, and of that in each status?",
        (*SELECT, *MEASURE, *STATUSES, VISITS_RULE, *SHOW),
        ("--project SUP --calendar Support", "--status-group category"),
    ),
    Entry(
        "time-between-statuses",
        "Time between statuses",
        "How long did each work item take from one status or date to another, without pauses?",
        (*_BETWEEN, *SELECT, *_BETWEEN_MEASURE, *STATUSES, *SHOW),
        ('--start "In progress" --pause Blocked --stop Done', "--start due --stop category:done --sort ms:desc"),
    ),
    Entry(
        "cycle-time",
        "Cycle time",
        "How long did each work item take, from started to finished?",
        _FINISHED_FLOW,
        ("--project APP --calendar Support", "--finished-in 2024-01-01..2024-04-01 --sort cycle_ms:desc"),
    ),
    Entry(
        "lead-time",
        "Lead time",
        "How long did each work item take, from created to finished?",
        _FINISHED_FLOW,
        ("--project SUP --calendar Support", '--finished "Resolved,Closed" --sort lead_ms:desc'),
    ),
    Entry(
        "work-item-age",
        "Work item age",
        "For how long has each work item been in progress that is not finished?",
        _FLOW,
        ("--project APP --sort age_ms:desc", '--started "In progress"'),
    ),
    Entry(
        "resolution-time",
        "Resolution time",
        "How long did each work item take, from created to resolved?",
        (*SELECT, *_FLOW_MEASURE, *SHOW),
        ("--project SUP --calendar Support", "--resolved 2024-01-01..2024-04-01"),
    ),
    Entry(
        "flow-efficiency",
        "Flow efficiency",
        "Which share of its cycle time was each work item worked on?",
        (_ACTIVE, *_FINISHED_FLOW),
        ('--active "In progress" --calendar Support', "--project APP --sort efficiency"),
    ),
    Entry(
        "throughput",
        "Throughput",
        "How many work items were created, started and finished in each period?",
        (_STARTED, _FINISHED, *STATUSES, *_COUNT),
        ("--project APP --by week", "--by month --trim 2024-01-01..2025-01-01"),
    ),
    Entry(
        "wip",
        "Work in progress",
        "How many work items were in progress at the end of each period?",
        (_STARTED, _FINISHED, *STATUSES, *_COUNT),
        ("--project APP --by week", "--trim 2024-01-01..2024-04-01"),
    ),
    Entry(
        "cumulative-flow",
        "Cumulative flow",
        "How many work items were in each status at the end of each day?",
        (*STATUSES, *_COUNT),
        ("--project APP --status-group category", "--trim 2024-01-01..2024-04-01 --format csv -o flow.csv"),
    ),
    Entry(
        "sprint-report",
        "Sprint report",
        "What did a sprint begin with, and what was added, removed, completed and carried over?",
        (
            *(*_SPRINT, _STARTED, _FINISHED, *STATUSES, *SELECT),
            *(one for one in (*_FLOW_MEASURE, *SHOW) if one.name not in ("since_last_move", "time_format")),
        ),
        (
            '--sprint "APP Sprint 21" --sprint-start 2024-01-08T09:00 --sprint-end 2024-01-22T09:00',
            "--sprint 21 --sprint-start 2024-01-08 --rows items --estimate customfield_10016",
        ),
    ),
    Entry(
        "sla-summary",
        "SLA summary",
        "How many SLA clocks of each goal were met, breached, or are open?",
        (*_CLOCKS, *_COUNTED),
        ("--project SUP", "--group-by priority --resolved 2024-01-01..2024-04-01"),
    ),
    Entry(
        "sla-detail",
        "SLA detail",
        "How does each SLA clock of each work item stand?",
        (*_CLOCKS, *SHOW),
        (
            '--sla "Time to resolution" --verdict breached',
            "--project SUP --as-of 2024-04-01 --format xlsx -o clocks.xlsx",
        ),
    ),
    Entry(
        "sla-cycles",
        "SLA cycles",
        "How did each cycle of each SLA on each work item go?",
        (*_CLOCKS, *SHOW),
        ('--sla "Time to resolution" --format ndjson', "--verdict open --remaining 2h"),
    ),
    Entry(
        "sla-events",
        "SLA events",
        "When did each SLA clock start, pause, resume, reset, become critical, breach and stop?",
        (_SINCE, _SLAS, *SELECT, *_SLA_MEASURE, *_UNTIMED),
        ("--since 2024-01-31T09:00 --format ndjson", '--sla "Time to resolution" --project SUP'),
    ),
    Entry(
        "sla-at-risk",
        "SLAs at risk",
        "Which open SLA clocks reach their deadline next, and how likely are they to breach?",
        (_SLAS, _STATE, *SELECT, *_SLA_MEASURE, *SHOW),
        ("--project SUP --limit 20", "--columns assignee,summary --sort chance:desc"),
    ),
    Entry(
        "sla-trend",
        "SLA trend",
        "Which share of SLA clocks was met in each period, and was it enough?",
        (_SLA_BY, _TARGET, _SLAS, *SELECT, *_SLA_MEASURE, _PERIODS_IN, *_COUNTED),
        ("--by month --target 90", "--project SUP --by week --trim 2024-01-01..2024-04-01"),
    ),
    Entry(
        "sla-durations",
        "SLA durations",
        "How long did finished SLA clocks take?",
        (_OF, _SLAS, _VERDICT, *SELECT, *_SLA_MEASURE, *(one for one in SHOW if one.name != "columns")),
        ("--project SUP --time-format DaysHoursMinutes", "--of paused --group-by issuetype"),
    ),
    Entry(
        "sla-breakdown",
        "SLA breakdown",
        "In which statuses, and with whom, was the time of each SLA clock spent?",
        (*_CLOCKS, *SHOW),
        ('--sla "Time to resolution" --verdict breached', "--project SUP --group-by assignee"),
    ),
)
"""The reports, in the order in which they are shown."""


def entry(name: str) -> Entry | None:
    """The report of that name."""
    return next((one for one in MENU if one.name == name), None)
