"""The known figures of a real help desk: 4,580 tickets, 21,348 events.

They were got in SQL straight from the event log: v(case, status, at) are the events that name another status than the
one before, s(case, status, at, left) the same with the instant of the next; b is a ticket's first event and f, where
its last status is Closed, the last one that entered Closed.
"""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from sojourn.jira import files
from sojourn.jira.importer import Importer
from sojourn.jira.payload import Reader
from tests.reports.flow_help import rows

pytestmark = pytest.mark.django_db
CLOSED = {"started": "Assign seriousness", "finished": "Closed"}


@pytest.fixture(scope="module")
def help_desk(django_db_setup: None, django_db_blocker: Any, shared: Path) -> Any:
    with django_db_blocker.unblock(), transaction.atomic():
        Importer(Reader()).run(files.find([shared / "event-logs" / "helpdesk.csv"], "auto"))
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("status", "entries"),
    [  # SELECT status, count(*) FROM v GROUP BY status
        ("Take in charge ticket", 4961),
        ("Resolve ticket", 4729),
        ("Closed", 4560),
        ("Assign seriousness", 4499),
        ("Wait", 1350),
        ("Insert ticket", 118),
        ("Require upgrade", 103),
        ("Create SW anomaly", 63),
    ],
)
def test_how_often_a_status_was_entered(help_desk: Any, status: str, entries: int) -> None:
    found = rows("status-count", shape="long")
    assert sum(row["visits"] for row in found if row["value"] == status) == entries


@pytest.mark.parametrize(
    ("before", "after", "transitions", "work_items"),
    [  # SELECT before, status, count(*), count(DISTINCT case) FROM v GROUP BY before, status
        ("Resolve ticket", "Closed", 4558, 4557),
        ("Assign seriousness", "Take in charge ticket", 4160, 4159),
        ("Take in charge ticket", "Resolve ticket", 3563, 3444),
        ("Take in charge ticket", "Wait", 1265, 1169),
        ("Wait", "Resolve ticket", 773, 766),
    ],
)
def test_how_often_tickets_moved(help_desk: Any, before: str, after: str, transitions: int, work_items: int) -> None:
    found = {(row["from"], row["to"]): row for row in rows("transition-count")}
    assert (found[before, after]["transitions"], found[before, after]["work_items"]) == (transitions, work_items)


@pytest.mark.parametrize(
    ("status", "work_items", "total_ms"),
    [  # SELECT status, count(DISTINCT case), sum(left - at) FROM s WHERE left IS NOT NULL GROUP BY status
        ("Resolve ticket", 4559, 11_635_362_427_000),
        ("Assign seriousness", 4495, 1_578_040_979_000),
        ("Take in charge ticket", 4284, 1_501_566_599_000),
        ("Wait", 1229, 1_204_821_091_000),
        ("Require upgrade", 100, 125_276_553_000),
    ],
)
def test_how_long_tickets_were_in_a_status(help_desk: Any, status: str, work_items: int, total_ms: int) -> None:
    found = {row["value"]: row for row in rows("average-time", current="exclude")}
    assert (found[status]["n"], found[status]["total"]) == (work_items, total_ms)


def test_how_long_tickets_waited(help_desk: Any) -> None:
    # Nearest rank over sum(left - at) by case WHERE status = 'Wait' AND left IS NOT NULL
    [row] = [row for row in rows("average-time", current="exclude") if row["value"] == "Wait"]
    found = [row[name] for name in ("p50", "p85", "p95", "max")]
    assert found == [750_674_000, 2_025_780_000, 2_750_751_000, 3_877_350_000]


@pytest.mark.parametrize(("month", "tickets"), [("2012-07-01", 216), ("2012-01-01", 202), ("2012-05-01", 188)])
def test_how_many_tickets_came_in_a_month(help_desk: Any, month: str, tickets: int) -> None:
    # SELECT month of b, count(*) … ORDER BY 2 DESC LIMIT 3
    found = rows("throughput", by="month", **CLOSED)
    assert {str(row["period"]): row["arrived"] for row in found}[month] == tickets


def test_how_long_it_took_to_close_a_ticket(help_desk: Any) -> None:
    # SELECT count(*), sum(f - b), max(f - b); median and 85th percentile by nearest rank
    times = sorted(row["lead_ms"] for row in rows("lead-time", **CLOSED) if row["state"] == "finished")
    assert (len(times), sum(times), times[-1]) == (4557, 16_079_648_065_000, 5_183_565_000)
    assert (times[(4557 + 1) // 2 - 1], times[-(-4557 * 85 // 100) - 1]) == (3_436_439_000, 4_324_099_000)
