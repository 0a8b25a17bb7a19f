"""Everything that is answered of work items, asked by people who may not see all (docs/semantics.md 33).

Two oracles. What nobody may tell somebody is named by words that stand in nothing else: none of them is in any answer.
And what somebody is answered is what an administrator is answered of a store that holds nothing else.
"""

import io
import json
from collections.abc import Iterator
from typing import Any

import openpyxl
import polars as pl
import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import tokens
from sojourn.access.visible import visible
from sojourn.history.models import Issue
from sojourn.reports.menu import MENU
from tests.access import world
from tests.api.asking import FEED, OPERATIONS, ROOT, Ask, content
from tests.sla.defining import policy

AS_OF = "2024-03-01"
OWN = {
    "sprint-report": {"sprint": "sprint of PUB", "sprint_start": "2024-01-01T00:00Z", "rows": "items"},
    "time-in-field": {"field": "sprint"},
}
QUERIES = (
    "",
    "text ~ canary*",
    "project in (PUB, OPS, HR, LAB)",
    "project = HR",
    "labels = canaryHRn2x",
    "component = 'component of LAB'",
    "level = Secret OR level = Internal",
    "level is EMPTY ORDER BY key DESC",
    "key in (PUB-1, PUB-5, HR-1, LAB-2)",
    "parent in (PUB-1, HR-6)",
    "issue in linkedIssues(HR-2)",
    "issueLinkType = blocks",
    "status WAS 'In progress' AND reporter = Rep-Ann",
    "sprint = 'sprint of OPS'",
    "sprint CHANGED TO 'sprint of HR'",
    "assignee = currentUser()",
    "project WAS LAB",
    "slaFunction = isBreached() OR slaFunction is EMPTY",
)
TYPED = ("", "project = ", "labels = can", "component = ", "key = HR-", "key = PUB-", "sprint = ", "level = ")
TYPED += ("issueLinkType = ", "reporter = ", "project = P", "status = ")
NOT_ABOUT_ITEMS = {"/calendars", "/calendars/7x24", "/calendars/7x24/versions", "/calendar-preview", "/openapi.json"}
NOT_ABOUT_ITEMS |= {"/calendars/7x24/measure", "/calendars/7x24/deadline", "/reports", "/jobs", "/jobs/1"}
NOT_ABOUT_ITEMS |= {"/jobs/1/cancel", "/jobs/1/retry"}
NOT_ABOUT_ITEMS |= {"/tokens", "/tokens/7x24"}
NOT_ABOUT_ITEMS |= {"/feeds", f"/feeds/{FEED}", f"/feeds/{FEED}/secret"}
NOT_ABOUT_ITEMS |= {"/presets", "/presets/1", "/presets/1/versions", "/presets/1/duplicate"}
NOT_ABOUT_ITEMS |= {"/slas", "/slas/1", "/slas/1/changes", "/slas/1/clone", "/slas/1/enable", "/slas/1/disable"}
NOT_ABOUT_ITEMS |= {"/slas/1/versions", "/slas/1/versions/1"}
NOT_ABOUT_ITEMS |= {f"/slas/1/versions/1/{more}" for more in ("publish", "differences")}
CHANGES_ITEMS = {f"/issues/PUB-1/slas/1/{what}" for what in ("resets", "extensions", "resets/1")}
"""Who may not see the work item is answered 404: tests/api/test_by_hand.py."""

Question = tuple[str, str, Any]


def _reports() -> Iterator[Question]:
    formats = ("ndjson", "csv", "parquet", "arrow", "xlsx")
    for entry in MENU:
        given = {"as_of": AS_OF, **OWN.get(entry.name, {})}
        yield "POST", f"/reports/{entry.name}", given
        known = {option.name for option in entry.options}
        if "group_by" in known and entry.name != "sprint-report":
            yield "POST", f"/reports/{entry.name}", {**given, "group_by": ["project", "reporter"]}
        yield "POST", f"/reports/{entry.name}", {**given, "jql": "project in (PUB, LAB, HR) AND level is not EMPTY"}
        yield "GET", f"/reports/{entry.name}?project=PUB&as_of={AS_OF}", None
    for name in ("time-in-status", "status-history", "average-time", "cycle-time"):
        yield from (("POST", f"/reports/{name}", {"as_of": AS_OF, "format": one}) for one in formats)
    for option, text in (("project", "NOPE"), ("site", "NOPE"), ("site", "Two"), ("columns", "labels"), ("limit", "3")):
        yield "POST", "/reports/time-in-status", {"as_of": AS_OF, option: text}
    yield "POST", "/reports/sprint-report", {"as_of": AS_OF, **OWN["sprint-report"], "sprint": "nope"}
    yield "POST", "/reports/time-in-status", {"as_of": AS_OF, "shape": "long", "sort": "issue_key", "per_page": 3}
    yield "POST", "/reports/time-in-status", {"as_of": AS_OF, "per_page": 3, "columns": ["summary", "components"]}


