"""Importing: every shape ends in the same store; what cannot be read is left out, and said where and why."""

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.flags import Flag
from sojourn.history import dump
from sojourn.history.models import Issue, Site, Value
from sojourn.jira import files
from sojourn.jira.importer import Importer, Outcome, StrictError
from sojourn.jira.payload import Reader
from tests.builders import change, issue, status
from tests.core.calendar_help import ms

pytestmark = pytest.mark.django_db
T1, T2 = "2024-01-02T09:00:00.000+0000", "2024-01-03T09:00:00.000+0000"
ONE = issue("ABC-1", "Done", change(T1, "status", "Open", "Done"), customfield_7={"id": "1", "value": "Gold"})
TWO = issue("ABC-2", "Open", assignee={"accountId": "b", "displayName": "Bob"})


HOW = "write it with its zone, such as 2024-01-31T09:00:00.000+0100"


def run(*paths: Path, **more: Any) -> Outcome:
    return Importer(Reader(["customfield_7"]), **more).run(files.find(list(paths), "auto"))


def take(*payloads: Any, **more: Any) -> Outcome:
    return Importer(Reader(["customfield_7"]), **more).import_values("test", iter(payloads))


def said(outcome: Outcome) -> list[tuple[str, str]]:
    return [(problem.place, problem.reason) for problem in outcome.problems]


def write(path: Path, *values: Any) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return path


def named(site: str, payload: Any) -> dict[str, Any]:
    return {"server": site, "source": "test", "issue": payload}


SHAPES: dict[str, list[Any]] = {
    "one a line": [ONE, TWO],
    "an array": [[ONE, TWO]],
    "an array in an array": [[[ONE], [TWO]]],
    "search pages": [{"issues": [ONE], "total": 2}, {"issues": [TWO], "total": 2}],
    "with their server": [named("Here", ONE), named("Here", TWO)],
    "with nothing but the work item": [{"issue": ONE}, {"issue": TWO}],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_ends_in_the_same_store(tmp_path: Path, shape: str) -> None:
    write(tmp_path / "export.json", *SHAPES[shape])
    outcome = run(tmp_path, site="Here")
    assert (outcome.written.written, outcome.problems) == (2, [])
    [site, *_, first, second] = [json.loads(line) for line in dump.lines()]
    assert site == {"site": "Here"}
    assert {first["key"], second["key"]} == {"ABC-1", "ABC-2"}
    done = first if first["key"] == "ABC-1" else second
    assert done["timelines"]["status"] == {
        "at": [ms("2024-01-01T09:00"), ms("2024-01-02T09:00")],
        "value": ["1", "5"],
        "author": [None, "ann"],
        "flags": [],
    }
    assert outcome.bytes_read == (tmp_path / "export.json").stat().st_size


def test_a_folder_is_imported_whole_compressed_or_not(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", ONE)
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(json.dumps(TWO, indent=1).encode()))
    (tmp_path / "c.csv").write_text("case,status,time\n7,A,2024-01-01T09:00\n")
    outcome = run(tmp_path)
    assert (outcome.written.written, outcome.problems) == (3, [])
    assert set(Issue.objects.values_list("key", "site__name")) == {
        *(("ABC-1", "Imported"), ("ABC-2", "Imported"), ("7", "Imported")),
    }


def test_names_of_a_search_page_name_its_fields(tmp_path: Path) -> None:
    page = {"issues": [ONE], "names": {"customfield_7": "Service level"}}
    run(write(tmp_path / "page.json", page))
    assert Site.objects.get().field_set.get(key="customfield_7").name == "Service level"


def test_two_sites_with_the_same_ids_stay_apart(tmp_path: Path) -> None:
    there = {**TWO, "id": ONE["id"], "key": ONE["key"]}
    there["fields"] = {**there["fields"], "status": {**status("Open"), "name": "Offen"}}
    run(write(tmp_path / "two.jsonl", named("here", ONE), named("there", there)))
    assert set(Issue.objects.values_list("site__name", "key", "status__name")) == {
        *(("here", "ABC-1", "Done"), ("there", "ABC-1", "Offen")),
    }
    assert Value.objects.get(site__name="here", kind="status", key="1").name == "Open"


def test_a_site_that_is_given_beats_the_files_own(tmp_path: Path) -> None:
    run(write(tmp_path / "two.jsonl", named("here", ONE), TWO), site="mine")
    assert list(Site.objects.values_list("name", flat=True)) == ["mine"]


@pytest.mark.parametrize("server", ["x" * 256, "a\0b"])
def test_what_is_no_name_of_a_site_is_refused(server: str) -> None:
    assert take(named(server, ONE)).problems[0].reason.startswith("server: ")


def test_what_is_not_a_work_item_is_left_out_one_by_one(tmp_path: Path) -> None:
    bad = copy.deepcopy(TWO)
    bad["fields"]["created"] = "yesterday"
    page = {"issues": [ONE, None, 7, {"x": 1}, bad, TWO]}
    path = write(tmp_path / "export.jsonl", page, "text", [], {"issueChangeLogs_": 1})
    outcome = run(path)
    assert said(outcome) == [
        ("line 1, issue 2", "None is not a work item; a Jira work item is a JSON object"),
        ("line 1, issue 3", "7 is not a work item; a Jira work item is a JSON object"),
        ("line 1, issue 4", "is not a work item: it has x, and neither `key` nor `fields`"),
        ("line 1, issue 5", f"ABC-2.fields.created: 'yesterday' is not an instant; {HOW}"),
        ("line 2", "'text' is not a work item; a Jira work item is a JSON object"),
        ("line 4", "is not a work item: it has issueChangeLogs_, and neither `key` nor `fields`"),
    ]
    assert str(outcome.problems[0]).startswith(f"{path}: line 1, issue 2: ")
    assert outcome.items == Issue.objects.count() == 2


def test_lists_without_end_are_no_work_items() -> None:
    deep: Any = ONE
    for _ in range(900):
        deep = [deep]
    [(place, reason)] = said(take(deep))
    assert place.startswith("item 1, item 1")
    assert reason.endswith("is not a work item; a Jira work item is a JSON object")
    assert len(reason) < 200


def test_half_a_line_at_the_end_loses_only_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "export.jsonl", ONE, TWO)
    path.write_bytes(path.read_bytes()[:-20])
    outcome = run(path)
    assert outcome.written.written == 1
    assert [place for place, _ in said(outcome)] == ["line 2"]


