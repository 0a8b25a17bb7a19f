"""The feed as tools read it: refusals first, then the document, its formats, pages and what HTTP wants."""

import gzip
import io
import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
import zstandard
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import granting
from sojourn.api import feed as feed_api
from sojourn.calendars import store as calendars
from sojourn.errors import Refused
from sojourn.feeds import datasets, feeds, presets
from sojourn.feeds.models import Feed
from sojourn.history.models import Issue
from sojourn.reports import catalogue
from tests.api.asking import content
from tests.builders import STATUS_IDS, change, issue, status, store
from tests.feeds.authorizing import Tool
from tests.feeds.feeding import Reader, problem
from tests.sla.defining import define, policy

pytestmark = pytest.mark.django_db
FORMATS = ("json", "ndjson", "csv", "parquet", "arrow", "xlsx")
HOUR = 3_600_000


def _moved(key: str, day: int, **fields: Any) -> dict[str, Any]:
    to = change(f"2024-01-{day:02}T10:00:00.000+0000", "status", "Open", "In progress")
    return issue(key, "In progress", to, **fields)


@pytest.fixture
def on(db: None) -> None:
    """A store of three work items, that ann may see, and the API switched on."""
    store([status(name) for name in STATUS_IDS], *(_moved(f"SUP-{day}", day) for day in (2, 3, 4)))
    get_user_model().objects.create_user("ann")
    granting.grant("ann", granting.Place("Test", every_level=True), timezone.now(), "test")
    feeds.switch(on=True)


@pytest.fixture
def feed(on: None) -> Reader:
    return Reader.of("ann", shape="long")


# Refusals
def test_nothing_is_read_until_an_administrator_switches_the_api_on(feed: Reader) -> None:
    feeds.switch(on=False)
    assert "sojourn feed api on" in problem(feed(), 403)["detail"]


@pytest.mark.parametrize("number", ["", "nonsense", "6f1c1a52-3a3f-4a53-9b8e-0c8c2f0e9f11"])
def test_a_feed_that_is_not_named_or_not_there_is_a_bad_request(feed: Reader, number: str) -> None:
    response = Client().get(f"/{feeds.PATH}?datafeedID={number}", headers={"Authorization": feed.basic})
    assert problem(response, 400)["errors"][0]["parameter"] == "datafeedID"


def test_missing_and_wrong_credentials_are_told_apart(feed: Reader, on: None) -> None:
    other = Reader.of("ann", shape="wide")
    missing = feed(credentials="")
    assert "are missing" in problem(missing, 401)["detail"]
    assert "invalid_token" not in missing["WWW-Authenticate"]
    wrong = [
        other.basic,
        f"Bearer {other.secret}",
        f"Bearer {feed.secret}x",
        "Bearer nonsense",
        "Basic !",
        feed.basic.replace("Basic ", "Basic QQ"),
    ]
    for credentials in wrong:
        response = feed(credentials=credentials)
        assert "are wrong" in problem(response, 401)["detail"]
        assert response["WWW-Authenticate"].startswith('Bearer realm="Sojourn data feed", error="invalid_token", Basic')
    by_address = Client().get(f"/{feeds.PATH}?datafeedID={feed.feed.pk}&token={feed.secret}")
    problem(by_address, 401)


def test_ten_wrong_secrets_a_minute_and_then_429(feed: Reader) -> None:
    for _ in range(10):
        problem(feed(credentials="Bearer sjf_wrong"), 401)
    problem(feed(credentials="Bearer sjf_wrong"), 429)
    assert feed().status_code == 200


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"format": "xml"}, "format"),
        ({"shape": "round"}, "shape"),
        ({"limit": "0"}, "limit"),
        ({"limit": "10001"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "1", "format": "csv"}, "format"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"updated_since": "yesterday"}, "updated_since"),
        ({"created_from": "yesterday"}, "created"),
        ({"as_of": "soon"}, "as_of"),
        ({"nonsense": "1"}, "nonsense"),
        ({"format": "v1", "shape": "wide"}, "format"),
    ],
)
def test_a_wrong_parameter_is_named(feed: Reader, given: dict[str, str], parameter: str) -> None:
    assert problem(feed(**given), 400)["errors"][0]["parameter"] == parameter
    feed.feed.refresh_from_db()
    assert feed.feed.last_problem.startswith(parameter)


