"""Jira's JSON of one work item, read by docs/semantics.md 1 to 8; and what is not Jira's JSON, refused by name."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sojourn.core.flags import Flag
from sojourn.errors import Refused
from sojourn.history.record import FROM_PRESENT, IssueRecord, ProjectRecord
from sojourn.jira.payload import Reader
from tests.builders import change, issue
from tests.core.calendar_help import ms

CREATED = ms("2024-01-01T09:00")
T1, T2, T3 = (f"2024-01-0{day}T09:00:00.000+0000" for day in (2, 3, 4))
AT1, AT2, AT3 = (ms(f"2024-01-0{day}T09:00") for day in (2, 3, 4))


def read(payload: dict[str, Any], *custom: str, **more: Any) -> IssueRecord:
    return Reader(custom, **more).read(payload)


def steps(record: IssueRecord, field: str) -> list[tuple[int, Any]]:
    line = record.timelines[field]
    return list(zip(line.at_ms, [ref and ref[1] for ref in line.value], strict=True))


def custom(at: str, field: str, field_id: str | None, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    """A change of a custom field, by its texts, or by pairs of ids and names."""
    (before_id, before_name), (after_id, after_name) = (
        side if isinstance(side, tuple) else (None, side) for side in (before, after)
    )
    item = {"field": field, "fieldtype": "custom", "from": before_id, "fromString": before_name}
    item |= {"to": after_id, "toString": after_name, **({"fieldId": field_id} if field_id else {}), **more}
    return {"id": "1", "created": at, "author": {"accountId": "ann"}, "items": [item]}


def test_a_work_item_is_what_it_is_now() -> None:
    record = read(
        issue(
            "ABC-1",
            "Done",
            updated=T3,
            resolutiondate=T2,
            duedate="2024-02-29",
            priority={"id": "2", "name": "High"},
            assignee={"accountId": "b", "displayName": "Bob"},
            labels=["x"],
            description="long",
            customfield_1={"value": "Gold"},
            empty=None,
        )
    )
    assert (record.key, record.summary) == ("ABC-1", "About ABC-1")
    assert record.project == ProjectRecord("10", "ABC", "A project")
    assert (record.created_ms, record.updated_ms, record.resolved_ms) == (CREATED, AT3, AT2)
    assert str(record.due) == "2024-02-29"
    assert record.present["status"] == ("status", "5")
    assert record.present["priority"] == ("priority", "2")
    assert record.present["assignee"] == ("user", "b")
    assert record.present["resolution"] is None
    assert record.labels[("status", "5")].category == "done"
    assert record.fields["labels"] == ["x"]
    assert record.fields["customfield_1"] == "Gold"
    assert "description" not in record.fields
    assert "empty" not in record.fields
    assert record.flags == Flag(0)


def test_the_timeline_of_the_status_is_by_id() -> None:
    record = read(
        issue("ABC-1", "Done", change(T1, "status", "Open", "Waiting"), change(T2, "status", "Waiting", "Done"))
    )
    assert steps(record, "status") == [(CREATED, "1"), (AT1, "4"), (AT2, "5")]
    assert record.timelines["status"].author == [None, "ann", "ann"]
    assert record.timelines["status"].flags == Flag(0)


def test_a_status_that_never_changed_has_no_timeline() -> None:
    assert "status" not in read(issue()).timelines


@pytest.mark.parametrize(
    ("user", "key", "name"),
    [
        ({"accountId": "5b10", "displayName": "Ann", "emailAddress": "a@x"}, "5b10", "Ann"),  # Cloud
        ({"key": "JIRAUSER1", "name": "ann", "displayName": "Ann"}, "JIRAUSER1", "Ann"),  # Data Center
        ({"name": "ann"}, "ann", "ann"),  # old Server
        ("ann", "ann", "ann"),
    ],
)
def test_an_account_is_its_account_id_or_its_key_or_its_name(user: Any, key: str, name: str) -> None:
    record = read(issue(assignee=user, creator=user))
    assert record.present["assignee"] == ("user", key)
    assert record.labels[("user", key)].name == name


def test_nobody_assigned_is_empty_between_people() -> None:
    one = change(T1, "assignee", None, "Ann", **{"from": None, "to": "a"})
    two = change(T2, "assignee", "Ann", None, **{"from": "a", "to": None})
    record = read(issue("ABC-1", "Open", one, two, assignee=None))
    assert steps(record, "assignee") == [(CREATED, None), (AT1, "a"), (AT2, None)]


def test_names_alone_are_ids_where_there_are_none() -> None:
    item = {"field": "status", "fieldtype": "jira", "fromString": "Open", "toString": "Done"}
    history = {"id": "1", "created": T1, "author": {"name": "ann"}, "items": [item]}
    record = read({**issue(status={"name": "Done"}), "changelog": {"histories": [history]}})
    assert steps(record, "status") == [(CREATED, "Open"), (AT1, "Done")]
    assert record.timelines["status"].flags == Flag(0)


def test_a_status_without_a_from_starts_unknown() -> None:
    item = {"field": "status", "fieldtype": "jira", "to": "5", "toString": "Done"}
    record = read({**issue(now="Done"), "changelog": {"histories": [{"id": "1", "created": T1, "items": [item]}]}})
    assert steps(record, "status") == [(CREATED, ""), (AT1, "5")]
    assert record.labels[("status", "")].name == "Unknown"
    assert record.timelines["status"].flags == Flag.UNKNOWN_START


def test_a_renamed_status_has_one_id_the_present_name_and_a_doubt_where_the_names_meet() -> None:
    one = change(T1, "status", "Open", "In development", to="3")
    two = change(T2, "status", "In progress", "Done")
    record = read(issue("ABC-1", "Done", one, two))
    assert steps(record, "status") == [(CREATED, "1"), (AT1, "3"), (AT2, "5")]
    assert record.labels[("status", "3")].name == "In progress"
    assert record.timelines["status"].flags == Flag.HISTORY_GAP


def test_the_present_name_beats_those_of_later_histories() -> None:
    one = change(T1, "status", "Offen", "Fertig", **{"from": "1", "to": "5"})
    two = change(T2, "status", "Fertig", "Offen", **{"from": "5", "to": "1"})
    record = read(issue("ABC-1", "Open", one, two))
    assert record.labels[("status", "1")].name == "Open"
    assert record.labels[("status", "1")].rank >= FROM_PRESENT > record.labels[("status", "5")].rank


def test_a_custom_field_called_status_is_not_the_status() -> None:
    record = read(issue("ABC-1", "Open", custom(T1, "status", "customfield_9", "x", "y")))
    assert "status" not in record.timelines


@pytest.mark.parametrize("with_field_id", [True, False], ids=["Cloud", "Data Center"])
def test_sprints_are_sets_by_id(with_field_id: bool) -> None:
    field_id = "customfield_10020" if with_field_id else None
    now = [{"id": 8, "name": "Sprint 8", "state": "active"}, {"id": 9, "name": "Sprint 9, late", "state": "future"}]
    record = read(
        issue(
            "ABC-1",
            "Open",
            custom(T1, "Sprint", field_id, ("", ""), ("7", "Sprint 7")),
            custom(T2, "Sprint", field_id, ("7", "Sprint 7"), ("7, 8", "Sprint 7, Sprint 8")),
            custom(T3, "Sprint", field_id, ("7, 8", "Sprint 7, Sprint 8"), ("8, 9", "Sprint 8, Sprint 9, late")),
            customfield_10020=now,
        )
    )
    assert steps(record, "sprint") == [(CREATED, None), (AT1, '["7"]'), (AT2, '["7", "8"]'), (AT3, '["8", "9"]')]
    assert record.labels[("sprint", '["8", "9"]')].name == "Sprint 8, Sprint 9, late"
    assert record.timelines["sprint"].flags == Flag(0)


def test_sprints_of_data_center_are_read_out_of_their_texts() -> None:
    text = "com.atlassian.greenhopper.service.sprint.Sprint@1[id=7,rapidViewId=2,state=ACTIVE,name=Sprint 7,goal=]"
    record = read(issue("ABC-1", "Open", custom(T1, "Sprint", None, ("", ""), ("7", "Sprint 7")), customfield_3=[text]))
    assert steps(record, "sprint") == [(CREATED, None), (AT1, '["7"]')]
    assert record.timelines["sprint"].flags == Flag(0)


def test_labels_have_no_timeline() -> None:
    record = read(issue("ABC-1", "Open", change(T1, "labels", "a", "a b"), labels=["a", "b"]))
    assert record.timelines.keys() == {"project"}


def test_fix_versions_are_rebuilt_from_single_adds_and_removes() -> None:
    def version(at: str, before: str | None, after: str | None) -> dict[str, Any]:
        names = {"1": "v1", "2": "v2"}
        item = {"field": "Fix Version", "fieldtype": "jira", "from": before, "fromString": names.get(before or "")}
        return {"created": at, "items": [{**item, "to": after, "toString": names.get(after or "")}]}

    histories = [version(T1, None, "1"), version(T2, None, "2"), version(T3, "1", None)]
    record = read(issue("ABC-1", "Open", *histories, fixVersions=[{"id": "2", "name": "v2.0"}]))
    assert steps(record, "fixVersions") == [(CREATED, None), (AT1, '["1"]'), (AT2, '["1", "2"]'), (AT3, '["2"]')]
    assert record.timelines["fixVersions"].flags == Flag(0)
    assert record.labels[("fixVersions", '["1", "2"]')].name == "v1, v2.0", "each under its present name"


def test_the_flag_is_found_by_its_field_or_by_its_value() -> None:
    flag = [{"id": "10019", "value": "Impediment"}]
    one = custom(T1, "Flagged", None, ("", ""), ("[10019]", "Impediment"))
    assert steps(read(issue("ABC-1", "Open", one, customfield_5=flag)), "flagged") == [
        (CREATED, None),
        (AT1, '["10019"]'),
    ]
    two = custom(T2, "Flagged", "customfield_5", ("[10019]", "Impediment"), ("", ""))
    record = read(issue("ABC-1", "Open", one, two, customfield_5=None))
    assert steps(record, "flagged") == [(CREATED, None), (AT1, '["10019"]'), (AT2, None)]
    assert record.timelines["flagged"].flags == Flag(0)


def test_due_dates_and_moves_are_timelines() -> None:
    due = change(T1, "duedate", None, "2024-02-01")
    moved = {
        "created": T2,
        "items": [
            {"field": "project", "fieldtype": "jira", "from": "9", "fromString": "Old", "to": "10", "toString": "New"},
            {"field": "Key", "fieldtype": "jira", "from": None, "fromString": "OLD-7", "to": None, "toString": "ABC-1"},
        ],
    }
    record = read(issue("ABC-1", "Open", due, moved, duedate="2024-02-01"))
    assert steps(record, "duedate") == [(CREATED, None), (AT1, "2024-02-01")]
    assert steps(record, "project") == [(CREATED, "9"), (AT2, "10")]
    assert steps(record, "key") == [(CREATED, "OLD-7"), (AT2, "ABC-1")]
    assert record.labels[("project", "10")].name == "A project"


def test_comments_are_events_public_or_internal() -> None:
    comments = [
        {"id": "11", "created": T2, "author": {"accountId": "b"}, "jsdPublic": False, "body": "secret"},
        {"id": "9", "created": T2, "author": {"accountId": "a"}, "jsdPublic": True},
        {"id": "10", "created": T1, "author": None},
    ]
    record = read(issue(comment={"comments": comments, "total": 3}))
    assert steps(record, "comment") == [(AT1, "public"), (AT2, "public"), (AT2, "internal")]
    assert record.timelines["comment"].author == [None, "a", "b"]
    assert record.timelines["comment"].flags == Flag(0)
    assert b"secret" not in record.payload


def test_comments_that_were_cut_short_say_so() -> None:
    record = read(issue(comment={"comments": [{"id": "1", "created": T1}], "total": 2}))
    assert record.timelines["comment"].flags == Flag.HISTORY_INCOMPLETE


def test_texts_are_kept_only_where_that_was_asked_for() -> None:
    described = {"field": "description", "fieldtype": "jira", "fromString": "was secret", "toString": "secret"}
    history = {"id": "1", "created": T1, "items": [described]}
    payload = issue("ABC-1", "Open", history, description="secret", comment={"comments": []})
    assert b"secret" not in read(payload).payload
    kept = json.loads(read(payload, keep_texts=True).payload)
    assert kept["fields"]["description"] == "secret"
    assert kept["changelog"]["histories"][0]["items"][0]["fromString"] == "was secret"


@pytest.mark.parametrize(
    ("changelog", "flags"),
    [
        ({"histories": [], "total": 0}, Flag(0)),
        ({"histories": []}, Flag(0)),
        ({"histories": None, "total": 0}, Flag(0)),
        ({"histories": [], "total": 3}, Flag.HISTORY_INCOMPLETE),
        ({"histories": [change(T1, "assignee", None, None)], "total": 2}, Flag.HISTORY_INCOMPLETE),
        (None, Flag.HISTORY_INCOMPLETE),
    ],
)
def test_a_history_that_is_missing_or_cut_is_flagged(changelog: Any, flags: Flag) -> None:
    assert read({**issue(), "changelog": changelog}).flags == flags


def test_a_work_item_without_a_changelog_is_flagged() -> None:
    payload = issue()
    del payload["changelog"]
    assert read(payload).flags == Flag.HISTORY_INCOMPLETE


TRACKED = [
    ("one of a list", {"id": "21", "value": "Gold"}, (("20", "Silver"), ("21", "Gold")), ["20", "21"]),
    (
        "several of a list",
        [{"id": "22"}, {"id": "3"}],
        (("[3]", "[x]"), ("[22, 3]", "[y, x]")),
        ['["3"]', '["3", "22"]'],
    ),
    ("a number", 5.0, (("", "3"), ("", "5")), ["3", "5"]),
    ("a text", "[urgent] now", (("", "[urgent] soon"), ("", "[urgent] now")), ["[urgent] soon", "[urgent] now"]),
    ("emptied", None, (("20", "Silver"), ("", "")), ["20", None]),
    ("a list emptied", None, (("[20]", "Silver"), ("[]", "")), ['["20"]', None]),
]


@pytest.mark.parametrize(
    ("present", "sides", "expected"), [row[1:] for row in TRACKED], ids=[row[0] for row in TRACKED]
)
@pytest.mark.parametrize("by_id", [True, False], ids=["by id", "by name"])
def test_a_custom_field_is_tracked_where_that_was_asked_for(
    present: Any, sides: Any, expected: Any, by_id: bool
) -> None:
    one = custom(T1, "Level", "customfield_7" if by_id else None, *sides)
    payload = {**issue("ABC-1", "Open", one, customfield_7=present), "names": {"customfield_7": "Level"}}
    record = read(payload, "customfield_7")
    assert steps(record, "customfield_7") == [(CREATED, expected[0]), (AT1, expected[1])]
    assert record.timelines["customfield_7"].flags == Flag(0)
    assert record.field_names["customfield_7"] == "Level"
    assert "customfield_7" not in read(payload).timelines


def test_a_tracked_field_that_never_changed_has_its_present_value_since_creation() -> None:
    record = read(issue(customfield_7={"id": "21", "value": "Gold"}), "customfield_7")
    assert steps(record, "customfield_7") == [(CREATED, "21")]


def test_the_order_of_histories_does_not_matter() -> None:
    payload = issue("ABC-1", "Done", change(T1, "status", "Open", "Waiting"), change(T1, "status", "Waiting", "Done"))
    turned = copy.deepcopy(payload)
    turned["changelog"]["histories"].reverse()
    assert read(turned).timelines == read(payload).timelines
    assert steps(read(payload), "status") == [(CREATED, "1"), (AT1, "4"), (AT1, "5")]


def test_epoch_milliseconds_are_instants_too() -> None:
    one = {**change(T1, "status", "Open", "Done"), "created": AT1}
    assert steps(read(issue("ABC-1", "Done", one)), "status") == [(CREATED, "1"), (AT1, "5")]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-01-31T09:00:00.000+0100", ms("2024-01-31T08:00")),
        ("2024-01-31T09:00:00.123Z", ms("2024-01-31T09:00") + 123),
        ("2024-01-31T09:00:00.123456+05:45", ms("2024-01-31T03:15") + 123),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_instants_have_zones(text: str, at: int) -> None:
    assert read(issue(created=text)).created_ms == at


# What is wrong · the place that is named · what is said of it.
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"id": None}, "ABC-1", "`id`"),
    ({"id": ""}, "ABC-1", "`id`"),
    ({"key": None}, issue()["id"], "`key`"),
    ({"id": {"a": 1}}, "ABC-1.id", "not an id"),
    ({"key": ["ABC"]}, "['ABC'].key", "not an id"),
    ({"key": "K" * 256}, "K", "at most 255"),
    ({"id": "1" * 256}, "ABC-1.id", "at most 255"),
    ({"fields": None}, "ABC-1", "no `fields`"),
    ({"fields": []}, "ABC-1", "no `fields`"),
    ({"fields": "x"}, "ABC-1", "no `fields`"),
    ({"changelog": []}, "ABC-1.changelog", "not a changelog"),
    ({"changelog": "x"}, "ABC-1.changelog", "not a changelog"),
    ({"changelog": {"histories": {}}}, "ABC-1.changelog.histories", "not a list"),
    ({"changelog": {"histories": [None]}}, "ABC-1.changelog.histories[0]", "not an object"),
    ({"changelog": {"histories": [{"id": 5}]}}, "ABC-1.changelog.5.created", "not an instant"),
    ({"changelog": {"histories": [{"id": 5, "created": "x"}]}}, "ABC-1.changelog.5.created", "'x' is not an instant"),
    ({"changelog": {"histories": [{"created": T1, "items": {}}]}}, ".items", "not a list"),
    ({"changelog": {"histories": [{"created": T1, "items": [7]}]}}, ".items[0]", "7 is not an object"),
]
REFUSED_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"status": None}, "ABC-1.fields.status", "is missing"),
    ({"status": []}, "ABC-1.fields.status", "is missing"),
    ({"status": ["Open"]}, "ABC-1.fields.status", "not a status"),
    ({"status": 7}, "ABC-1.fields.status", "7 is not a status"),
    ({"status": {"self": "x"}}, "ABC-1.fields.status", "not a status"),
    ({"created": None}, "ABC-1.fields.created", "not an instant"),
    ({"created": "yesterday"}, "ABC-1.fields.created", "'yesterday' is not an instant"),
    ({"created": "2024-01-31T09:00:00"}, "ABC-1.fields.created", "with its zone"),
    ({"created": "2024-01-31"}, "ABC-1.fields.created", "with its zone"),
    ({"created": True}, "ABC-1.fields.created", "not an instant"),
    ({"created": {}}, "ABC-1.fields.created", "not an instant"),
    ({"created": 10**15}, "ABC-1.fields.created", "outside the years"),
    ({"created": 10**30}, "ABC-1.fields.created", "not an instant"),
    ({"created": -(10**14)}, "ABC-1.fields.created", "outside the years"),
    ({"created": "0001-01-01T00:00:00Z"}, "ABC-1.fields.created", "outside the years"),
    ({"created": "9999-12-31T00:00:00Z"}, "ABC-1.fields.created", "outside the years"),
    ({"created": "9" * 1_000_000}, "ABC-1.fields.created", "not an instant"),
    ({"updated": "x"}, "ABC-1.fields.updated", "not an instant"),
    ({"resolutiondate": ["x"]}, "ABC-1.fields.resolutiondate", "not an instant"),
    ({"duedate": "31.01.2024"}, "ABC-1.fields.duedate", "not a date"),
    ({"duedate": 7}, "ABC-1.fields.duedate", "not a date"),
    ({"project": {"id": "p" * 256}}, "ABC-1.fields.project.id", "longer"),
    ({"comment": ["x"]}, "ABC-1.fields.comment", "not a page"),
    ({"comment": {"comments": "x"}}, "ABC-1.fields.comment.comments", "not a list"),
    ({"comment": {"comments": [None]}}, "ABC-1.fields.comment.comments[0]", "not an object"),
    ({"comment": {"comments": [{"id": "4"}]}}, "ABC-1.comment.4.created", "not an instant"),
]


@pytest.mark.parametrize("keep_texts", [True, False])
@pytest.mark.parametrize(
    ("payload", "place", "problem"),
    [({**issue(), **wrong}, place, problem) for wrong, place, problem in REFUSED]
    + [(issue(**wrong), place, problem) for wrong, place, problem in REFUSED_FIELDS],
)
def test_what_is_not_jiras_is_refused_at_its_place(payload: Any, place: str, problem: str, keep_texts: bool) -> None:
    with pytest.raises(Refused) as refused:
        read(payload, keep_texts=keep_texts)
    assert place in refused.value.path
    assert problem in refused.value.problem
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    "wrong",
    [
        {"assignee": 7},
        {"assignee": ["x"]},
        {"priority": ["x"]},
        {"issuetype": {"id": {"a": 1}}},
        {"status": "Open"},
        {"status": {"id": 3, "name": None, "statusCategory": "x"}},
        {"status": {"id": 3, "statusCategory": {"key": ["done"]}}},
        {"project": "ABC"},
        {"project": {"id": 5, "name": 7}},
        {"summary": None},
        {"summary": {"a": 1}},
        {"fixVersions": "1.0"},
        {"fixVersions": [None, 7, {}]},
        {"comment": {"comments": None, "total": "many"}},
        {"comment": []},
        {"customfield_1": [[[]]]},
        {"customfield_1": 1e300},
        {"creator": "ann"},
    ],
)
def test_what_is_odd_but_can_be_told_is_read(wrong: dict[str, Any]) -> None:
    record = read(issue(**wrong), "customfield_1")
    assert record.present["status"]


@pytest.mark.parametrize(
    "item",
    [
        {"field": None},
        {"field": {"a": 1}, "fieldtype": ["custom"]},
        {"field": "status", "fieldtype": "jira", "from": 1, "to": {"a": 1}, "toString": ["x"]},
        {"field": "Sprint", "fieldtype": "custom", "fieldId": ["x"], "from": 7, "to": ["x"]},
        {"field": "Fix Version", "fieldtype": "jira", "from": 7, "toString": 8},
        {"field": "Level", "fieldtype": "custom", "fieldId": "customfield_1", "from": 7, "to": {"a": 1}},
    ],
)
@pytest.mark.parametrize("names", [None, [], {"customfield_1": 7}, {"customfield_1": "Level" * 200}])
def test_odd_changes_are_read(item: dict[str, Any], names: Any) -> None:
    history = {"id": ["odd"], "created": T1, "author": "ann", "items": [item, None][:1]}
    record = read({**issue("ABC-1", "Open"), "changelog": {"histories": [history]}, "names": names}, "customfield_1")
    assert all(len(name) <= 255 for name in record.field_names.values())


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1", "abc", "", None, 7.5])
def test_odd_numbers_of_histories_are_read(number: Any) -> None:
    payload = issue("ABC-1", "Done", change(T1, "status", "Open", "Done"))
    payload["changelog"]["histories"][0]["id"] = number
    assert steps(read(payload), "status") == [(CREATED, "1"), (AT1, "5")]


BAD_TEXTS = ["nul \0 nul", "half \ud800 a character", "\0"]


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_what_a_database_cannot_hold_is_taken_out(text: str) -> None:
    one = change(T1, "status", "Open", f"Done{text}", to="5")
    payload = issue(f"ABC-1{text}", "Open", one, summary=text, assignee={"name": f"a{text}"}, **{text: [text]})
    record = read({**payload, "names": {"duedate": text}}, keep_texts=True)
    for told in (record.summary, record.key, record.payload.decode(), repr(record.labels), repr(record.fields)):
        assert "\0" not in told
        assert "\\u0000" not in told
        told.encode()
    assert not any("\0" in name for name in record.field_names.values())


def test_numbers_that_no_database_holds_become_what_it_can_hold() -> None:
    record = read(issue(customfield_1=2**70, customfield_2=10**5000))
    assert record.fields["customfield_1"] == 2.0**70
    assert json.loads(record.payload)["fields"]["customfield_2"] is None


def test_a_long_text_is_read_and_its_id_stays_within_what_an_index_takes() -> None:
    text = "ü" * 1_000_000
    one = custom(T1, "Level", "customfield_7", "a", text)
    record = read(issue("ABC-1", "Open", one, summary=text, customfield_7=text), "customfield_7")
    assert record.summary == text
    (_, before), (_, after) = steps(record, "customfield_7")
    assert before == "a"
    assert len(after.encode()) <= 2000
    assert record.labels[("customfield_7", after)].name == text
    assert record.timelines["customfield_7"].flags == Flag(0)


def test_large_sets_stay_apart_and_within_what_an_index_takes() -> None:
    versions = [{"id": str(10_000 + number), "name": f"v{number}"} for number in range(500)]
    item = {"field": "Fix Version", "fieldtype": "jira", "from": None, "to": "10499", "toString": "v499"}
    record = read(issue("ABC-1", "Open", {"created": T1, "items": [item]}, fixVersions=versions))
    (_, before), (_, after) = steps(record, "fixVersions")
    assert before != after
    assert max(len(key.encode()) for key in (before, after)) <= 2000
    assert record.labels[("fixVersions", after)].name.endswith(", v499")


def test_long_texts_of_one_beginning_stay_apart() -> None:
    one = custom(T1, "Level", "customfield_7", "x" * 3000 + "a", "x" * 3000 + "b")
    record = read(issue("ABC-1", "Open", one, customfield_7="x" * 3000 + "b"), "customfield_7")
    assert len(steps(record, "customfield_7")) == 2


@pytest.mark.parametrize("depth", [260, 5_000])
def test_what_is_nested_too_deeply_is_refused(depth: int) -> None:
    deep: Any = "x"
    for _ in range(depth):
        deep = [deep]
    with pytest.raises(Refused, match=r"ABC-1: is nested too deeply"):
        read(issue(customfield_1=deep))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5)
flat = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=3)
json_values = flat | st.lists(flat, max_size=2) | st.dictionaries(st.text(max_size=5), flat, max_size=2)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path, *(place for key in keys for place in places(value[key], (*path, key)))]


WHOLE = issue(
    "ABC-1",
    "Done",
    change(T1, "status", "Open", "Done"),
    custom(T2, "Sprint", "customfield_3", ("1", "One"), ("1, 2", "One, Two")),
    custom(T2, "Level", "customfield_7", ("[1]", "[a]"), ("[1, 2]", "[a, b]")),
    change(T3, "Fix Version", None, "v1"),
    assignee={"accountId": "a", "displayName": "Ann"},
    fixVersions=[{"id": "v1", "name": "v1"}],
    customfield_3=[{"id": 2, "name": "Two", "state": "active"}],
    customfield_7=[{"id": "1", "value": "a"}],
    comment={"comments": [{"id": "1", "created": T1, "author": {"accountId": "a"}}], "total": 1},
    updated=T3,
    duedate="2024-02-01",
) | {"names": {"customfield_7": "Level"}}


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(places(WHOLE)[1:]), json_values, st.booleans())
def test_anything_anywhere_is_read_or_refused(place: tuple[Any, ...], value: Any, keep_texts: bool) -> None:
    payload = copy.deepcopy(WHOLE)
    inside: Any = payload
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    try:
        record = read(payload, "customfield_7", keep_texts=keep_texts)
    except Refused:
        return
    for told in (record.payload.decode(), repr(record.labels), repr(record.fields), record.summary, record.key):
        assert "\0" not in told.encode().decode()
    assert all(line.at_ms == sorted(line.at_ms) for line in record.timelines.values())
