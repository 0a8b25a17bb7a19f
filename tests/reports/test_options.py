"""Options of a report as texts: what is read, and what is refused with what would be right."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.calendar import Calendar
from sojourn.core.duration import TimeFormat
from sojourn.core.timeline import VisitsRule
from sojourn.errors import Refused
from sojourn.reports import options
from sojourn.reports.menu import OPTIONS, VISITS
from sojourn.reports.request import Range, Request, Sort

NOW = datetime(2024, 6, 1, tzinfo=UTC)
BERLIN = Calendar.from_json({"name": "B", "tz": "Europe/Berlin", "week": {"mon": [["09:00", "17:00"]]}})


def read(**given: Any) -> Request:
    texts = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    return options.request(texts, BERLIN, NOW)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_with_no_options_every_one_has_its_default() -> None:
    found = options.request({}, BERLIN, NOW)
    assert found == Request(as_of_ms=ms("2024-06-01T00:00Z"), calendar=BERLIN, calendar_name="B")
    assert (found.current, found.visits, found.shape, found.stop_on_done) == ("include", "sum", "wide", False)
    assert found.time_format is TimeFormat.MS


def test_blank_options_are_as_good_as_none() -> None:
    assert options.request({option.name: [""] for option in OPTIONS}, BERLIN, NOW) == options.request({}, BERLIN, NOW)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_says_what_it_means(option: options.Option) -> None:
    assert option.meaning.endswith((".", "now.", "out."))
    if option.choices:
        assert option.default in option.choices


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-01-31", "2024-01-30T23:00Z"),
        ("2024-07-31", "2024-07-30T22:00Z"),
        ("2024-01-31T09:00", "2024-01-31T08:00Z"),
        ("2024-01-31 09:00:30", "2024-01-31T08:00:30Z"),
        ("2024-01-31T09:00Z", "2024-01-31T09:00Z"),
        ("2024-01-31T09:00:00.123+05:30", "2024-01-31T03:30:00.123Z"),
        ("2024-03-31T02:30", "2024-03-31T01:30Z"),  # that clock is never shown: an hour later
        ("2024-10-27T02:30", "2024-10-27T00:30Z"),  # shown twice: the first time
        ("1706691600000", "2024-01-31T09:00Z"),
        (" 2024-01-31 ", "2024-01-30T23:00Z"),
    ],
)
def test_instants_without_a_zone_are_the_calendars(text: str, instant: str) -> None:
    assert read(as_of=text).as_of_ms == ms(instant)


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2024-01-01..2024-02-01", "2023-12-31T23:00Z", "2024-01-31T23:00Z"),
        ("2024-01-01..", "2023-12-31T23:00Z", None),
        ("..2024-02-01", None, "2024-01-31T23:00Z"),
        ("2024-01-01 .. 2024-01-01T12:00", "2023-12-31T23:00Z", "2024-01-01T11:00Z"),
        ("1704067200000..1704153600000", "2024-01-01T00:00Z", "2024-01-02T00:00Z"),
    ],
)
def test_ranges_may_be_open_at_either_end(text: str, begin: str | None, end: str | None) -> None:
    found = Range(begin and ms(begin), end and ms(end))
    asked = read(trim=text, created=text, due=text)
    assert asked.trim == found
    assert asked.filters == {"created": found, "due": found}


def test_a_range_without_ends_is_no_filter() -> None:
    assert read(created="..").filters == {}


@pytest.mark.parametrize(
    ("given", "option", "right"),
    [
        ({"colour": "red"}, "colour", "is not an option of this report; there are: as_of, calendar, columns"),
        ({"visits": "all"}, "visits", "'all' is not one of sum, first, last, max, min"),
        ({"current": "yes"}, "current", "'yes' is not one of include, exclude"),
        ({"shape": "tall"}, "shape", "'tall' is not one of wide, long"),
        ({"stop_on_done": "1"}, "stop_on_done", "'1' is not one of false, true"),
        ({"time_format": "Decimal Hour"}, "time_format", "did you mean 'Decimal Hours'?"),
        ({"time_format": "fortnights"}, "time_format", "Right are: Minutes, HoursMinutes"),
        ({"as_of": "tomorrow"}, "as_of", "'tomorrow' is not a time; write a date such as 2024-01-31"),
        ({"as_of": "2024-02-30"}, "as_of", "'2024-02-30' is not a time"),
        ({"as_of": "²²²²²²²²²"}, "as_of", "is not a time"),
        ({"as_of": "--123456789"}, "as_of", "is not a time"),
        ({"as_of": "99999999999999999999"}, "as_of", "lies outside the years 1 to 9999"),
        ({"as_of": "0001-01-01T00:00+14:00"}, "as_of", "lies outside the years 1 to 9999"),
        ({"as_of": "9999-12-31"}, "as_of", "lies outside the years 1 to 9999"),
        ({"as_of": ["2024-01-01", "2024-01-02"]}, "as_of", "is given more than once; give it once"),
        ({"created": "2024-01-01"}, "created", "is not a range; write FROM..TO"),
        ({"updated": "2024-01-01..soon"}, "updated", "'soon' is not a time"),
        ({"resolved": "2024-02-01..2024-01-01"}, "resolved", "ends before it begins; TO is not included"),
        ({"due": "2024-02-01..2024-02-01"}, "due", "TO is not included, so it must be later than FROM"),
        ({"trim": "2024-01-01-2024-02-01"}, "trim", "is not a range"),
        ({"trim": "2024-06-02.."}, "trim", "let it begin before as_of"),
        ({"trim": "2024-05-01..", "as_of": "2024-05-01"}, "trim", "begins at the moment of which is asked"),
    ],
)
def test_what_is_wrong_is_refused_by_name_with_what_would_be_right(given: Any, option: str, right: str) -> None:
    with pytest.raises(Refused) as error:
        read(**given)
    assert error.value.path == option
    assert right in str(error.value)


def test_lists_are_separated_by_commas_or_given_many_times() -> None:
    found = read(project=["A, B", "C"], site="One", columns=["summary,", "due"])
    assert (found.projects, found.sites, found.columns) == (("A", "B", "C"), ("One",), ("summary", "due"))


def test_sorting_names_columns_and_their_order() -> None:
    found = read(sort=["In progress:desc", "issue_key", "Wait, what: now", "due:asc"])
    assert found.sort == (Sort("In progress", True), Sort("issue_key"), Sort("Wait, what: now"), Sort("due"))


@pytest.mark.parametrize("name", list(TimeFormat))
def test_every_time_format_is_read_by_its_name(name: TimeFormat) -> None:
    assert read(time_format=str(name)).time_format is name
    assert read(time_format=str(name).lower().replace(" ", "_")).time_format is name


def test_the_rules_for_visits_are_those_of_the_core() -> None:
    assert get_args(VisitsRule) == VISITS


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "²"])
def test_a_limit_is_a_number_of_rows(text: str) -> None:
    with pytest.raises(Refused, match=r"limit: .* is not a number of rows; write 1 or more"):
        read(limit=text)


@pytest.mark.parametrize("text", ["Working", "=Open", "Working=", "Working= , "])
def test_a_status_group_has_a_name_and_members(text: str) -> None:
    with pytest.raises(Refused, match=r"status_group: .* is not a group; write NAME=STATUS,STATUS or category"):
        read(status_group=text)


SCRAPS = st.sampled_from(
    ["2024-01-31", "T09:00", "..", ":", "-", "+14:00", "0001-01-01", "9999-12-31", "²", "Z", "desc", ",", "\x00"]
)
TEXTS = st.one_of(st.text(max_size=20), st.lists(SCRAPS, max_size=5).map("".join), st.integers().map(str))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([option.name for option in OPTIONS]), st.lists(TEXTS, max_size=2), max_size=4))
def test_any_texts_are_read_or_refused_by_name(given_texts: dict[str, list[str]]) -> None:
    refused: list[str] = []
    try:
        found = options.request(given_texts, BERLIN, NOW)
        BERLIN.elapsed(found.end_ms, found.as_of_ms)
    except Refused as error:
        refused.append(error.path)
    assert set(refused) <= set(given_texts)