@pytest.mark.parametrize("how", ["revoked", "expired", "disabled"])
def test_a_feed_that_is_over_is_gone_and_says_why(feed: Reader, how: str) -> None:
    now = timezone.now()
    if how == "revoked":
        feeds.revoke(feed.feed, now)
    elif how == "expired":
        Feed.objects.update(ends_at=now)
    else:
        get_user_model().objects.update(is_active=False)
    words = {"revoked": "was revoked", "expired": "has expired", "disabled": "ended with the account"}
    assert words[how] in problem(feed(), 410)["detail"]


def test_a_feed_ends_when_its_preset_is_no_longer_shared(feed: Reader) -> None:
    theirs = Reader.of("bob", shape="long")
    granting.grant("bob", granting.Place("Test"), timezone.now(), "test")
    presets.share(feed.feed.preset, ["everyone"])
    Feed.objects.filter(pk=theirs.feed.pk).update(preset=feed.feed.preset)
    assert theirs().status_code == 200
    presets.share(feed.feed.preset, [])
    assert "no longer shared" in problem(theirs(), 410)["detail"]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_links_of_the_retired_kind_are_gone(version: str) -> None:
    assert "were retired" in problem(Client().get(f"/date-feed/{version}/?token=x"), 410)["detail"]


@pytest.mark.parametrize("path", ["jira/apps/other_default/datafeed", "jira/apps/time-in-status_default/x", "x"])
def test_there_is_nothing_at_other_addresses(path: str) -> None:
    problem(Client().get(f"/gateway/api/svc/{path}"), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_feed_is_only_read(feed: Reader, method: str) -> None:
    response = feed(method)
    problem(response, 405)
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("name", "words"), [("SOJOURN_FEED_MAX_BYTES", "bytes"), ("SOJOURN_FEED_TIME_LIMIT_S", "seconds")]
)
def test_a_document_has_limits_and_pages_and_streams_have_none(
    feed: Reader, settings: Any, name: str, words: str
) -> None:
    setattr(settings, name, 0)
    detail = problem(feed(), 413)["detail"]
    assert f"more than 0 {words}" in detail
    assert "limit=1000" in detail
    assert len(feed.json(limit="10")["rows"]) == 6
    assert len(feed.rows(format="ndjson")) == 6


# The document
def test_the_document_says_what_was_counted_how_and_for_whom(feed: Reader) -> None:
    found = feed.json()
    assert list(found)[-1] == "rows"
    assert {
        name: found[name]
        for name in ("schema", "report", "asOf", "account", "timeFormat", "total", "next", "nextCursor")
    } == {
        "schema": "sojourn.feed/1",
        "report": "time_in_status",
        "asOf": "2024-01-20T00:00:00.000Z",
        "account": "ann",
        "timeFormat": "ms",
        "total": 3,
        "next": None,
        "nextCursor": None,
    }
    assert found["datafeedID"] == str(feed.feed.pk)
    assert found["calendar"] == {"id": -1, "name": "7x24", "timeZone": "UTC", "businessDayMs": 24 * HOUR}
    assert {"id": "3", "name": "In progress", "category": "indeterminate", "deleted": False} in found["statuses"]
    first, second, *_ = found["rows"]
    assert {
        name: first[name]
        for name in ("issueKey", "statusId", "statusName", "ms", "calendarMs", "value", "visits", "current")
    } == {
        "issueKey": "SUP-2",
        "statusId": "1",
        "statusName": "Open",
        "ms": 25 * HOUR,
        "calendarMs": 25 * HOUR,
        "value": 25 * HOUR,
        "visits": 1,
        "current": False,
    }
    assert (second["statusId"], second["ms"], second["current"]) == ("3", (17 * 24 + 14) * HOUR, True)


