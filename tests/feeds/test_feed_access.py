"""Feeds of people who may not see all: every data set and format against the plain rule."""

import json

import pytest

from sojourn.feeds import datasets, feeds
from tests.access import world
from tests.api.asking import content
from tests.feeds.feeding import Reader
from tests.feeds.odata_asking import OData

pytestmark = pytest.mark.django_db
FORMATS = ("json", "ndjson", "csv", "parquet", "arrow", "xlsx")
OF_ITEMS = ("issues", "status_intervals", "status_durations", "transitions", "sla_cycles", "sla_events")


@pytest.mark.parametrize("person", world.SEES)
def test_a_feed_holds_what_its_owner_may_see_and_counts_nothing_else(person: str) -> None:
    world.fill()
    feeds.switch(on=True)
    mine = world.seen_by(person)
    keys = {one.key for one in mine}
    hidden = {one.canary for one in world.hidden_from(person)}
    hidden |= {f"canary{name}x" for name in world.PROJECTS} - {f"canary{one.project}x" for one in mine}
    asked = [("time-in-status", name) for name in datasets.DATASETS]
    asked += [("time-in-status", ""), ("status-history", ""), ("cycle-time", ""), ("average-time", "")]
    for report, dataset in asked:
        feed = Reader.of(person, report, dataset)
        by_item = dataset in OF_ITEMS or (not dataset and report != "average-time")
        for one in FORMATS:
            rows = feed.rows(format=one)
            if by_item:
                assert {row["issueKey"] for row in rows} == keys, (report, dataset, one)
            assert not [word for word in hidden if word in json.dumps(rows, default=str)]
        document = content(feed()).decode()
        assert not [word for word in hidden if word in document]
        assert json.loads(document)["total"] == len(mine)
        assert feeds.estimate(feed.feed, feed.feed.created_at) == len(mine)
        by_odata = OData(feed)
        rows = by_odata.rows(count="true")
        assert not [word for word in hidden if word in json.dumps(rows)]
        assert by_odata.page(count="true", top="0")["@odata.count"] == len(rows) == len(feed.rows(format="ndjson"))
        if by_item:
            assert {row["issueKey"] for row in _paged(feed)} == keys
            assert {row["issueKey"] for row in rows} == keys
            assert by_odata.rows(filter="issueKey eq 'HR-2'") == [row for row in rows if row["issueKey"] == "HR-2"]


def _paged(feed: Reader) -> list[dict[str, str]]:
    page = feed.json(limit="2")
    found = page["rows"]
    while page["nextCursor"]:
        page = feed.json(limit="2", cursor=page["nextCursor"])
        found += page["rows"]
    return list(found)
