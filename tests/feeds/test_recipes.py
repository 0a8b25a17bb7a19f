"""Recipes are run as their readers run them, over real HTTP: what arrives is what the feed holds."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn.access import granting
from sojourn.feeds import feeds
from sojourn.history.models import Issue
from tests.builders import STATUS_IDS, change, issue, status, store
from tests.feeds.cooking import Kitchen
from tests.feeds.feeding import Reader

pytestmark = pytest.mark.django_db(transaction=True)
NODE = Path(__file__).with_name("node")


def moved(key: str, day: int, to: str = "In progress", **fields: Any) -> dict[str, Any]:
    return issue(key, to, change(f"2024-01-{day:02}T10:00:00.000+0000", "status", "Open", to), **fields)


@pytest.fixture
def kitchen(live_server: Any, tmp_path: Path) -> Kitchen:
    """A store of four work items, one of them with an awkward summary, that ann may see; the API is on."""
    awkward = moved("SUP-4", 4, "Done", summary='=1+1, "quoted"; Straße')
    items = (moved("SUP-2", 2), moved("SUP-3", 3), awkward)
    store([status(name) for name in STATUS_IDS], moved("SUP-1", 1), *items)
    get_user_model().objects.create_user("ann")
    granting.grant("ann", granting.Place("Test", every_level=True), timezone.now(), "test")
    feeds.switch(on=True)
    return Kitchen(live_server.url, tmp_path)


def durations() -> Reader:
    return Reader.of("ann", dataset="status_durations")


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with instants as texts, and what cannot be read from CSV without types as texts, too."""
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


@pytest.mark.usefixtures("curl")
def test_curl_writes_the_rows_as_csv(kitchen: Kitchen) -> None:
    feed = Reader.of("ann", dataset="issues", columns="summary")
    kitchen.write("curl", feed)
    kitchen.run("sh", "feed.sh", SOJOURN_SECRET=feed.secret)
    rows = pl.read_csv(kitchen.folder / "feed.csv", infer_schema=False).to_dicts()
    assert rows == feed.rows(format="csv", raw="1")
    assert rows[3]["summary"] == '=1+1, "quoted"; Straße'


@pytest.mark.usefixtures("curl")
def test_curl_keeps_what_there_was_when_a_secret_is_wrong(kitchen: Kitchen) -> None:
    kitchen.write("curl", durations())
    (kitchen.folder / "feed.csv").write_text("older")
    done = kitchen.start("sh", "feed.sh", SOJOURN_SECRET="sjf_wrong")
    assert done.returncode == 22
    assert "401" in done.stderr
    assert (kitchen.folder / "feed.csv").read_text() == "older"


def test_python_prints_every_row_of_every_page(kitchen: Kitchen, recipes_bin: Path) -> None:
    feed = durations()
    kitchen.write("python", feed)
    lines = kitchen.run(recipes_bin / "python", "read_feed.py", SOJOURN_SECRET=feed.secret).splitlines()
    assert [json.loads(line) for line in lines] == feed.rows()
    by_one = "import read_feed; print([row['issueKey'] for page in read_feed.pages(limit='1') for row in page['rows']])"
    keys = kitchen.run(recipes_bin / "python", "-c", by_one, SOJOURN_SECRET=feed.secret)
    assert keys == f"{[row['issueKey'] for row in feed.rows()]}\n"
    done = kitchen.start(recipes_bin / "python", "read_feed.py", SOJOURN_SECRET="sjf_wrong")
    assert done.stderr.startswith("401: The credentials are wrong")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames_have_the_rows_with_their_types(kitchen: Kitchen, recipes_bin: Path, library: str) -> None:
    feed = Reader.of("ann", dataset="status_intervals")
    kitchen.write(library, feed)
    show = {
        "pandas": "rows.to_json(orient='records', date_format='iso')",
        "polars": "rows.with_columns(pl.col(pl.Datetime).dt.strftime('%Y-%m-%dT%H:%M:%S%.3fZ')).write_json()",
    }
    program = (
        f"import polars as pl; from feed_{library} import rows; print({show[library]}); print(rows['entered'].dtype)"
    )
    text, kind = kitchen.run(recipes_bin / "python", "-c", program, SOJOURN_SECRET=feed.secret).splitlines()
    assert json.loads(text) == feed.rows()
    assert "UTC" in kind
    done = kitchen.start(recipes_bin / "python", f"feed_{library}.py", SOJOURN_SECRET="sjf_wrong")
    assert done.stderr.startswith("401: The credentials are wrong")