def test_the_value_is_in_the_presets_time_format(on: None) -> None:
    week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendars.save({"name": "Office", "tz": "UTC", "week": week}, now=timezone.now())
    found = Reader.of("ann", shape="long", calendar="Office", time_format="Decimal Hours").json()
    names = {row["id"]: row["name"] for row in Reader.of("ann", dataset="calendars").rows()}
    number = found["calendar"]["id"]
    assert found["calendar"] == {"id": number, "name": "Office", "timeZone": "UTC", "businessDayMs": 8 * HOUR}
    assert names[number] == "Office"
    row = found["rows"][0]
    assert (row["ms"], row["calendarMs"], row["value"]) == (9 * HOUR, 25 * HOUR, 9.0)


def test_wide_columns_are_named_by_id_and_stay_with_no_rows_and_after_a_rename(on: None) -> None:
    feed = Reader.of("ann")
    names = list(feed.rows()[0])
    assert {f"status_{one}" for one in STATUS_IDS.values()} <= set(names)
    assert [one["name"] for one in feed.json(created_from="2030-01-01")["columns"]] == names
    store([{**status("Open"), "name": "New"}], _moved("SUP-9", 5))
    assert list(feed.rows()[0]) == names
    assert "New" in {one["name"] for one in feed.json()["statuses"]}


def test_the_old_shape_is_by_key_and_status(feed: Reader) -> None:
    found = feed.json(format="v1")
    assert found["result"]["SUP-3"] == {"1": 49 * HOUR, "3": (16 * 24 + 14) * HOUR}
    assert [one["id"] for one in found["statuses"]] == sorted(STATUS_IDS.values())


def test_all_formats_hold_the_same_rows(feed: Reader) -> None:
    plain = [{name: str(value) for name, value in row.items()} for row in feed.rows()]
    for one in FORMATS[1:]:
        got = [{name: str(value) for name, value in row.items()} for row in feed.rows(format=one)]
        got = [
            {name: value.replace("true", "True").replace("false", "False") for name, value in row.items()}
            for row in got
        ]
        assert [list(row) for row in got] == [list(row) for row in plain], one
        assert [row["ms"] for row in got] == [row["ms"] for row in plain], one
    assert feed(Accept="text/csv, */*")["Content-Type"].startswith("text/csv")
    assert feed(Accept="text/html, */*")["Content-Type"] == "application/json"


@pytest.mark.parametrize("one", FORMATS[1:])
def test_a_stream_is_written_in_parts(feed: Reader, monkeypatch: pytest.MonkeyPatch, one: str) -> None:
    whole = feed.rows(format=one)
    monkeypatch.setattr(feed_api, "_SLICE", 4)
    assert feed.rows(format=one) == whole
    feed.feed.refresh_from_db()
    assert feed.feed.last_rows == len(whole) == 6


def test_the_schema_fits_the_document(feed: Reader) -> None:
    schema = json.loads(content(feed(part="/schema")))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(feed.json(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**feed.json(), "rows": [{}]}, schema)


@pytest.mark.parametrize("report", sorted(catalogue.REPORTS))
def test_every_report_can_be_a_feed(on: None, report: str) -> None:
    more = {"time-in-field": {"field": "status"}}.get(report, {})
    if report == "sprint-report":
        with pytest.raises(Refused, match="say when the sprint began"):
            Reader.of("ann", report)
        return
    found = Reader.of("ann", report, **more).json()
    assert (found["schema"], found["report"]) == ("sojourn.feed/1", report.replace("-", "_"))
    assert [one["name"] for one in found["columns"]] == list(found["rows"][0]) if found["rows"] else True


