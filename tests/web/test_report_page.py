import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from sojourn.calendars import store
from sojourn.core.duration import format_duration
from sojourn.reports import catalogue, options
from tests.builders import issue
from tests.builders import store as store_items
from tests.web.conftest import AS_OF
from tests.web.pages import ADDRESS, get, table, text_of

pytestmark = pytest.mark.usefixtures("work_items")
AT = f"?as_of={AS_OF}"


def _answer(**chosen: str):
    given = {"as_of": AS_OF, "time_format": "DaysHoursMinutes"} | chosen
    calendar = store.load(given.get("calendar", "7x24"))
    asked = options.request({name: [text] for name, text in given.items()}, calendar, timezone.now())
    return catalogue.run("time-in-status", asked)


def _printed(answer, ms: int | None) -> str:
    notes = answer.notes
    return format_duration(
        ms, notes.time_format, business_day_ms=notes.business_day_ms, business_week_ms=notes.business_week_ms
    )


@pytest.mark.parametrize("calendar", ["7x24", "Office"])
@pytest.mark.parametrize("time_format", ["DaysHoursMinutes", "Decimal Hours", "ms"])
def test_shows_the_numbers_of_the_report(signed_in: Client, calendar: str, time_format: str) -> None:
    html = get(signed_in, f"{AT}&calendar={calendar}&time_format={time_format}&per_page=100")
    answer = _answer(calendar=calendar, time_format=time_format)
    frame = answer.collect()
    headers, rows, _ = table(html)
    assert headers[3:] == ["Open", "In progress", "Done"]
    wanted = frame.select("issue_key", "current", "Open", "In progress", "Done").rows()
    shown = [[row[0], row[1], *(cell.removesuffix(" so far, is there now") for cell in row[3:])] for row in rows]
    assert shown == [[key, now, *(_printed(answer, ms) for ms in cells)] for key, now, *cells in wanted]


