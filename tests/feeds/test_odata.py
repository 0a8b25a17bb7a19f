"""A feed by OData: refusals first, then its documents, its rows, and its pages."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import granting
from sojourn.calendars import store as calendars
from sojourn.feeds import datasets, feeds
from sojourn.feeds.odata import paging
from sojourn.history.models import Issue
from sojourn.reports import catalogue
from tests.api.asking import content
from tests.builders import STATUS_IDS, change, issue, status, store
from tests.feeds.feeding import Reader
from tests.feeds.odata_asking import OData
from tests.sla.defining import define, policy

pytestmark = pytest.mark.django_db
HOUR = 3_600_000
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def _moved(key: str, day: int, **fields: Any) -> dict[str, Any]:
    to = change(f"2024-01-{day:02}T10:00:00.000+0000", "status", "Open", "In progress")
    return issue(key, "In progress", to, **fields)


@pytest.fixture
def on(db: None) -> None:
    """A store of five work items, that ann may see, and the API switched on."""
    store([status(name) for name in STATUS_IDS], *(_moved(f"SUP-{day}", day) for day in (2, 3, 4, 5, 6)))
    get_user_model().objects.create_user("ann")
    granting.grant("ann", granting.Place("Test", every_level=True), timezone.now(), "test")
    feeds.switch(on=True)


@pytest.fixture
def feed(on: None) -> OData:
    return OData(Reader.of("ann", dataset="status_intervals"))


# Refusals
def test_who_sends_no_or_wrong_credentials_is_told_in_the_shape_of_odata(feed: OData) -> None:
    for credentials in ("", f"Bearer {feed.reader.secret}x"):
        response = feed("status_intervals", credentials=credentials)
        assert response.status_code == 401
        assert "Basic" in response["WWW-Authenticate"]
        assert json.loads(content(response))["error"]["code"] == "Unauthorized"
    assert feed("", credentials=f"Bearer {feed.reader.secret}").status_code == 200


@pytest.mark.parametrize("path", ["", "$metadata", "status_intervals", "status_intervals/$count"])
def test_nothing_is_told_while_the_api_is_off_or_once_the_feed_is_revoked(feed: OData, path: str) -> None:
    feeds.switch(on=False)
    assert "sojourn feed api on" in feed.error(path, 403)["message"]
    feeds.switch(on=True)
    feeds.revoke(feed.reader.feed, timezone.now())
    assert "was revoked" in feed.error(path, 410)["message"]


@pytest.mark.parametrize("number", ["nonsense", "6f1c1a52-3a3f-4a53-9b8e-0c8c2f0e9f11"])
def test_a_feed_that_is_not_there_is_not_found(feed: OData, number: str) -> None:
    response = Client().get(f"/{feeds.ODATA}/{number}/", headers={"Authorization": feed.reader.basic})
    assert (response.status_code, response["OData-Version"]) == (404, "4.0")


@pytest.mark.parametrize(
    ("path", "status", "target"),
    [
        ("issues", 404, ""),
        ("status_intervals(5)", 501, ""),
        ("status_intervals/5", 501, ""),
        ("$batch", 501, ""),
        ("status_intervals?$expand=issue", 501, "$expand"),
        ("status_intervals?$search=x", 501, "$search"),
        ("status_intervals?$apply=aggregate(ms)", 501, "$apply"),
        ("status_intervals?$nonsense=1", 400, "$nonsense"),
        ("status_intervals?nonsense=1", 400, "nonsense"),
        ("status_intervals?$select=nope", 400, "$select"),
        ("status_intervals?$orderby=nope", 400, "$orderby"),
        ("status_intervals?$orderby=ms up", 400, "$orderby"),
        ("status_intervals?$orderby=length(issueKey)", 501, "$orderby"),
        ("status_intervals?$top=-1", 400, "$top"),
        ("status_intervals?$top=", 400, "$top"),
        ("status_intervals?$skip=x", 400, "$skip"),
        ("status_intervals?$count=yes", 400, "$count"),
        ("status_intervals?$filter=", 400, "$filter"),
        ("status_intervals?$filter=nope eq 1", 400, "$filter"),
        ("status_intervals?$filter=ms add 1 eq 2", 501, "$filter"),
        ("status_intervals?$skiptoken=nonsense", 400, "$skiptoken"),
        ("status_intervals?$format=atom", 415, "$format"),
        ("status_intervals?as_of=soon", 400, "as_of"),
        ("status_intervals?updated_since=x", 400, "updated_since"),
    ],
)
def test_what_is_wrong_and_what_is_not_built_are_told_apart(feed: OData, path: str, status: int, target: str) -> None:
    assert feed.error(path, status).get("target", "") == target
    feed.reader.feed.refresh_from_db()
    assert feed.reader.feed.last_problem


def test_what_a_tool_cannot_read_is_not_sent(feed: OData) -> None:
    feed.error("status_intervals", 406, Accept="application/atom+xml")
    feed.error("", 406, Accept="text/html")
    feed.error("", 400, OData_MaxVersion="3.0")
    assert feed("", OData_MaxVersion="4.01").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_service_is_only_read(feed: OData, method: str) -> None:
    response = feed("status_intervals", method)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


# Documents
def test_the_service_document_names_the_one_set_of_rows(feed: OData) -> None:
    found = feed.get("")
    assert found == {
        "@odata.context": f"http://testserver{feed.root}$metadata",
        "value": [{"name": "status_intervals", "kind": "EntitySet", "url": "status_intervals"}],
    }
    assert Client().get(feed.root[:-1], headers={"Authorization": feed.reader.basic}).json() == found


def described(feed: OData) -> dict[str, str]:
    """The properties of the rows and their types, as the XML has them."""
    response = feed("$metadata")
    assert response["Content-Type"] == "application/xml"
    document = ElementTree.fromstring(content(response))
    assert document.tag == "{http://docs.oasis-open.org/odata/ns/edmx}Edmx"
    (kind,) = document.iter(f"{EDM}EntityType")
    (entity_set,) = document.iter(f"{EDM}EntitySet")
    assert entity_set.attrib == {"Name": feed.name, "EntityType": f"Sojourn.{feed.name}"}
    assert [one.attrib for one in kind.iter(f"{EDM}PropertyRef")] == [{"Name": "row"}]
    return {one.attrib["Name"]: one.attrib["Type"] for one in kind.iter(f"{EDM}Property")}


def test_the_metadata_describes_the_columns_of_the_other_formats(feed: OData) -> None:
    found = described(feed)
    columns = [one["name"] for one in feed.reader.json()["columns"]]
    assert list(found) == ["row", *columns]
    names = ("row", "issueKey", "entered", "ms", "current")
    kinds = ["Edm.Int64", "Edm.String", "Edm.DateTimeOffset", "Edm.Int64", "Edm.Boolean"]
    assert [found[name] for name in names] == kinds


@pytest.mark.parametrize(
    "asked", [{"path": "$metadata?$format=json"}, {"path": "$metadata", "Accept": "application/json"}]
)
def test_the_metadata_is_json_where_only_that_is_asked_for(feed: OData, asked: dict[str, str]) -> None:
    response = feed(**asked)
    assert response["OData-Version"] == "4.01"
    found = json.loads(content(response))
    members = found["Sojourn"]["status_intervals"]
    assert (members.pop("$Kind"), members.pop("$Key")) == ("EntityType", ["row"])
    assert {name: one["$Type"] for name, one in members.items()} == described(feed)
    assert feed("$metadata", Accept="application/json, application/xml;q=0.9")["OData-Version"] == "4.0"


@pytest.mark.parametrize(
    ("time_format", "kind"), [("ms", "Edm.Int64"), ("Decimal Hours", "Edm.Double"), ("ISO 8601", "Edm.String")]
)
def test_a_duration_is_of_the_type_it_is_printed_in(on: None, time_format: str, kind: str) -> None:
    feed = OData(Reader.of("ann", shape="long", time_format=time_format))
    assert described(feed)["value"] == kind
    assert [row["value"] for row in feed.rows()] == [row["value"] for row in feed.reader.rows()]


def test_columns_of_other_names_get_names_that_odata_allows(on: None) -> None:
    people = [{"accountId": f"p{number}", "displayName": name} for number, name in enumerate(("Ann B", "Ann-B", "9 x"))]
    store(*(issue(f"APP-{number}", assignee=one) for number, one in enumerate(people, 1)))
    feed = OData(Reader.of("ann", "assignee-time"))
    found = list(described(feed))
    assert {"Ann_B", "Ann_B_2", "_9_x"} <= set(found)
    assert list(feed.rows()[0]) == found


# Rows
@pytest.mark.parametrize("dataset", ["", *datasets.DATASETS])
def test_rows_are_those_of_the_other_formats(on: None, dataset: str) -> None:
    define(policy("1d"))
    Issue.objects.filter(key="SUP-6").update(deleted_ms=1_704_900_000_000)
    feed = OData(Reader.of("ann", dataset=dataset, shape="long"))
    rows = feed.rows()
    assert [row.pop("row") for row in rows] == list(range(len(rows)))
    assert rows == feed.reader.rows() != []
    assert int(content(feed(f"{feed.name}/$count"))) == len(rows)


@pytest.mark.parametrize("report", sorted(set(catalogue.REPORTS) - {"sprint-report"}))
def test_every_report_is_described_and_read(on: None, report: str) -> None:
    feed = OData(Reader.of("ann", report, **{"time-in-field": {"field": "status"}}.get(report, {})))
    names = list(described(feed))
    rows = feed.rows()
    assert all(list(row) == names for row in rows)
    assert len(rows) == len(feed.reader.rows())


def test_only_what_is_selected_filtered_ordered_and_cut_comes(feed: OData) -> None:
    page = feed.page(
        select="issueKey,ms",
        filter="current eq false and issueKey ne 'SUP-4'",
        orderby="ms desc",
        top="2",
        count="true",
    )
    assert page == {
        "@odata.context": f"http://testserver{feed.root}$metadata#status_intervals(issueKey,ms)",
        "@odata.count": 4,
        "value": [{"issueKey": "SUP-6", "ms": 121 * HOUR}, {"issueKey": "SUP-5", "ms": 97 * HOUR}],
    }
    assert [row["issueKey"] for row in feed.rows(orderby="current,issueKey desc", skip="3", top="3")] == [
        "SUP-3",
        "SUP-2",
        "SUP-6",
    ]
    assert feed.page(top="0", count="true")["@odata.count"] == 10
    assert list(feed.page(format="application/json;odata.metadata=none", top="1")) == ["value"]


def test_null_is_before_everything(feed: OData) -> None:
    assert [row["left"] is None for row in feed.rows(orderby="left")] == [True] * 5 + [False] * 5
    assert [row["left"] is None for row in feed.rows(orderby="left desc")] == [False] * 5 + [True] * 5


def test_the_condition_is_about_what_is_shown_and_order_is_by_length(on: None) -> None:
    feed = OData(Reader.of("ann", shape="long", time_format="Business Days Hours Minutes"))
    shown = [row["value"] for row in feed.rows(filter="current eq false", orderby="value")]
    assert shown == [row["value"] for row in feed.reader.rows() if not row["current"]]
    one = feed.rows(filter=f"value eq '{shown[1]}'")
    assert [row["issueKey"] for row in one] == ["SUP-3"]


def test_parameters_of_a_feed_hold_here_too(on: None) -> None:
    feed = OData(Reader.of("ann", dataset="issues"))
    store(_moved("SUP-9", 9, created="2024-01-09T00:00:00.000+0000"))
    assert [row["issueKey"] for row in feed.rows(created_from="2024-01-09")] == ["SUP-9"]
    last = str(Issue.objects.get(key="SUP-9").row_version)
    assert [row["issueKey"] for row in feed.rows(updated_since=last)] == ["SUP-9"]
    wide = OData(Reader.of("ann"))
    assert "statusId" in wide.rows(shape="long")[0]


# Pages
QUESTIONS = [
    {},
    {"filter": "current eq true"},
    {"filter": "issueKey eq 'SUP-6'"},
    {"orderby": "ms desc"},
    {"skip": "3"},
    {"skip": "3", "top": "4"},
    {"orderby": "ms desc", "skip": "1", "top": "5"},
    {"top": "1"},
    {"filter": "current eq true", "skip": "1", "top": "3", "count": "true"},
]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(("items", "rows"), [(1, 1), (2, 1), (2, 3), (3, 100)])
def test_pages_hold_all_rows_once_while_others_write(
    feed: OData, monkeypatch: pytest.MonkeyPatch, question: dict[str, str], items: int, rows: int
) -> None:
    whole = feed.page(**question)
    assert "@odata.nextLink" not in whole
    monkeypatch.setattr(paging, "ITEMS", items)
    monkeypatch.setattr(paging, "ROWS", rows)
    page, found, written = feed.page(**question), [], 0
    while True:
        found += page["value"]
        assert page.get("@odata.count") == whole.get("@odata.count")
        written += 1
        store(issue(f"NEW-{written}"))
        later = change("2024-01-22T10:00:00.000+0000", "status", "In progress", "Done")
        moved = change("2024-01-03T10:00:00.000+0000", "status", "Open", "In progress")
        store(issue("SUP-3", "Done", moved, later))
        if "@odata.nextLink" not in page:
            break
        page = feed.follow(page)
    assert found == whole["value"]


def test_a_token_is_of_one_feed_and_one_question(feed: OData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "ITEMS", 1)
    monkeypatch.setattr(paging, "ROWS", 1)
    query = urlsplit(feed.page()["@odata.nextLink"]).query
    assert feed.error(f"status_intervals?{query}&$filter=ms eq 1", 400)["target"] == "$skiptoken"
    other = OData(Reader.of("ann", dataset="issues"))
    assert other.error(f"issues?{query}", 400)["target"] == "$skiptoken"
    week = {"mon": [["09:00", "17:00"]]}
    calendars.save({"name": "Office", "tz": "UTC", "week": week}, now=timezone.now())
    office = OData(Reader.of("ann", dataset="status_intervals", calendar="Office"))
    page = office.page()
    calendars.save({"name": "Office", "tz": "UTC", "week": {"tue": week["mon"]}}, now=timezone.now(), replace=True)
    query = urlsplit(page["@odata.nextLink"]).query
    assert "was changed" in office.error(f"status_intervals?{query}", 400)["message"]


# HTTP
def test_what_did_not_change_is_not_sent_again(feed: OData) -> None:
    first = feed("status_intervals")
    again = feed("status_intervals", If_None_Match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert feed("status_intervals?$top=1", If_None_Match=first["ETag"]).status_code == 200
    store(_moved("SUP-2", 7))
    assert feed("status_intervals", If_None_Match=first["ETag"]).status_code == 200
    head = feed("status_intervals", "HEAD")
    assert (head.status_code, content(head), head["Content-Type"]) == (200, b"", first["Content-Type"])


def test_how_the_last_call_ended_is_kept(feed: OData) -> None:
    feed.page(filter="current eq true")
    feed.reader.feed.refresh_from_db()
    assert (feed.reader.feed.last_rows, feed.reader.feed.last_problem) == (5, "")
    assert timezone.now() - feed.reader.feed.last_called_at < timedelta(minutes=1)