# Data sets
def test_data_sets_hold_what_their_names_say(on: None) -> None:
    rows = {name: Reader.of("ann", dataset=name).rows() for name in datasets.DATASETS if name != "tombstones"}
    assert [row["issueKey"] for row in rows["issues"]] == ["SUP-2", "SUP-3", "SUP-4"]
    assert rows["issues"][0]["summary"] == "About SUP-2"
    assert [(row["issueKey"], row["statusName"], row["current"]) for row in rows["status_intervals"]][:2] == [
        ("SUP-2", "Open", False),
        ("SUP-2", "In progress", True),
    ]
    assert len(rows["status_durations"]) == 6
    assert [(row["issueKey"], row["from"], row["to"], row["at"], row["movedBy"]) for row in rows["transitions"]] == [
        (f"SUP-{day}", "Open", "In progress", f"2024-01-0{day}T10:00:00.000Z", "Ann") for day in (2, 3, 4)
    ]
    assert [row["statusId"] for row in rows["statuses"]] == sorted(STATUS_IDS.values())
    assert [row["accountId"] for row in rows["users"]] == ["ann"]
    assert {row["name"] for row in rows["calendars"]} == set(calendars.names())


def test_what_was_deleted_is_told_as_a_tombstone(on: None) -> None:
    gone = Issue.objects.get(key="SUP-3")
    gone.deleted_ms, gone.row_version = 1_704_900_000_000, 99
    gone.save()
    feed = Reader.of("ann", dataset="tombstones")
    assert [(row["issueKey"], row["deleted"], row["rowVersion"]) for row in feed.rows()] == [
        ("SUP-3", "2024-01-10T15:20:00.000Z", 99)
    ]
    assert feed.rows(updated_since="99")
    assert feed.rows(updated_since="100") == []
    first = feed.json(limit="1")
    second = feed.json(cursor=first["nextCursor"])
    assert [len(page["rows"]) for page in (first, second)] in ([0, 1], [1, 0])
    assert second["next"] is None


def test_updated_since_gives_what_changed_and_what_goes_on(on: None) -> None:
    items, intervals = (Reader.of("ann", dataset=name) for name in ("issues", "status_intervals"))
    version = items.json()["rowVersion"]
    assert [row["rowVersion"] for row in items.rows(updated_since=str(version))] == [version]
    assert items.rows(updated_since=str(version + 1)) == []
    assert items.json(updated_since=str(version + 1))["rowVersion"] == version + 1
    going_on = intervals.rows(updated_since=str(version + 1))
    assert [(row["issueKey"], row["current"]) for row in going_on] == [(f"SUP-{day}", True) for day in (2, 3, 4)]
    store(_moved("SUP-4", 5))
    assert [row["issueKey"] for row in items.rows(updated_since=str(version + 1))] == ["SUP-4"]
    changed = intervals.rows(updated_since=str(version + 1))
    assert [row["issueKey"] for row in changed] == ["SUP-2", "SUP-3", "SUP-4", "SUP-4"]
    for feed in (Reader.of("ann", "throughput"), Reader.of("ann", dataset="users")):
        assert problem(feed(updated_since="1"), 400)["errors"][0]["parameter"] == "updated_since"
    store(issue("ELSE-1"), site="Other")
    granting.grant("ann", granting.Place("Other"), timezone.now(), "test")
    assert "within a site" in problem(items(updated_since="1"), 400)["detail"]


def test_created_is_half_open(feed: Reader) -> None:
    store(_moved("SUP-9", 5, created="2024-01-03T00:00:00.000+0000"))
    keys = {row["issueKey"] for row in feed.rows(created_from="2024-01-03", created_to="2024-01-04")}
    assert keys == {"SUP-9"}
    assert feed.rows(created_from="2024-01-02", created_to="2024-01-03") == []