def _questions() -> Iterator[Question]:
    yield from _reports()
    for jql in QUERIES:
        fields = ["summary", "labels", "security", "project", "components"]
        yield "POST", "/search", {"jql": jql, "count": True, "as_of": AS_OF, "fields": fields, "lenient": True}
        yield "POST", "/jql/parse", {"jql": jql, "validate": True}
    yield from (("GET", f"/jql/suggest?jql={text}", None) for text in TYPED)
    yield from (("GET", f"/values?field={name}", None) for name in ("status", "assignee", "sprint", "project"))
    yield from (("GET", path, None) for path in ("/projects", "/statuses", "/sites"))
    for item in world.ITEMS:
        told = ("", *(f"{path}?as_of={AS_OF}" for path in ("/timeline", "/slas", "/slas/1/explain")))
        yield from (("GET", f"/issues/{item.key}{more}", None) for more in (*told, "/slas/1/by-hand"))
    yield from (("GET", f"{path}?as_of={AS_OF}", None) for path in ("/cycles", "/sla-events"))
    for jql in QUERIES[:6]:
        yield "POST", "/preview", {"policy": policy("1d"), "jql": jql, "sla": 1, "as_of": AS_OF}


QUESTIONS = list(_questions())
PAGES = (
    f"?as_of={AS_OF}",
    f"?as_of={AS_OF}&shape=long&columns=summary",
    f"?as_of={AS_OF}&project=HR",
    "?jql=level+is+EMPTY",
)
DOWNLOADS = ("json", "ndjson", "csv", "parquet", "arrow", "xlsx")


def _readable(found: bytes) -> Any:
    """An answer as plain values; of files what is in them."""
    if found.startswith(b"PK"):
        book = openpyxl.load_workbook(io.BytesIO(found))
        return [[list(row) for row in sheet.values] for sheet in book]
    if found.startswith(b"PAR1"):
        return pl.read_parquet(io.BytesIO(found)).to_dicts()
    if found.startswith(b"\xff\xff\xff\xff"):
        return pl.read_ipc_stream(io.BytesIO(found)).to_dicts()
    text = found.decode()
    try:
        return _timeless(json.loads(text))
    except ValueError:
        return text


def _timeless(value: Any) -> Any:
    """A JSON answer without cursors, the age of the data, and what tells of other work items."""
    if isinstance(value, list):
        return [_timeless(one) for one in value]
    if not isinstance(value, dict):
        return value
    left_out = {"next", "next_cursor", "lag_s", "parent", "issuelinks", "connection"}
    return {name: _timeless(one) for name, one in value.items() if name not in left_out}


def _asked(ask: Ask) -> list[Any]:
    found = []
    for method, path, body in QUESTIONS:
        response = ask(method, path, body)
        assert response.status_code in (200, 400, 404), (path, content(response))
        found.append((response.status_code, _readable(content(response))))
    return found


def _seen(client: Client) -> list[Any]:
    files = [client.get(f"/reports/time-in-status.{name}?as_of={AS_OF}&columns=summary") for name in DOWNLOADS]
    return [_readable(content(one)) for one in files]


def _words(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


@pytest.mark.django_db
def test_every_address_is_asked_or_is_not_about_work_items() -> None:
    asked = {path.partition("?")[0] for _, path, _ in QUESTIONS}
    named = {path.removeprefix(ROOT).replace("ABC-1", "PUB-1") for _, path in OPERATIONS}
    assert named - asked == NOT_ABOUT_ITEMS | CHANGES_ITEMS


@pytest.mark.django_db
@pytest.mark.parametrize("person", world.SEES)
def test_the_condition_is_what_the_plain_rule_says(person: str) -> None:
    world.fill()
    account = get_user_model().objects.get(username=person)
    keys = Issue.objects.filter(visible(account, timezone.now())).order_by("pk").values_list("key", flat=True)
    assert list(keys) == [one.key for one in world.seen_by(person)]


@pytest.mark.django_db
@pytest.mark.parametrize("person", world.SEES)
def test_whatever_is_asked_is_answered_as_if_there_were_nothing_else(client: Client, person: str) -> None:
    world.fill()
    account = get_user_model().objects.get(username=person)
    ask = Ask(client, tokens.create(person, ["read"], timezone.now(), None))
    answers = _asked(ask)
    client.force_login(account)
    files, pages = _seen(client), [client.get(f"/reports/time-in-status{query}").content.decode() for query in PAGES]
    hidden = {one.canary for one in world.hidden_from(person)}
    hidden |= {f"canary{name}x" for name in world.PROJECTS} - {f"canary{one.project}x" for one in world.seen_by(person)}
    for (method, path, body), answer in zip(QUESTIONS, answers, strict=True):
        said = _words([answer[0], answer[1]])
        told = {word for word in hidden if word in said and word not in _words(body)}
        assert not told, (method, path, body)
    for text in (*pages, _words(files)):
        assert not {word for word in hidden if word in text}
    world.leave_only(world.seen_by(person))
    account.is_superuser = True
    account.save()
    for question, mine, whole in zip(QUESTIONS, answers, _asked(ask), strict=True):
        assert mine == whole, question
    assert files == _seen(client)