def loaded(kitchen: Kitchen, recipes_bin: Path, query: str) -> Any:
    """What a query finds in the warehouse."""
    program = (
        "import duckdb, json, sys; print(json.dumps(duckdb.connect('sojourn.duckdb').sql(sys.argv[1]).fetchall()))"
    )
    return json.loads(kitchen.run(recipes_bin / "python", "-c", program, query))


def test_dlt_loads_everything_then_what_changed_and_what_was_deleted(kitchen: Kitchen, recipes_bin: Path) -> None:
    tombstones, feed = Reader.of("ann", dataset="tombstones"), durations()
    tombstones.feed.preset = feed.feed.preset
    tombstones.feed.save()
    kitchen.write("dlt", feed)
    secrets = {"SOJOURN_SECRET": feed.secret, "SOJOURN_TOMBSTONES_SECRET": tombstones.secret}
    load = (recipes_bin / "python", "load_feed.py")
    query = "SELECT issue_key, status_name, ms FROM jira.status_durations ORDER BY ALL"

    def now() -> Any:
        return sorted([row["issueKey"], row["statusName"], row["ms"]] for row in feed.rows())

    kitchen.run(*load, **secrets)
    assert loaded(kitchen, recipes_bin, query) == now()

    store(moved("SUP-2", 5), moved("SUP-9", 9))
    Issue.objects.filter(key="SUP-3").update(deleted_ms=1_704_900_000_000)
    kitchen.run(*load, **secrets)
    assert loaded(kitchen, recipes_bin, query) == now()
    assert {key for key, _, _ in now()} == {"SUP-1", "SUP-2", "SUP-4", "SUP-9"}
    last = "_dlt_load_id = (SELECT max(load_id) FROM jira._dlt_loads WHERE schema_name = 'rest_api')"
    again = loaded(
        kitchen, recipes_bin, f"SELECT issue_key, status_name FROM jira.status_durations WHERE {last} ORDER BY ALL"
    )
    changed = [[key, name] for key in ("SUP-2", "SUP-9") for name in ("In progress", "Open")]
    of_the_last_version = [["SUP-4", "Done"], ["SUP-4", "Open"]]
    goes_on = [["SUP-1", "In progress"]]
    assert again == sorted(changed + of_the_last_version + goes_on)

    feed.feed.preset.options["as_of"] = ["2024-01-21T00:00Z"]  # a day later nothing was written, but stays have grown
    feed.feed.preset.save()
    kitchen.run(*load, **secrets)
    assert loaded(kitchen, recipes_bin, query) == now()

    kitchen.run(*load, "--anew", **secrets)
    assert loaded(kitchen, recipes_bin, query) == now()


def test_dlt_replaces_the_rows_of_a_feed_without_a_key(kitchen: Kitchen, recipes_bin: Path) -> None:
    feed = Reader.of("ann", dataset="statuses")
    kitchen.write("dlt", feed)
    for _ in range(2):
        kitchen.run(recipes_bin / "python", "load_feed.py", SOJOURN_SECRET=feed.secret)
        names = loaded(kitchen, recipes_bin, "SELECT status_name FROM jira.statuses ORDER BY status_id")
        assert [name for (name,) in names] == list(STATUS_IDS)