# Pages
@pytest.mark.parametrize("dataset", ["", *datasets.DATASETS])
def test_pages_hold_all_rows_once_while_others_write(on: None, dataset: str) -> None:
    define(policy("1d"))
    store(_moved("SUP-5", 5), _moved("SUP-6", 6))
    Issue.objects.filter(key__in=["SUP-3", "SUP-4", "SUP-6"]).update(deleted_ms=1_704_900_000_000)
    store(_moved("SUP-7", 7), _moved("SUP-8", 8))
    feed = Reader.of("ann", dataset=dataset, shape="long")
    whole = feed.rows()
    assert whole
    found, cursor, count = [], "", 0
    while True:
        response = feed(limit="2", cursor=cursor)
        page = json.loads(content(response))
        found += page["rows"]
        count += 1
        _written_meanwhile(count)
        if page["next"] is None:
            assert "Link" not in response
            break
        assert response["Link"] == f'<{page["next"]}>; rel="next"'
        assert page["next"].startswith(f"http://testserver/{feeds.PATH}?datafeedID={feed.feed.pk}&")
        cursor = page["nextCursor"]
    if dataset in ("statuses", "users"):  # they are of no moment, and new ones come last
        found = found[: len(whole)]
    assert [_without_versions(row) for row in found] == [_without_versions(row) for row in whole]
    assert count > 1 or len(whole) <= 2


def _written_meanwhile(count: int) -> None:
    """A new work item, a new status and a new person, a move of each of the others, one that is deleted."""
    new = [{"id": f"{90 - one}", "name": f"Aa {one}", "statusCategory": {"key": "new"}} for one in range(count)]
    store(
        [*map(status, STATUS_IDS), *new],
        issue(f"NEW-{count}", assignee={"accountId": f"aa{count}", "displayName": f"Aa {count}"}),
    )
    later = [change(f"2024-01-{21 + count}T10:00:00.000+0000", "status", "In progress", "Done")]
    for key in ("SUP-2", "SUP-5", "SUP-7"):
        moved = change(f"2024-01-{int(key[4:]):02}T10:00:00.000+0000", "status", "Open", "In progress")
        store(issue(key, "Done", moved, *later, updated=later[0]["created"]))
    Issue.objects.filter(key="SUP-8").update(deleted_ms=int(timezone.now().timestamp() * 1000))


def _without_versions(row: dict[str, Any]) -> dict[str, Any]:
    """What a row says of the moment that is asked of: other columns of a work item are those of today."""
    today = ("rowVersion", "status", "statusCategory", "updated")
    return {name: value for name, value in row.items() if name not in today}


def test_all_pages_name_the_version_of_the_first_so_that_no_change_is_missed(on: None) -> None:
    feed = Reader.of("ann", dataset="issues")
    first = feed.json(limit="1")
    store(_moved("SUP-2", 5), _moved("SUP-4", 5))  # one of the page that was read, one of a page that is not
    second = feed.json(cursor=first["nextCursor"])
    assert second["rowVersion"] == first["rowVersion"]
    assert feed.json()["rowVersion"] > first["rowVersion"]
    following = feed.rows(updated_since=str(first["rowVersion"]))
    assert {row["issueKey"] for row in following} >= {"SUP-2", "SUP-4"}


def test_a_cursor_is_of_one_feed_and_one_question(feed: Reader) -> None:
    cursor = feed.json(limit="1")["nextCursor"]
    other = Reader.of("ann", dataset="issues")
    assert problem(other(cursor=cursor), 400)["errors"][0]["parameter"] == "cursor"
    assert problem(feed(cursor=cursor, shape="wide"), 400)["errors"][0]["parameter"] == "cursor"


def test_what_is_hidden_between_two_pages_is_not_on_the_second(on: None) -> None:
    feed = Reader.of("ann", dataset="issues")
    page = feed.json(limit="1")
    granting.take_back(granting.listed().get().pk)
    granting.grant("ann", granting.Place("Test", whose="reporter"), timezone.now(), "test")
    assert feed.json(cursor=page["nextCursor"])["rows"] == []


