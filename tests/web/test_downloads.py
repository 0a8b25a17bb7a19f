import io
import re
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from django.test import Client
from typer.testing import CliRunner

from sojourn.cli.app import app
from sojourn.reports.formats import CONTENT_TYPES, FORMATS, xlsx
from tests.web.conftest import AS_OF
from tests.web.pages import ADDRESS, get, text_of

pytestmark = pytest.mark.usefixtures("work_items")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("chosen", [{}, {"shape": "long", "time_format": "Decimal Hours", "sort": "visits:desc"}])
def test_a_download_is_what_the_command_writes(
    signed_in: Client, tmp_path: Path, name: str, chosen: dict[str, str]
) -> None:
    given = {"as_of": AS_OF, "calendar": "Office", "project": "ABC"} | chosen
    response = signed_in.get(f"{ADDRESS}.{name}", given)
    path = tmp_path / f"stays.{name}"
    options = [part for option, text in given.items() for part in (f"--{option.replace('_', '-')}", text)]
    outcome = CliRunner().invoke(app, ["report", "time-in-status", *options, "-o", str(path)])
    assert outcome.exit_code == 0, outcome.output
    assert b"".join(response.streaming_content) == path.read_bytes()
    assert response["Content-Type"] == CONTENT_TYPES[name]
    assert response["Content-Disposition"] == f'attachment; filename="time-in-status.{name}"'


def test_the_links_lead_to_this_very_view_at_the_same_moment(signed_in: Client) -> None:
    html = get(signed_in, "?project=XYZ&calendar=Office&time_format=Decimal+Hours&page=1&per_page=100&sort=Open")
    found = re.findall(r'href="(time-in-status\.csv[^"]*)" download', html)
    exact, shown = (
        pl.read_csv(io.BytesIO(b"".join(signed_in.get(f"/reports/{unescape(one)}").streaming_content))) for one in found
    )
    assert exact["issue_key"].to_list() == shown["issue_key"].to_list() == ["XYZ-1"]
    assert exact["Open"].to_list() == [9 * 3_600_000]
    assert shown["Open"].to_list() == [9.0]
    assert all("as_of=" in one and "per_page" not in one for one in found)


def test_a_bad_option_is_refused_before_anything_is_sent(signed_in: Client) -> None:
    for query in ("?project=NOPE", "?created=x", "?sort=Nope", "?columns=nope", "?colour=red"):
        response = signed_in.get(f"{ADDRESS}.json{query}")
        assert response.status_code == 400
        assert "This cannot be downloaded" in text_of(response.content.decode())


def test_a_table_too_large_for_a_sheet_is_refused_before_anything_is_sent(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    response = signed_in.get(f"{ADDRESS}.xlsx")
    assert response.status_code == 400
    assert "holds 3 rows, this table has" in text_of(response.content.decode())


def test_an_unknown_format_is_no_page(signed_in: Client) -> None:
    assert signed_in.get(f"{ADDRESS}.xls").status_code == 404