def pages(*parts: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"issueChangeLogs": [{"issueId": key, "changeHistories": histories} for key, histories in parts]}


def bulk(at: str, number: str, before: str, after: str) -> dict[str, Any]:
    return {**change(at, "status", before, after), "id": number, "created": ms(at)}


def test_bulk_fetched_changelogs_are_joined_to_their_work_items(tmp_path: Path) -> None:
    one, two = ({key: part for key, part in each.items() if key != "changelog"} for each in (ONE, TWO))
    write(tmp_path / "1_issues.jsonl", one, two)
    first, second = bulk(T1, "9", "Open", "Waiting"), bulk(T2, "10", "Waiting", "Done")
    # The second history comes first, and again on the next page.
    write(tmp_path / "2_page.json", pages((ONE["id"], [second])))
    (tmp_path / "3_page.json.gz").write_bytes(gzip.compress(json.dumps([pages((ONE["id"], [first, second]))]).encode()))
    assert said(run(tmp_path)) == []
    changed, unchanged = Issue.objects.get(key="ABC-1"), Issue.objects.get(key="ABC-2")
    assert (changed.flags, unchanged.flags) == (0, 0), "bulk-fetched histories are whole"
    told = {line["key"]: line for line in map(json.loads, dump.lines()) if "jira_id" in line}
    assert told["ABC-1"]["timelines"]["status"]["value"] == ["1", "4", "5"]
    assert told["ABC-1"]["timelines"]["status"]["at"] == [ms("2024-01-01T09:00"), ms(T1), ms(T2)]
    assert "status" not in told["ABC-2"]["timelines"]