# HTTP
def test_what_did_not_change_is_not_sent_again(feed: Reader) -> None:
    first = feed()
    tag = first["ETag"]
    assert first["Last-Modified"] == "Sat, 20 Jan 2024 00:00:00 GMT"
    assert first["Cache-Control"] == "private, no-cache"
    again = feed(If_None_Match=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert feed(If_None_Match=tag, format="csv").status_code == 200
    store(_moved("SUP-2", 6))
    changed = feed(If_None_Match=tag)
    assert changed.status_code == 200
    tag = changed["ETag"]
    granting.grant("ann", granting.Place("Test", "SUP"), timezone.now(), "test")
    assert feed(If_None_Match=tag).status_code == 200


def test_head_says_what_get_would(feed: Reader) -> None:
    for one in ("json", "csv", "parquet"):
        got, head = feed(format=one), feed("HEAD", format=one)
        content(got)
        assert (head.status_code, content(head)) == (200, b"")
        for name in ("ETag", "Last-Modified", "Content-Type"):
            assert head[name] == got[name]


READ = {
    "": bytes,
    "gzip": gzip.decompress,
    "zstd": lambda text: zstandard.ZstdDecompressor().stream_reader(io.BytesIO(text)).read(),
}


@pytest.mark.parametrize("one", ["json", "ndjson", "csv", "parquet"])
@pytest.mark.parametrize(
    ("offered", "coding"), [("gzip, deflate, br", "gzip"), ("zstd, gzip", "zstd"), ("gzip;q=0", ""), ("identity", "")]
)
def test_answers_are_compressed_as_the_tool_can_read(feed: Reader, one: str, offered: str, coding: str) -> None:
    """Parquet is compressed inside."""
    packed = feed(format=one, Accept_Encoding=offered)
    coding = "" if one == "parquet" else coding
    assert packed.get("Content-Encoding", "") == coding
    text = READ[coding](content(packed))
    plain = content(feed(format=one))
    if one == "json":
        assert json.loads(text)["rows"] == json.loads(plain)["rows"]
    else:
        assert text == plain


def test_texts_that_a_spreadsheet_would_run_are_guarded_unless_raw_is_asked_for(on: None) -> None:
    store(issue("SUP-8", summary="=1+1"))
    feed = Reader.of("ann", dataset="issues")
    assert "'=1+1" in {row["summary"] for row in feed.rows(format="csv")}
    assert "=1+1" in {row["summary"] for row in feed.rows(format="csv", raw="1")}
    assert "=1+1" in {row["summary"] for row in feed.rows()}


def test_how_the_last_call_ended_is_kept(feed: Reader) -> None:
    for one in ("json", "csv"):
        content(feed(format=one))
        feed.feed.refresh_from_db()
        assert (feed.feed.last_rows, feed.feed.last_problem) == (6, "")


# Credentials
def test_a_secret_goes_as_basic_or_bearer_and_an_older_one_for_a_day(feed: Reader) -> None:
    assert feed(credentials=f"Bearer {feed.secret}").status_code == 200
    newer = Reader(feed.feed, feeds.renew_secret(feed.feed, timezone.now()))
    assert (feed().status_code, newer().status_code) == (200, 200)
    now = timezone.now()
    assert not feeds.opens(feed.feed, feed.secret, now + timedelta(days=1, seconds=1))
    assert feeds.opens(feed.feed, newer.secret, now + timedelta(days=100))


def test_a_token_opens_the_one_feed_it_was_authorized_for(feed: Reader, client: Client) -> None:
    other = Reader.of("ann", dataset="issues")
    here = "http://testserver/oauth/callback"
    made, secret = feeds.add_client(feed.feed, here)
    client.force_login(get_user_model().objects.get(username="ann"))
    tool = Tool(client, made.client_id, secret, here)
    token = tool.tokens(scope="feed:read")["access_token"]
    assert feed(credentials=f"Bearer {token}").status_code == 200
    problem(other(credentials=f"Bearer {token}"), 401)
    assert Client().get("/api/v1/projects", headers={"Authorization": f"Bearer {token}"}).status_code == 403
    wrong_scope = tool.tokens(scope="report:read")["access_token"]
    problem(feed(credentials=f"Bearer {wrong_scope}"), 401)
    client.force_login(get_user_model().objects.create_user("bob"))
    problem(feed(credentials=f"Bearer {tool.tokens(scope='feed:read')['access_token']}"), 401)
    feeds.revoke(feed.feed, timezone.now())
    problem(feed(credentials=f"Bearer {token}"), 410)
