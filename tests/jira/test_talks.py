"""What the clients say, without a network: a test answers by hand."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from sojourn.jira.answers import Batch, IdPage, account, missing, payload, server_ms
from sojourn.jira.cloud import Cloud
from sojourn.jira.datacenter import DataCenter
from sojourn.jira.failures import BadRequest, CursorLost, JiraFailure, NotThere
from sojourn.jira.payload import Reader
from sojourn.jira.request import Request, Talk, get, part, parts, post
from sojourn.jira.window import Window

BERLIN = ZoneInfo("Europe/Berlin")
CLOUD, DATA_CENTER = Cloud(texts=False), DataCenter(texts=False)


def play(talk: Talk[Any], *answers: Any) -> tuple[list[Request], Any]:
    """The requests of a talk that is given these answers, failures among them, and what it comes to."""
    asked = [next(talk)]
    try:
        for answer in answers:
            if isinstance(answer, Exception):
                asked += [talk.throw(answer)]
            else:
                asked += [talk.send(asked[-1].read(orjson.dumps(answer)))]
    except StopIteration as end:
        return asked, end.value
    raise AssertionError(f"asks on: {asked[-1]}")


def issues(api: Any, batch: Batch) -> list[dict[str, Any]]:
    return [api.payload(*told) for told in batch.told.values()]


def issue(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "key": f"A-{number}", "fields": {"summary": "x"}, **more}


def test_ids_are_asked_for_alone_and_never_with_their_changelog() -> None:
    [first], page = play(CLOUD.ids("project = 1", None), {"issues": [{"id": "7"}, {"id": "8"}], "nextPageToken": "t"})
    assert (first.method, first.target) == ("POST", "/rest/api/3/search/jql")
    assert first.body == {"jql": "project = 1", "fields": ["id"], "maxResults": 5000}
    assert page == IdPage(["7", "8"], "t")
    [second], page = play(CLOUD.ids("project = 1", "t", ["9"] * 60), {"issues": [], "isLast": True})
    assert second.body["nextPageToken"] == "t"
    assert second.body["reconcileIssues"] == [9] * 50
    assert page == IdPage([], None)


def test_a_token_that_comes_again_or_is_refused_begins_the_sweep_again() -> None:
    with pytest.raises(CursorLost, match="the same page"):
        play(CLOUD.ids("j", "t"), {"issues": [], "nextPageToken": "t"})
    with pytest.raises(CursorLost, match="too old; the sweep begins again"):
        play(CLOUD.ids("j", "t"), BadRequest("too old"))
    with pytest.raises(BadRequest, match=r"^wrong$") as error:
        play(CLOUD.ids("j", None), BadRequest("wrong"))
    assert not isinstance(error.value, CursorLost)


def test_cloud_s_work_items_come_with_histories_page_by_page() -> None:
    asked, batch = play(
        CLOUD.batch(["1", "2", "3"]),
        {"issues": [issue(2), issue(1)]},
        {"issueChangeLogs": [{"issueId": "1", "changeHistories": [{"id": "11", "items": []}]}], "nextPageToken": "t"},
        {"issueChangeLogs": [{"issueId": "1", "changeHistories": [{"id": "12"}, {"id": "11"}]}, {"issueId": "2"}]},
    )
    assert [request.target for request in asked] == [
        "/rest/api/3/issue/bulkfetch",
        "/rest/api/3/changelog/bulkfetch",
        "/rest/api/3/changelog/bulkfetch",
    ]
    assert asked[1].body == {"issueIdsOrKeys": ["2", "1"], "maxResults": 2000}
    assert asked[2].body["nextPageToken"] == "t"
    assert [one["id"] for one in issues(CLOUD, batch)] == ["1", "2"]
    assert [one["id"] for one in issues(CLOUD, batch)[0]["changelog"]["histories"]] == ["11", "12"]
    assert issues(CLOUD, batch)[1]["changelog"] == {"histories": [], "total": 0}
    assert batch.gone == ["3"]


def test_bulk_fetched_instants_in_seconds_are_made_milliseconds() -> None:
    histories = [{"id": "11", "created": 1_700_000_000}]
    _, batch = play(
        CLOUD.batch(["1"]),
        {"issues": [issue(1)]},
        {"issueChangeLogs": [{"issueId": "1", "changeHistories": histories}]},
    )
    assert issues(CLOUD, batch)[0]["changelog"]["histories"][0]["created"] == 1_700_000_000_000


def test_a_work_item_that_cloud_cannot_give_with_others_is_asked_for_alone() -> None:
    def failing(*keys: str) -> list[dict[str, str]]:
        return [{"id": key, "errorMessage": "too big"} for key in keys]

    asked, batch = play(
        CLOUD.batch(["1", "2", "3"]),
        {"issues": [issue(1)], "issueErrors": failing("2", "3")},
        {"issues": [issue(2)], "issueErrors": []},
        {"issues": [], "issueErrors": failing("3")},
        {"issueChangeLogs": []},
    )
    assert [request.body["issueIdsOrKeys"] for request in asked] == [["1", "2", "3"], ["2"], ["3"], ["1", "2"]]
    assert [one["id"] for one in issues(CLOUD, batch)] == ["1", "2"]
    assert (batch.unread, batch.gone) == ({"3": "too big"}, [])


@pytest.mark.parametrize(("api", "path"), [(CLOUD, "/rest/api/3"), (DATA_CENTER, "/rest/api/2")])
def test_comments_beyond_those_that_came_are_fetched(api: Any, path: str) -> None:
    cut = issue(1, fields={"comment": {"comments": [{"id": "5"}], "total": 3}}, changelog={"histories": [], "total": 0})
    first = [{"issues": [cut], "total": 1}]
    if api is CLOUD:
        first.append({"issueChangeLogs": []})
    asked, batch = play(
        api.batch(["1"]),
        *first,
        {"comments": [{"id": "5"}, {"id": "6"}], "total": 3},
        {"comments": [{"id": "7"}], "total": 3},
    )
    assert asked[-1].pattern == f"{path}/issue/{{issueIdOrKey}}/comment"
    assert asked[-1].query["startAt"] == "2"
    [read] = issues(api, batch)
    assert [one["id"] for one in read["fields"]["comment"]["comments"]] == ["5", "6", "7"]


@pytest.mark.parametrize("api", [CLOUD, DATA_CENTER])
def test_a_work_item_that_goes_while_it_is_read_is_gone(api: Any) -> None:
    cut = issue(1, fields={"comment": {"comments": [], "total": 3}}, changelog={"histories": [], "total": 0})
    first: list[Any] = [{"issues": [cut], "total": 1}]
    if api is CLOUD:
        first.append({"issueChangeLogs": []})
    _, batch = play(api.batch(["1"]), *first, NotThere("gone"))
    assert batch == Batch(gone=["1"])


def test_data_center_s_pages_reach_back_into_the_one_before() -> None:
    ids = [{"id": str(number)} for number in range(1000)]
    [first], page = play(DATA_CENTER.ids("j", None), {"issues": ids, "total": 1500})
    assert first.body == {"jql": "j", "startAt": 0, "maxResults": 1000, "fields": ["id"]}
    rest = [{"id": str(number)} for number in range(980, 1500)]
    [second], last = play(DATA_CENTER.ids("j", page.cursor), {"issues": rest, "total": 1500})
    assert second.body["startAt"] == 980
    assert last.cursor is None


def test_data_center_s_pages_that_do_not_meet_are_asked_for_again_from_further_back() -> None:
    _, page = play(DATA_CENTER.ids("j", None), {"issues": [{"id": str(n)} for n in range(1000)], "total": 1500})
    shifted = [{"id": str(number)} for number in range(1030, 1500)]
    whole = [{"id": str(number)} for number in range(50, 1050)]
    asked, page = play(
        DATA_CENTER.ids("j", page.cursor), {"issues": shifted, "total": 1450}, {"issues": whole, "total": 1450}
    )
    assert [request.body["startAt"] for request in asked] == [980, 0]
    assert page.ids[0] == "50"


def test_a_server_of_short_pages_comes_to_an_end() -> None:
    for most in (1, 2, 3, 30):
        cursor, found = None, []
        for _ in range(500):
            talk = DATA_CENTER.ids("j", cursor)
            start = next(talk).body["startAt"]
            _, page = play(DATA_CENTER.ids("j", cursor), {"issues": _rows(start, most), "total": 100})
            found += page.ids
            cursor = page.cursor
            if cursor is None:
                break
        assert set(found) == {str(number) for number in range(100)}


def _rows(start: int, most: int) -> list[dict[str, str]]:
    return [{"id": str(number)} for number in range(start, min(start + most, 100))]


def test_data_center_s_changelog_is_fetched_by_itself_where_its_total_says_that_it_was_cut() -> None:
    def with_histories(total: int, *ids: str) -> dict[str, Any]:
        return issue(1, changelog={"histories": [{"id": key} for key in ids], "total": total})

    asked, batch = play(DATA_CENTER.batch(["1"]), {"issues": [with_histories(2, "11", "12")], "total": 1})
    assert asked[0].body["jql"] == "id in (1)"
    assert asked[0].body["validateQuery"] is False
    assert len(issues(DATA_CENTER, batch)[0]["changelog"]["histories"]) == 2
    pages = [{"values": [{"id": "11"}, {"id": "12"}], "total": 3}, {"values": [{"id": "13"}], "total": 3}]
    asked, batch = play(DATA_CENTER.batch(["1"]), {"issues": [with_histories(3, "11")], "total": 1}, *pages)
    assert [one["id"] for one in issues(DATA_CENTER, batch)[0]["changelog"]["histories"]] == ["11", "12", "13"]
    old_server = [NotThere("no such address"), with_histories(3, "11", "12", "13")]
    asked, batch = play(DATA_CENTER.batch(["1"]), {"issues": [with_histories(3, "11")], "total": 1}, *old_server)
    assert asked[-1].target == "/rest/api/2/issue/1?fields=id&expand=changelog"
    assert issues(DATA_CENTER, batch)[0]["changelog"]["total"] == 3
    still_cut = [NotThere("no such address"), with_histories(3, "11", "12")]
    _, batch = play(DATA_CENTER.batch(["1"]), {"issues": [with_histories(3, "11")], "total": 1}, *still_cut)
    assert issues(DATA_CENTER, batch)[0]["changelog"]["total"] == 3  # which the reader flags: two of three


def test_a_changelog_that_is_not_told_of_is_asked_for_and_never_taken_for_none() -> None:
    asked, batch = play(
        DATA_CENTER.batch(["1"]), {"issues": [issue(1)], "total": 1}, {"values": [{"id": "11"}], "total": 1}
    )
    assert asked[1].target.startswith("/rest/api/2/issue/1/changelog?")
    assert issues(DATA_CENTER, batch)[0]["changelog"] == {"histories": [{"id": "11"}], "total": 1}
    _, batch = play(DATA_CENTER.batch(["1"]), {"issues": [issue(1)], "total": 1}, NotThere("old"), {"id": "1"})
    assert "changelog" not in issues(DATA_CENTER, batch)[0]  # which the reader flags


def test_recorded_answers_of_a_real_server_are_read(shared: Path) -> None:
    def recorded(name: str) -> Any:
        return json.loads((shared / "jira" / "recorded" / f"{name}.json").read_text())

    pages = [recorded("jira_issues_page_1"), recorded("jira_issues_page_2")]
    held = [one for page in pages for one in page["issues"]]
    nothing = {"values": [], "total": 0, "isLast": True}
    asked, batch = play(DATA_CENTER.batch([one["id"] for one in held]), *pages, *[nothing] * len(held))
    assert [request.body["startAt"] for request in asked[:2]] == [0, 2]
    assert [one["key"] for one in issues(DATA_CENTER, batch)] == [one["key"] for one in held]
    for one in issues(DATA_CENTER, batch):
        assert Reader().read(one).key == one["key"]
    cut = issue(1, fields={"comment": {"comments": [], "total": 3}}, changelog={"histories": [], "total": 0})
    comments = [recorded("jira_comments_issue_page_1"), recorded("jira_comments_issue_page_2")]
    _, batch = play(DATA_CENTER.batch(["1"]), {"issues": [cut], "total": 1}, *comments)
    told = [one["id"] for page in comments for one in page["comments"]]
    assert [one["id"] for one in issues(DATA_CENTER, batch)[0]["fields"]["comment"]["comments"]] == told
    [_], fields = play(DATA_CENTER.fields(), recorded("jira_fields"))
    assert len(fields) == 44


@pytest.mark.parametrize("answer", [None, [], {"issues": None}, {"issues": [1]}, {"issues": {"id": 1}}, {"total": 1}])
@pytest.mark.parametrize(
    "talk",
    [
        lambda: CLOUD.ids("j", None),
        lambda: DATA_CENTER.ids("j", None),
        lambda: CLOUD.batch(["1"]),
        lambda: DATA_CENTER.batch(["1"]),
    ],
)
def test_json_that_is_not_jira_s_is_told(talk: Any, answer: Any) -> None:
    with pytest.raises(JiraFailure, match="Jira answers otherwise than described"):
        play(talk(), answer)


@pytest.mark.parametrize("api", [CLOUD, DATA_CENTER])
@pytest.mark.parametrize("strange", [{"id": "1"}, {"id": "1", "key": "A-1"}, {"id": "1", "key": "A-1", "fields": []}])
def test_a_work_item_without_what_all_have_is_told(api: Any, strange: dict[str, Any]) -> None:
    answers: list[Any] = [{"issues": [strange], "total": 1}]
    _, batch = play(api.batch(["1"]), *answers)
    assert batch.unread == {"1": "Jira gives it without key or fields"}
    assert (issues(api, batch), batch.gone) == ([], [])


@pytest.mark.parametrize("api", [CLOUD, DATA_CENTER])
@pytest.mark.parametrize("number", [{}, {"id": None}, {"id": ""}, {"id": []}])
def test_what_is_asked_for_is_not_taken_for_gone_where_an_answer_does_not_say_what_it_is_of(
    api: Any, number: dict[str, Any]
) -> None:
    answer = {"issues": [{**number, "key": "A-1", "fields": {"summary": "x"}}], "total": 1}
    with pytest.raises(JiraFailure, match="a work item has no id"):
        play(api.batch(["1"]), answer)


@pytest.mark.parametrize("api", [CLOUD, DATA_CENTER])
def test_ids_may_be_numbers(api: Any) -> None:
    whole = issue(2, changelog={"histories": [], "total": 0})
    found: list[Any] = [{"issues": [{"id": 1, "key": "A-1"}, {**whole, "id": 2}], "total": 2}]
    if api is CLOUD:
        failing = {"issueErrors": [{"id": 3, "errorMessage": "too big"}]}
        histories = [{"issueId": 2, "changeHistories": [{"id": "11"}]}]
        found = [found[0] | failing, {"issues": [], **failing}, {"issueChangeLogs": histories}]
        whole["changelog"] = {"histories": [{"id": "11"}], "total": 1}
    _, batch = play(api.batch(["1", "2", "3"] if api is CLOUD else ["1", "2"]), *found)
    assert [one["changelog"] for one in issues(api, batch)] == [whole["changelog"]]
    assert list(batch.told) == ["2"]
    assert batch.gone == []
    assert batch.unread["1"] == "Jira gives it without key or fields"


@pytest.mark.parametrize(
    ("body", "is_json"),
    [
        (b'{"issues": [{"id": "1"}], "total": 1', False),
        (b"<html>", False),
        (b"", False),
        (b'{"issues": [{"id": "1"}}]}', False),
        (b'{"issues": [{"id": "\xff"}]}', True),
        (b'{"issues": [], "why": "\xff"}', False),
        (b'{"issues": ["\\ud83d", ' + b"[" * 5_000 + b"]" * 5_000 + b"]}", False),
        (b'{"issues": ["\\ud83d", ' + b"[" * 1_018 + b"]" * 1_018 + b"]}", False),
    ],
)
def test_an_answer_that_is_no_json_is_not_taken_for_one(body: bytes, is_json: bool) -> None:
    """What is wrong inside of a member is found when that one is read."""
    talk = DATA_CENTER.batch(["1"])
    request = next(talk)
    if not is_json:
        with pytest.raises(ValueError):  # noqa: PT011 - whatever the parser says of it
            request.read(body)
        return
    with pytest.raises(JiraFailure, match="the member of a list is no object"):
        talk.send(request.read(body))


def test_members_stay_json_and_the_rest_is_read() -> None:
    request = post("/x", {}, split="issues")
    found = request.read(b'{"issues": [{"id": "1", "half": "\\ud83d"}, {}], "total": 2, "issueErrors": [{"id": "3"}]}')
    assert found == {
        "issues": [b'{"id": "1", "half": "\\ud83d"}', b"{}"],
        "total": 2,
        "issueErrors": [{"id": "3"}],
    }
    assert [part(one) for one in parts(found, "issues")] == [{"id": "1", "half": "\ud83d"}, {}]


def test_a_text_in_an_address_cannot_lead_elsewhere() -> None:
    request = get("/rest/api/2/issue/{issueIdOrKey}", {"issueIdOrKey": "../../x?y=1#z"}, fields="a&b")
    assert request.target == "/rest/api/2/issue/..%2F..%2Fx%3Fy%3D1%23z?fields=a%26b"
    assert request.endpoint == "GET /rest/api/2/issue/{issueIdOrKey}"


def test_what_myself_server_info_and_permissions_tell() -> None:
    told = account({"accountId": "712020:1", "displayName": "Ann", "timeZone": "Asia/Kolkata"})
    assert (told.key, told.name, str(told.zone)) == ("712020:1", "Ann", "Asia/Kolkata")
    with pytest.raises(JiraFailure, match="time zone 'Mars/Base' is unknown"):
        account({"timeZone": "Mars/Base"})
    assert server_ms({"serverTime": "2026-02-02T11:00:00.250+0100"}) == 1_770_026_400_250
    with pytest.raises(JiraFailure, match="tells no permissions"):
        missing({})


def test_the_same_history_is_the_same_payload_in_whatever_order_it_was_told() -> None:
    histories = [{"id": "9", "created": "a"}, {"id": "10", "created": "b"}, {"id": "9", "created": "a"}]
    told = [payload(issue(1), order, 2, None) for order in (histories, histories[::-1])]
    assert told[0] == told[1]
    assert [one["id"] for one in told[0]["changelog"]["histories"]] == ["9", "10"]


# Windows.

JUNE = 1_780_000_030_500  # 2026-05-28T20:27:10.500Z


@pytest.mark.parametrize(
    ("window", "jql"),
    [
        (Window(), "project is not EMPTY ORDER BY updated ASC, key ASC"),
        (Window("10000"), 'project = "10000" ORDER BY updated ASC, key ASC'),
        (Window("10000", newest_first=True), 'project = "10000" ORDER BY updated DESC, key DESC'),
        (Window(since_ms=JUNE), 'updated >= "2026-05-28 22:27" ORDER BY updated ASC, key ASC'),
        (
            Window(since_ms=JUNE, until_ms=JUNE + 60_000),
            'updated >= "2026-05-28 22:27" AND updated < "2026-05-28 22:28" ORDER BY updated ASC, key ASC',
        ),
    ],
)
def test_a_window_is_jql_in_minutes_of_the_caller_s_zone(window: Window, jql: str) -> None:
    assert window.jql(BERLIN) == jql


def test_a_window_reaches_back_rather_than_forward() -> None:
    assert '"2026-05-29 01:57"' in Window(since_ms=JUNE).jql(ZoneInfo("Asia/Kolkata"))
    twice = 1_792_888_200_000  # 2026-10-25T00:30Z, 02:30 in Berlin for the first of two times
    assert Window(since_ms=twice).jql(BERLIN) == Window(since_ms=twice + 3_600_000).jql(BERLIN)