def test_bulk_fetched_instants_in_seconds_are_told_from_milliseconds(tmp_path: Path) -> None:
    write(tmp_path / "issue.json", {key: part for key, part in ONE.items() if key != "changelog"})
    history = bulk(T1, "9", "Waiting", "Open")
    write(tmp_path / "page.json", pages((ONE["id"], [{**history, "created": history["created"] // 1000}])))
    run(tmp_path)
    told = {line["key"]: line for line in map(json.loads, dump.lines()) if "jira_id" in line}
    assert told["ABC-1"]["timelines"]["status"]["at"][1] == ms(T1)


def test_a_bulk_fetched_history_completes_the_work_items_own(tmp_path: Path) -> None:
    first, second = bulk(T1, "9", "Open", "Waiting"), bulk(T2, "10", "Waiting", "Done")
    cut = {**ONE, "changelog": {"histories": [{**second, "created": T2}], "total": 2}}
    write(tmp_path / "issues.json", cut)
    write(tmp_path / "page.json", pages((ONE["id"], [first])))
    run(tmp_path)
    assert Issue.objects.get().flags == 0
    assert json.loads(list(dump.lines())[-1])["timelines"]["status"]["value"] == ["1", "4", "5"]


def test_pages_that_are_none_are_reported_and_the_rest_is_joined(tmp_path: Path) -> None:
    good = pages((ONE["id"], [bulk(T1, "9", "Open", "Waiting"), bulk(T2, "10", "Waiting", "Done")]))
    bad = [
        {"issueChangeLogs": [{"changeHistories": []}]},
        {"issueChangeLogs": [7]},
        {"issueChangeLogs": [{"issueId": "1", "changeHistories": [None]}]},
        {"issueChangeLogs": "x"},
        ONE,
    ]
    write(tmp_path / "page.jsonl", good, *bad, "x")
    write(tmp_path / "z.json", {**ONE, "changelog": None})
    outcome = run(tmp_path)
    assert said(outcome) == [
        ("line 2", "issueChangeLogs[0]: has no `issueId`"),
        ("line 3", "issueChangeLogs[0]: 7 is not an object"),
        ("line 4", "issueChangeLogs[0].changeHistories[0]: None is not an object"),
        *((f"line {number}", "is not a page of changelogs") for number in (5, 6, 7)),
    ]
    assert json.loads(list(dump.lines())[-1])["timelines"]["status"]["value"] == ["1", "4", "5"]


def test_a_page_of_changelogs_amid_work_items_is_reported() -> None:
    assert said(take(pages())) == [("item 1", "is a page of changelogs amid work items; put it into a file of its own")]


def statuses(**names: str) -> list[dict[str, Any]]:
    """What `GET /status` answers: a list of statuses, by id."""
    category = {"statusCategory": {"key": "indeterminate"}}
    return [{"id": key.strip("_"), "name": name, **category} for key, name in names.items()]


def status_names() -> dict[str, tuple[str, str, bool]]:
    return {v.key: (v.name, v.category, v.deleted) for v in Value.objects.filter(kind="status")}


@pytest.mark.parametrize("name", ["a_statuses.json", "z_statuses.json"], ids=["read first", "read last"])
@pytest.mark.parametrize("page", [False, True], ids=["a list", "a page"])
def test_a_list_of_statuses_names_them_and_says_which_were_deleted(tmp_path: Path, name: str, page: bool) -> None:
    one = issue("ABC-1", "Open", change(T1, "status", "Waiting", "Open"))
    write(tmp_path / "issues.json", one)
    listed = statuses(_1="Offen", _7="Never used")
    write(tmp_path / name, {"values": listed} if page else listed)
    assert said(run(tmp_path)) == []
    assert status_names() == {
        "1": ("Offen", "indeterminate", False),
        "4": ("Waiting", "", True),
        "7": ("Never used", "indeterminate", False),
    }


def test_after_a_list_of_statuses_what_only_histories_know_is_deleted_and_what_is_in_use_is_not() -> None:
    take(statuses(_1="Offen"))
    take(issue("ABC-1", "Done", change(T1, "status", "Waiting", "Done")))
    assert status_names() == {
        "1": ("Offen", "indeterminate", False),
        "4": ("Waiting", "", True),
        "5": ("Done", "done", False),
    }


def test_a_later_list_of_statuses_beats_an_earlier_one() -> None:
    take(statuses(_1="Open", _2="Two"))
    take(statuses(_1="A new name", _3="Three"))
    assert status_names() == {
        "1": ("A new name", "indeterminate", False),
        "2": ("Two", "indeterminate", True),
        "3": ("Three", "indeterminate", False),
    }
    take(statuses(_1="A new name", _2="Two again", _3="Three"))
    assert status_names()["2"] == ("Two again", "indeterminate", False)


def test_a_status_without_id_and_name_is_reported() -> None:
    assert said(take([{"statusCategory": {"key": "done"}}])) == [
        ("item 1, status 1", "is a status without `id` and `name`")
    ]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"values": statuses(_1="Offen"), "isLast": False, "total": 3}, id="the first page of several"),
        pytest.param({"values": statuses(_1="Offen"), "isLast": True, "startAt": 50}, id="the last page of several"),
        pytest.param(statuses(_1="Offen")[0], id="one status"),
    ],
)
def test_a_part_of_the_statuses_names_them_and_deletes_none(tmp_path: Path, part: Any) -> None:
    take(issue("ABC-1", "Open", change(T1, "status", "Waiting", "Open")))
    (tmp_path / "part.json").write_text(json.dumps(part))
    assert run(tmp_path, site="Imported").statuses == 1
    assert status_names() == {"1": ("Offen", "indeterminate", False), "4": ("Waiting", "", False)}


def test_the_body_of_a_webhook_is_left_out() -> None:
    problem = "is the body of a webhook, not an export; it has no whole history"
    assert said(take({"webhookEvent": "jira:issue_deleted", "issue": ONE})) == [("item 1", problem)]


@pytest.mark.parametrize(
    ("tokens", "flagged"),
    [
        pytest.param([None], {"ABC-1": False, "ABC-2": False}, id="one page"),
        pytest.param(["next", None], {"ABC-1": False, "ABC-2": False}, id="all pages"),
        pytest.param(["next"], {"ABC-1": True, "ABC-2": True}, id="the last page is missing"),
    ],
)
def test_histories_are_whole_where_the_last_page_is_there(
    tmp_path: Path, tokens: list[str | None], flagged: dict[str, bool]
) -> None:
    bare = [{key: part for key, part in each.items() if key != "changelog"} for each in (ONE, TWO)]
    write(tmp_path / "issues.jsonl", *bare)
    for number, token in enumerate(tokens):
        history = bulk(T1, str(number), "Waiting", "Open")
        page = {**pages((ONE["id"], [history])), **({"nextPageToken": token} if token else {})}
        write(tmp_path / f"page{number}.json", page)
    outcome = run(tmp_path)
    assert {one.key: bool(one.flags & Flag.HISTORY_INCOMPLETE) for one in Issue.objects.all()} == flagged
    assert outcome.cut_short == sum(flagged.values())


def test_a_count_of_more_changes_than_the_pages_hold_is_believed(tmp_path: Path) -> None:
    write(tmp_path / "issue.json", {**ONE, "changelog": {"histories": [], "total": 5}})
    write(tmp_path / "page.json", pages((ONE["id"], [bulk(T1, "9", "Waiting", "Open")])))
    run(tmp_path)
    assert Issue.objects.get().flags & Flag.HISTORY_INCOMPLETE


def test_categories_are_read_as_both_apis_write_them() -> None:
    take({"values": [{"id": "1", "name": "One", "statusCategory": "IN_PROGRESS"}]})
    take({"values": [{"id": "1", "name": "One", "statusCategory": "DONE"}]})
    assert status_names() == {"1": ("One", "done", False)}


def test_a_strict_import_stops_at_the_first_problem_and_what_came_before_is_stored() -> None:
    with pytest.raises(StrictError, match=r"test: item 3: .* \(strict: stopped here; what came before is stored\)"):
        take(ONE, TWO, {"x": 1}, issue("ABC-3"), strict=True)
    assert set(Issue.objects.values_list("key", flat=True)) == {"ABC-1", "ABC-2"}


def test_progress_is_told_batch_by_batch() -> None:
    told: list[int] = []
    take(*(issue(f"ABC-{number}") for number in range(1201)), on_progress=lambda outcome: told.append(outcome.items))
    assert told == [500, 1000, 1201]


HOSTILE: list[Any] = [
    *(None, True, 0, -1, 2**63, 2**70, 1e300, float("inf"), float("nan"), "", "x", "\0", "a\0b", "\ud800", "²"),
    *("x" * 5_000, "ü" * 5_000, "2024-01-01", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000+1400"),
    *([], [None], ["x"], [["x"]], ["x" * 5_000], {}, {"": ""}, {"id": "x" * 5_000}, {"name": "a\0b"}, {"id": {}}),
    *({"\0": "\0"}, {"accountId": ["x"]}, {"comments": [{}]}, {"histories": [{}]}, {"key": "k", "id": "i"}),
]
WHOLE = issue(
    "ABC-1",
    "Done",
    change(T1, "status", "Open", "Done"),
    change(T1, "Sprint", "1", "1, 2", fieldtype="custom", fieldId="customfield_3"),
    change(T2, "Level", "[1]", "[1, 2]", fieldtype="custom", fieldId="customfield_7"),
    change(T2, "Fix Version", None, "v1"),
    assignee={"accountId": "a", "displayName": "Ann"},
    fixVersions=[{"id": "v1", "name": "v1"}],
    customfield_3=[{"id": 2, "name": "Two", "state": "active"}],
    customfield_7=[{"id": "1", "value": "a"}],
    comment={"comments": [{"id": "1", "created": T1, "author": {"accountId": "a"}}], "total": 1},
    updated=T2,
    duedate="2024-02-01",
) | {"names": {"customfield_7": "Level"}}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path, *(place for key in keys for place in places(value[key], (*path, key)))]


def spoilt(place: tuple[Any, ...], value: Any, number: int) -> dict[str, Any]:
    payload: Any = copy.deepcopy(WHOLE)
    payload["id"] = str(number)
    inside = payload
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = copy.deepcopy(value)
    return dict(payload)


@pytest.mark.parametrize("keep_texts", [False, True])
def test_nothing_in_any_place_breaks_an_import(keep_texts: bool) -> None:
    payloads = [spoilt(place, value, 0) for place in places(WHOLE)[1:] for value in HOSTILE]
    for number, payload in enumerate(payloads):
        payload["id"] = payload["id"] if payload["id"] != "0" else f"n{number}"
    outcome = Importer(Reader(["customfield_7"], keep_texts=keep_texts)).import_values("test", iter(payloads))
    assert outcome.items + len(outcome.problems) == len(payloads)
    assert outcome.items > len(payloads) / 2
    assert all(problem.place.startswith("item ") and problem.reason for problem in outcome.problems)
    assert not any("\\u0000" in line for line in dump.lines())
    good = take(ONE, site="Test 2")
    assert good.written.written == 1


def test_a_megabyte_in_every_text_is_read() -> None:
    text = "ü" * 1_000_000
    one = change(T1, "Level", "a", text, fieldtype="custom", fieldId="customfield_7")
    fields = {"summary": text, "assignee": {"accountId": text, "displayName": text}, "customfield_7": text}
    outcome = take(issue("ABC-1", "Open", one, status={"id": "1", "name": text}, **fields))
    assert (outcome.written.written, outcome.problems) == (1, [])
    assert Issue.objects.get().summary == text
    assert Value.objects.get(kind="status").name == text