@pytest.mark.parametrize("given", [{"dataset": "status_durations"}, {"dataset": "status_intervals"}, {"shape": "wide"}])
def test_dbt_builds_its_models_on_what_dlt_loaded(kitchen: Kitchen, recipes_bin: Path, given: dict[str, str]) -> None:
    feed = Reader.of("ann", **given)
    for tool in ("dlt", "dbt"):
        kitchen.write(tool, feed)
    kitchen.run(recipes_bin / "python", "load_feed.py", SOJOURN_SECRET=feed.secret)
    kitchen.run(recipes_bin / "dbt", "build", "--project-dir", ".", "--profiles-dir", ".")
    table = given.get("dataset") or "time_in_status"
    ((count,),) = loaded(kitchen, recipes_bin, f"SELECT count(*) FROM analytics.stg_sojourn__{table}")
    assert count == len(feed.rows())
    if "dataset" not in given:
        assert not (kitchen.folder / "models/time_by_status.sql").exists()
        return
    found = loaded(kitchen, recipes_bin, "SELECT status_name, work_items, hours FROM analytics.time_by_status")
    hours: dict[str, float] = dict.fromkeys(("Open", "In progress", "Done"), 0)
    for row in feed.rows():
        hours[row["statusName"]] += row["ms"] / 3_600_000
    counts = {"Open": 4, "In progress": 3, "Done": 1}
    assert {name: (items, pytest.approx(time)) for name, items, time in found} == {
        name: (counts[name], time) for name, time in hours.items()
    }


def read_by_airbyte(kitchen: Kitchen, recipes_bin: Path, feed: Reader, state: list[Any]) -> tuple[list[Any], list[Any]]:
    """The records that Airbyte reads in a run, and the state it keeps for the next one."""
    given = {"config.json": {"secret": feed.secret}, "state.json": state}
    program = (recipes_bin / "source-declarative-manifest",)
    common = ("--config", "config.json", "--manifest-path", "manifest.yaml")
    for name, value in given.items():
        (kitchen.folder / name).write_text(json.dumps(value))
    told = [json.loads(line) for line in kitchen.run(*program, "discover", *common).splitlines()]
    (stream,) = next(one["catalog"]["streams"] for one in told if one["type"] == "CATALOG")
    mode = "incremental" if "incremental" in stream["supported_sync_modes"] else "full_refresh"
    chosen = {"stream": stream, "sync_mode": mode, "destination_sync_mode": "append_dedup"}
    (kitchen.folder / "catalog.json").write_text(json.dumps({"streams": [chosen]}))
    read = kitchen.run(*program, "read", *common, "--catalog", "catalog.json", "--state", "state.json")
    told = [json.loads(line) for line in read.splitlines()]
    records = [one["record"]["data"] for one in told if one["type"] == "RECORD"]
    assert all(set(one) == set(stream["json_schema"]["properties"]) for one in records)
    return records, [one["state"] for one in told if one["type"] == "STATE"][-1:]


def test_airbyte_reads_everything_then_what_changed(kitchen: Kitchen, recipes_bin: Path) -> None:
    feed = durations()
    kitchen.write("airbyte", feed)
    text = (kitchen.folder / "manifest.yaml").read_text()
    (kitchen.folder / "manifest.yaml").write_text(text.replace('limit: "5000"', 'limit: "3"'))  # two pages
    version = feed.json()["rowVersion"]
    records, state = read_by_airbyte(kitchen, recipes_bin, feed, [])
    assert records == [{**row, "feedVersion": version} for row in feed.rows()]
    store(moved("SUP-2", 5))
    records, state = read_by_airbyte(kitchen, recipes_bin, feed, state)
    assert ("SUP-2", "Open") in {(row["issueKey"], row["statusName"]) for row in records}
    assert ("SUP-1", "Open") not in {(row["issueKey"], row["statusName"]) for row in records}
    assert {row["feedVersion"] for row in records} == {feed.json()["rowVersion"]}


def test_airbyte_reads_a_feed_without_a_key_whole(kitchen: Kitchen, recipes_bin: Path) -> None:
    feed = Reader.of("ann", dataset="statuses")
    kitchen.write("airbyte", feed)
    records, _ = read_by_airbyte(kitchen, recipes_bin, feed, [])
    assert records == feed.rows()


