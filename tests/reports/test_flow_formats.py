"""Flow reports in every format, and on a narrow terminal."""

from pathlib import Path
from typing import Any

import pytest

from sojourn.reports import formats, terminal
from sojourn.reports.table import Table
from tests.builders import store
from tests.reports.flow_help import table
from tests.reports.test_cycle_time import REPORTS as BY_ITEM
from tests.reports.test_flow_counts import REPORTS as BY_PERIOD
from tests.reports.test_sprint import RAN, one_of_each
from tests.reports.test_time_in_status import declare_statuses

pytestmark = pytest.mark.django_db

HEADS = {
    "cycle-time": "created,started,finished,cycle_ms,cycle_elapsed_ms,lead_ms,lead_elapsed_ms,state,flags",
    "lead-time": "created,started,finished,lead_ms,lead_elapsed_ms,cycle_ms,cycle_elapsed_ms,state,flags",
    "work-item-age": "created,started,current,age_ms,age_elapsed_ms,flags",
    "resolution-time": "created,resolved,resolution_ms,resolution_elapsed_ms,flags",
    "flow-efficiency": "started,finished,active_ms,active_elapsed_ms,cycle_ms,cycle_elapsed_ms,efficiency,flags",
    "throughput": "period,arrived,started,finished",
    "wip": "period,wip",
    "cumulative-flow": "date,value_id,value,work_items,category",
    "sprint-report": "figure,work_items,estimate",
}


def answer(name: str) -> Table:
    store(*one_of_each())
    declare_statuses()
    options: dict[str, Any] = {} if name in ("cumulative-flow", "resolution-time") else {"started": "Open"}
    if name == "sprint-report":
        options |= {**RAN, "estimate": "customfield_1"}
    return table(name, **options)


def test_every_report_on_flow_is_here() -> None:
    assert set(HEADS) == {*BY_ITEM, *BY_PERIOD, "sprint-report"}


@pytest.mark.parametrize("name", sorted(HEADS))
def test_every_report_is_written_in_every_format(name: str, tmp_path: Path) -> None:
    found = answer(name)
    assert not found.collect().is_empty()
    for known in formats.FORMATS:
        assert b"".join(formats.chunks(found, formats.parse_format(known)))
    csv = b"".join(formats.chunks(found, "csv")).decode().splitlines()
    prefix = "issue_key,issue_id," if name in BY_ITEM else ""
    assert csv[0] == prefix + HEADS[name]
    terminal.show(found, tmp_path / "table.txt")
    assert HEADS[name].split(",")[0] in (tmp_path / "table.txt").read_text()


def test_estimates_are_numbers_in_files() -> None:
    csv = b"".join(formats.chunks(answer("sprint-report"), "csv")).decode().split()
    assert "carried_over,2,0.5" in csv