def test_the_foot_says_average_median_and_number_of_those_that_visited(signed_in: Client) -> None:
    _, _, feet = table(get(signed_in, AT))
    answer = _answer()
    values = answer.collect()["In progress"].drop_nulls().sort()
    assert feet["Average"][3] == _printed(answer, round(sum(values) / len(values)))
    assert feet["Median"][3] == _printed(answer, values[(len(values) - 1) // 2])
    assert feet["Work items"][3] == str(len(values)) == "61"


def test_marks_the_status_a_work_item_is_in_in_words_too(signed_in: Client) -> None:
    _, rows, _ = table(get(signed_in, f"{AT}&project=XYZ"))
    assert ["so far, is there now" in cell for cell in rows[0][3:]] == [False, True, False]


def test_statuses_of_one_name_are_marked_only_where_it_is_sure_which(signed_in: Client) -> None:
    from sojourn.history.models import Site, Value

    Value.objects.create(site=Site.objects.get(), kind="status", key="99", name="In progress", category="new")
    _, rows, _ = table(get(signed_in, f"{AT}&project=XYZ"))
    assert sum("is there now" in cell for cell in rows[0]) == 1


def test_says_which_statuses_are_not_shown(signed_in: Client) -> None:
    html = get(signed_in, f"{AT}&project=XYZ&trim=2024-01-10..")
    assert table(html)[0][3:] == ["In progress"]
    assert "no chosen work item was in them: Open, Waiting, Done." in text_of(html)


def test_never_is_a_dash_and_worth_nothing_is_zero(signed_in: Client) -> None:
    _, rows, _ = table(get(signed_in, f"{AT}&calendar=Office&trim=2024-01-06..2024-01-08&per_page=100"))
    cells = {cell.removesuffix(" so far, is there now") for row in rows for cell in row[2:]}
    assert cells >= {"–", "0m"}


def test_flags_are_explained(signed_in: Client) -> None:
    html = get(signed_in, f"{AT}&project=XYZ")
    assert table(html)[1][0][2] == "gap"
    assert "A change does not start where the one before it ended" in text_of(html)


def test_a_row_per_status_has_both_times(signed_in: Client) -> None:
    headers, rows, feet = table(get(signed_in, f"{AT}&shape=long&calendar=Office&project=XYZ"))
    assert headers == ["Work item", "Status", "Working time", "Calendar time", "Visits", "There now", "Flags"]
    assert rows[0][:4] == ["XYZ-1", "Open", "9h 0m", "1d 1h 0m"]
    assert not feet


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_sorts_where_the_data_is(signed_in: Client, order: str) -> None:
    html = get(signed_in, f"{AT}&sort=In progress:{order}&per_page=100")
    sorted_frame = _answer(sort=f"In progress:{order}").collect()
    assert [row[0] for row in table(html)[1]] == sorted_frame["issue_key"].to_list()
    assert f'aria-sort="{order}ending"' in html


def test_a_header_sorts_durations_largest_first_then_the_other_way_then_not(signed_in: Client) -> None:
    address = ""
    for wanted in ("descending", "ascending", None):
        html = get(signed_in, address)
        address = unescape(re.search(r'href="([^"]*)" title="[^"]*">Done', html)[1])
        assert ("sort=" in address) is (wanted is not None)
        html = get(signed_in, address)
        assert (f'aria-sort="{wanted}"' in html) is (wanted is not None)


def test_pages_are_cut_where_the_data_is(signed_in: Client) -> None:
    first, second = (get(signed_in, f"{AT}&page={number}") for number in (1, 2))
    keys = [row[0] for html in (first, second) for row in table(html)[1]]
    assert keys == _answer().collect()["issue_key"].to_list()
    assert "Rows 51–61 of 61" in text_of(second)
    assert "61 work items" in text_of(second)
    assert "Page 2 of 2" in text_of(get(signed_in, f"{AT}&page=9"))


def test_the_chart_leaves_out_done_unless_asked_for(signed_in: Client) -> None:
    spec = '"status": "Done"'
    assert spec not in get(signed_in, AT)
    assert spec in get(signed_in, f"{AT}&chart_done=true")
    assert "Median time in each status" in get(signed_in, f"{AT}&chart=median")


@pytest.mark.parametrize(
    ("query", "field", "problem"),
    [
        ("created=2024-13-01..", "created", "is not a time"),
        ("trim=2024-02-01..2024-01-01", "trim", "ends before it begins"),
        ("calendar=Nowhere", "calendar", "There is no calendar"),
        ("time_format=Fortnights", "time_format", "unknown time format"),
        ("project=NOPE", "project", "there is no project"),
        ("jql=project = NOPE", "jql", "line 1, column 11: there is no &#x27;NOPE&#x27; in the field project"),
        ("columns=nope", "columns", "no work item has"),
        ("as_of=soon", "as_of", "is not a time"),
        ("as_of=99999999999999999999", "as_of", "lies outside"),
        ("visits=all", "visits", "is not one of"),
        ("stop_on_done=perhaps", "stop_on_done", "is not one of"),
    ],
)
def test_a_bad_option_is_refused_at_its_field(signed_in: Client, query: str, field: str, problem: str) -> None:
    html = get(signed_in, f"?{query}", status=400)
    error = re.search(rf'<p class="error" id="error_{field}">(.*?)</p>', html)
    assert error is not None
    assert problem in error[1]
    assert f'aria-describedby="error_{field}"' in html
    assert 'id="apply"' in html
    assert '<table class="grid">' not in html


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=7", "chart=mode", "sort=Nope", "colour=red"])
def test_a_bad_option_without_a_field_is_named(signed_in: Client, query: str) -> None:
    html = get(signed_in, f"?{query}", status=400)
    name = query.partition("=")[0]
    assert f"{'Sorted by' if name == 'sort' else name}: this cannot be answered" in text_of(html)


def test_a_form_that_was_sent_becomes_a_short_address(signed_in: Client) -> None:
    sent = "?calendar=7x24&time_format=DaysHoursMinutes&project=ABC&created_from=2024-01-01&created_to="
    response = signed_in.get(f"/reports/time-in-status{sent}&trim_from=&trim_to=&columns=summary&sort=assignee&page=3")
    assert response.status_code == 302
    assert response["Location"].endswith("?project=ABC&columns=summary&created=2024-01-01..")
    assert signed_in.get(response["Location"]).status_code == 200


def test_filters_are_chips_that_can_be_taken_away(signed_in: Client) -> None:
    html = get(signed_in, "?project=ABC&project=XYZ&created=2024-01-01..&visits=first")
    chips = {
        text_of(chip): unescape(address)
        for address, chip in re.findall(r'<a class="chip" href="([^"]*)">(.*?)</a>', html)
    }
    without = chips["Remove Project: ABC ×"]
    assert "project=XYZ" in without
    assert "ABC" not in without
    assert "created" not in chips["Remove Created from 2024-01-01 ×"]
    assert len(chips) == 4


def test_no_match_says_which_filters_to_take_away(signed_in: Client) -> None:
    text = text_of(get(signed_in, "?created=2030-01-01..&project=ABC"))
    assert "No work item matches" in text
    assert "Remove Created from 2030-01-01" in text.partition("No work item matches")[2]


def test_names_of_work_items_and_statuses_are_no_markup(signed_in: Client) -> None:
    from sojourn.history.models import Issue, Value

    Issue.objects.filter(key="XYZ-1").update(summary="<script>alert(1)</script>")
    Value.objects.filter(name="In progress").update(name="</script><b>bold")
    html = get(signed_in, f"{AT}&columns=summary&project=XYZ")
    assert "<script>alert" not in html
    assert "</script><b>" not in html


def test_the_report_is_computed_once(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from sojourn.history import read

    calls = []
    real = read.timelines
    monkeypatch.setattr(read, "timelines", lambda *given, **more: calls.append(1) or real(*given, **more))
    get(signed_in, f"{AT}&sort=Done:desc&page=2")
    assert calls == [1]


def test_groups_are_refused_on_the_page_and_answered_in_downloads(signed_in: Client) -> None:
    answer = signed_in.get("/reports/time-in-status?group_by=project")
    assert answer.status_code == 400
    assert "is not shown on this page" in text_of(answer.content.decode())
    file = signed_in.get("/reports/time-in-status.csv?group_by=project")
    assert b"".join(file.streaming_content).startswith(b"level,project,work_items,")


def test_a_query_in_jql_chooses_and_stays_in_its_field(signed_in: Client) -> None:
    html = get(signed_in, f'{AT}&jql=status WAS "In progress" AND project = XYZ ORDER BY key')
    assert [row[0] for row in table(html)[1]] == ["XYZ-1"]
    assert 'value="status WAS &quot;In progress&quot; AND project = XYZ ORDER BY key"' in html
    text = text_of(html)
    assert 'Remove JQL: status WAS "In progress" AND project = XYZ ORDER BY key' in text
    assert "ORDER BY in the query is not used" in text
    assert "jql" not in unescape(re.search(r'<a class="chip" href="([^"]*)">', html)[1])


def test_a_long_query_is_a_short_chip(signed_in: Client) -> None:
    html = get(signed_in, f"{AT}&jql=key in ({', '.join(f'ABC-{n}' for n in range(1, 40))})")
    assert "Remove JQL: key in (ABC-1, ABC-2, ABC-3, ABC-4, ABC-5, ABC-6, ABC-7, ABC…" in text_of(html)


def test_lines_of_a_query_become_one_as_the_field_has_one(signed_in: Client) -> None:
    html = get(signed_in, f"{AT}&jql=project = XYZ%0D%0AAND%0Astatus WAS Open")
    assert 'value="project = XYZ AND status WAS Open"' in html
    assert [row[0] for row in table(html)[1]] == ["XYZ-1"]


def test_who_is_signed_in_is_whom_a_query_means(signed_in: Client) -> None:
    ann = {"accountId": "ann", "displayName": "Somebody"}
    store_items(issue("NEW-1", assignee=ann))
    assert [row[0] for row in table(get(signed_in, f"{AT}&jql=assignee = currentUser()"))[1]] == ["NEW-1"]
    assert "NEW-1" in signed_in.get(f"{ADDRESS}.csv{AT}&jql=assignee = currentUser()").getvalue().decode()


@pytest.mark.parametrize(
    ("jql", "place"),
    [
        ("project = ABC AND prioriti = High", "project = ABC AND <mark>prioriti</mark> = High"),
        ("project =", "project =<mark> </mark>"),
        ("<b> = 1", "<mark>&lt;</mark>b&gt; = 1"),
        (f"key in ({'ABC-1, ' * 20}) x {'y' * 100}", f"…-1, {'ABC-1, ' * 8}<mark>)</mark> x {'y' * 57}…"),
    ],
)
def test_the_place_of_a_mistake_in_a_query_is_marked(signed_in: Client, jql: str, place: str) -> None:
    html = get(signed_in, f"{AT}&jql={jql}", status=400)
    assert f'<p class="place"><code>{place}' in html
    assert 'href="#id_jql"' in html
    message = signed_in.get(f"{ADDRESS}.csv{AT}&jql={jql}")
    assert message.status_code == 400
    assert "line 1, column" in message.content.decode()