@pytest.mark.parametrize("tool", ["power-bi", "excel"])
def test_power_query_asks_one_address_that_stays_and_its_query_reads_the_feed(
    kitchen: Kitchen, node: str, tool: str
) -> None:
    feed = Reader.of("ann", dataset="issues")
    kitchen.write(tool, feed)
    ((address, given),) = json.loads(kitchen.run(node, NODE / "parse_m.mjs", "feed.pq"))
    assert address == kitchen.server
    query = given["Query"]
    ranges = {name: query.pop(name) for name in list(query) if name.startswith("created")}
    assert set(ranges) == ({"created_from", "created_to"} if tool == "power-bi" else set())
    instants = {"created_from": "2024-01-01T09:00:00Z", "created_to": "2024-01-01T09:00:01Z"} if ranges else {}
    link = f"{address}/{given['RelativePath']}"
    login = (str(feed.feed.pk), feed.secret)
    document = httpx.get(link, params={**query, **instants}, auth=login).raise_for_status().json()
    assert document["rows"] == feed.rows()
    assert {column["name"] for column in document["columns"]} == set(document["rows"][0])
    empty = {"created_from": "2024-01-01T09:00:01Z", "created_to": "2024-01-02T00:00:00Z"}
    if ranges:
        found = httpx.get(link, params={**query, **empty}, auth=login).raise_for_status().json()
        assert (found["rows"], found["columns"]) == ([], document["columns"])


def test_what_is_no_power_query_is_refused_by_its_parser(kitchen: Kitchen, node: str) -> None:
    (kitchen.folder / "feed.pq").write_text("let Rows = in Rows")
    assert kitchen.start(node, NODE / "parse_m.mjs", "feed.pq").returncode == 1


def test_the_file_for_power_bi_names_an_address_that_is_read(kitchen: Kitchen) -> None:
    feed = durations()
    found = json.loads(kitchen.files("power-bi-file", feed)["feed.pbids"])
    (connection,) = found["connections"]
    assert connection["details"]["protocol"] == "http"
    answer = httpx.get(connection["details"]["address"]["url"], auth=(str(feed.feed.pk), feed.secret))
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert pl.read_csv(answer.content).height == len(feed.rows())


def cells(feed: Reader) -> list[list[Any]]:
    """What a sheet is to hold."""
    rows = feed.rows()
    lines = [["" if value is None else value for value in row.values()] for row in rows]
    return [list(rows[0]), *[[f"'{one}" if str(one).startswith("=") else one for one in line] for line in lines]]


@pytest.mark.parametrize("minutes", [0, 6])
def test_sheets_are_filled_in_one_run_or_in_as_many_as_it_takes(kitchen: Kitchen, node: str, minutes: int) -> None:
    """Where each look at the clock is six minutes later, a run has time for one page."""
    feed = Reader.of("ann", dataset="issues", columns="summary")
    kitchen.write("sheets", feed)
    script, kept = kitchen.folder / "Code.gs", kitchen.folder / "kept.json"
    script.write_text(script.read_text().replace("&limit=2000", "&limit=2"))
    kept.write_text(json.dumps({"properties": {"SOJOURN_SECRET": feed.secret}, "sheets": {}}))
    for runs in (1, 2, 3):
        kitchen.run(node, NODE / "sheets.mjs", "Code.gs", "kept.json", minutes)
        found = json.loads(kept.read_text())
        is_whole = not minutes or runs == 2
        assert found["sheets"]["issues"] == (cells(feed) if is_whole else cells(feed)[:3])
        assert ("cursor" in found["properties"]) != is_whole


def test_sheets_say_what_the_server_says_and_begin_anew(kitchen: Kitchen, node: str) -> None:
    kitchen.write("sheets", durations())
    kept = kitchen.folder / "kept.json"
    kept.write_text(json.dumps({"properties": {"SOJOURN_SECRET": "sjf_wrong", "cursor": "old"}, "sheets": {}}))
    done = kitchen.start(node, NODE / "sheets.mjs", "Code.gs", "kept.json", 0)
    assert "401: The credentials are wrong" in done.stderr
    assert "cursor" not in json.loads(kept.read_text())["properties"]
