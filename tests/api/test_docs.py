"""The examples of docs/rest.md work."""

import base64
import json
import re
import shlex
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sojourn.calendars import store as calendars
from sojourn.history.models import Site
from tests.api.asking import content
from tests.builders import change, issue, store
from tests.conftest import ROOT

PAGE = (ROOT / "docs/rest.md").read_text()
EXAMPLES = re.findall(r"(?m)^curl .*$", PAGE)


def run(client: Client, token: str, command: str) -> Any:
    """What a curl command of the page is answered."""
    words = shlex.split(command.replace("$TOKEN", token).replace("$SOJOURN", ""))[1:]
    method, headers, body, path = "", {}, None, ""
    while words:
        match words.pop(0):
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-u":
                headers["Authorization"] = f"Basic {base64.b64encode(words.pop(0).encode()).decode()}"
            case "-X":
                method = words.pop(0)
            case "-d":
                body = words.pop(0)
            case "-o":
                words.pop(0)
            case word:
                path = word
    method = method or ("POST" if body else "GET")
    form = "application/x-www-form-urlencoded"  # what curl says it sends
    return client.generic(method, path, body or "", content_type=form, headers=headers)


@pytest.fixture
def support(db: None) -> None:
    moved = change("2024-01-02T10:00:00.000+0000", "status", "Open", "Done")
    store(issue("SUP-1", "Done", moved))
    week = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendars.save({"name": "Support", "tz": "Europe/Berlin", "week": week}, now=timezone.now())


def test_the_examples_in_their_order(client: Client, writer: str, support: None) -> None:
    assert len(EXAMPLES) > 10
    sla = 1
    for example in EXAMPLES:
        response = run(client, writer, example.replace("/slas/1/", f"/slas/{sla}/"))
        text = content(response)  # read whole, as curl does
        assert response.status_code in (200, 201, 204), (example, text)
        if response.status_code == 201 and response.get("Location", "").startswith("/api/v1/slas/"):
            sla = response.json()["id"]  # a database that numbers on may give another than the page's


def test_the_error_on_the_page_is_the_error(client: Client, writer: str, support: None) -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert Site.objects.count() == 1
    command = 'curl -u a:$TOKEN "/api/v1/reports/time-in-status?project=NOPE"'
    assert json.loads(run(client, writer, command).content) == json.loads(shown)
