"""A client of OData that others wrote, over real HTTP: python-odata, which makes its classes from the metadata."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model
from odata import ODataService
from odata.exceptions import ODataError

from sojourn.feeds import feeds
from sojourn.feeds.odata import paging
from tests.builders import STATUS_IDS, change, issue, status, store
from tests.feeds.feeding import Reader

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader(live_server: Any) -> Reader:
    moved = (change(f"2024-01-{day:02}T10:00:00.000+0000", "status", "Open", "In progress") for day in range(2, 9))
    items = (issue(f"SUP-{day}", "In progress", one, summary=f"It's {day}") for day, one in enumerate(moved, 2))
    store([status(name) for name in STATUS_IDS], *items)
    get_user_model().objects.create_superuser("ann")
    feeds.switch(on=True)
    return Reader.of("ann", dataset="status_intervals", columns="summary")


@pytest.fixture(params=["basic", "bearer"])
def service(live_server: Any, reader: Reader, request: pytest.FixtureRequest) -> Any:
    session = requests.Session()
    if request.param == "basic":
        session.auth = (str(reader.feed.pk), reader.secret)
    else:
        session.headers["Authorization"] = f"Bearer {reader.secret}"
    root = feeds.odata_root(reader.feed, live_server.url)
    return ODataService(root, session=session, reflect_entities=True, quiet_progress=True)


def test_it_learns_the_types_asks_and_pages(service: Any, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    stay = service.entities["status_intervals"]
    whole = service.query(stay).all()
    monkeypatch.setattr(paging, "ITEMS", 2)
    monkeypatch.setattr(paging, "ROWS", 3)
    paged = service.query(stay).all()
    rows = reader.rows()
    for found in (whole, paged):
        assert [one.issueKey for one in found] == [row["issueKey"] for row in rows]
        assert [one.ms for one in found] == [row["ms"] for row in rows]
        assert [one.current for one in found] == [row["current"] for row in rows]
        assert [one.row for one in found] == list(range(14))
    assert whole[0].entered.astimezone(UTC) == datetime(2024, 1, 1, 9, tzinfo=UTC)
    assert (whole[1].left, whole[1].summary) == (None, "It's 2")


def test_its_conditions_mean_here_what_they_mean_there(service: Any) -> None:
    stay = service.entities["status_intervals"]

    def found(*conditions: Any) -> list[str]:
        query = service.query(stay).order_by(stay.row.asc())
        for one in conditions:
            query = query.filter(one)
        return [one.issueKey for one in query.all()]

    assert found(stay.current == True, stay.summary == "It's 4") == ["SUP-4"]  # noqa: E712 - it is an expression
    assert found(stay.left == None, stay.issueKey.startswith("SUP-3")) == ["SUP-3"]  # noqa: E711
    assert found(stay.entered > datetime(2024, 1, 7, 9, tzinfo=UTC)) == ["SUP-7", "SUP-8"]
    assert found(stay.summary.contains("8"), stay.statusName != "Open") == ["SUP-8"]
    assert found(service.query(stay).or_(stay.issueKey == "SUP-2", stay.issueKey == "SUP-5"), stay.ms > 0) == [
        *("SUP-2", "SUP-2"),
        *("SUP-5", "SUP-5"),
    ]


def test_it_selects_orders_cuts_and_counts(service: Any) -> None:
    stay = service.entities["status_intervals"]
    query = service.query(stay).filter(stay.statusName == "Open")
    picked = query.select(stay.issueKey).order_by(stay.ms.desc()).offset(1).limit(2).all()
    assert picked == [{"issueKey": "SUP-7"}, {"issueKey": "SUP-6"}]
    assert query.count() == 7


def test_it_reads_errors(service: Any) -> None:
    stay = service.entities["status_intervals"]
    with pytest.raises(ODataError, match=r"HTTP 400 \| BadRequest \| \$filter: there is no 'nope'"):
        service.query(stay).filter("nope eq 1").all()
    with pytest.raises(ODataError, match=r"HTTP 501 \| NotImplemented"):
        service.query(stay).apply("aggregate(ms with sum as all)").all()
