"""`sojourn import` and `sojourn dump`, as people and scripts use them: exit codes, streams, stops and kills."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sojourn.history.models import Issue, Segment
from sojourn.jira.demo import demo_issues
from tests import made_store
from tests.builders import change, issue
from tests.cli.running import Run, Sojourn, environment, own_process
from tests.core.calendar_help import ms

ITEMS = 3000
COMMAND = [sys.executable, "-c", "from sojourn.cli import main; main()"]
T1 = "2024-01-02T09:00:00.000+0000"
ONE = issue("ABC-1", "Done", change(T1, "status", "Open", "Done"))
TWO = issue("ABC-2")
LOG = "who,what,when\n7,Open,2024-01-01T09:00\n7,Done,2024-01-01T10:00\n"


def write(path: Path, *values: Any) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return path


@pytest.mark.django_db
def test_an_import_ends_with_0_and_tells_people_what_it_did(sojourn: Sojourn, tmp_path: Path) -> None:
    run = sojourn("import", write(tmp_path / "a.jsonl", ONE, TWO))
    assert (run.code, run.out) == (0, "")
    assert "2 work items read: 2 written, 0 unchanged, 0 older than what is stored, 0 left out." in run.err
    assert Segment.objects.exists()
    run = sojourn("import", tmp_path)
    assert "2 work items read: 0 written, 2 unchanged, 0 older than what is stored, 0 left out." in run.err


@pytest.mark.django_db
def test_what_was_left_out_is_listed_and_ends_with_1(sojourn: Sojourn, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ONE, {"x": 1})
    run = sojourn("import", path)
    assert run.code == 1
    assert f"left out: {path}: line 2: is not a work item: it has x, and neither `key` nor `fields`" in run.err
    assert "1 written, 0 unchanged, 0 older than what is stored, 1 left out." in run.err
    assert list(Issue.objects.values_list("key", flat=True)) == ["ABC-1"]


@pytest.mark.django_db
def test_json_is_for_programs(sojourn: Sojourn, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ONE, 7)
    run = sojourn("import", path, "--json")
    reason = "7 is not a work item; a Jira work item is a JSON object"
    assert json.loads(run.out) == {
        "written": 1,
        "unchanged": 0,
        "older": 0,
        "poorer": 0,
        "cut_short": 0,
        "statuses": 0,
        "left_out": 1,
        "problems": [{"file": str(path), "place": "line 2", "reason": reason}],
    }
    assert run.code == 1


@pytest.mark.django_db
def test_a_strict_import_ends_with_2_at_the_first_problem(sojourn: Sojourn, tmp_path: Path) -> None:
    run = sojourn("import", write(tmp_path / "a.jsonl", ONE, 7, TWO), "--strict")
    assert run.code == 2
    assert "line 2: 7 is not a work item" in run.err
    assert list(Issue.objects.values_list("key", flat=True)) == ["ABC-1"]


@pytest.mark.django_db
def test_columns_of_a_log_are_named_and_what_was_taken_for_what_is_shown(sojourn: Sojourn, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    named = (
        "--case",
        "who",
        "--activity",
        "what",
        "--timestamp",
        "when",
        "--zone",
        "Europe/Berlin",
        "--project",
        "HELP",
    )
    run = sojourn("import", tmp_path / "log.csv", *named, "--site", "Desk")
    assert run.code == 0
    assert "log.csv: case = 'who', activity = 'what', timestamp = 'when', zone = Europe/Berlin" in run.err
    stored = Issue.objects.values_list("key", "project__key", "site__name", "created_ms", "status__name")
    assert list(stored) == [("7", "HELP", "Desk", ms("2024-01-01T08:00"), "Done")]


@pytest.mark.django_db
def test_an_xes_log_is_imported_by_its_suffix_or_its_format(sojourn: Sojourn, tmp_path: Path) -> None:
    parts = [("string", "concept:name", "New"), ("date", "time:timestamp", "2024-01-01T09:00:00")]
    parts += [("string", "lifecycle:transition", "start")]
    attributes = "".join(f'<{kind} key="{key}" value="{value}"/>' for kind, key, value in parts)
    name = '<string key="concept:name" value="7"/>'
    for file, words in (("log.xes", []), ("log.xml", ["--format", "xes"])):
        (tmp_path / file).write_text(f"<log><trace>{name}<event>{attributes}</event></trace></log>")
        run = sojourn("import", tmp_path / file, *words, "--json")
        assert (run.code, json.loads(run.out)["left_out"]) == (1, 1)
        run = sojourn("import", tmp_path / file, *words, "--json", "--lifecycle", "start", "--zone", "Europe/Berlin")
        assert (run.code, json.loads(run.out)["problems"]) == (0, [])
    issue = Issue.objects.get()
    assert (issue.key, issue.created_ms) == ("7", ms("2024-01-01T08:00"))


@pytest.mark.django_db
def test_the_format_can_be_said(sojourn: Sojourn, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(LOG.replace("who,what,when", "case,status,time"))
    assert sojourn("import", tmp_path / "log.txt").code == 1
    assert sojourn("import", tmp_path / "log.txt", "--format", "csv").code == 0


WRONG: list[tuple[str, list[str], str]] = [
    ("a file that is not there", ["nowhere.json"], "nowhere.json: does not exist"),
    ("an unknown format", ["log.csv", "--format", "xml"], "--format: 'xml' is not one of auto, jira, csv, xes"),
    ("an unknown zone", ["log.csv", "--zone", "Berlin"], "--zone: 'Berlin' is not a time zone"),
    ("no zone at all", ["log.csv", "--zone", ""], "--zone: '' is not a time zone"),
    ("a folder of zones", ["log.csv", "--zone", "Europe"], "--zone: 'Europe' is not a time zone"),
    ("a column that is not there", ["log.csv", "--case", "x"], "there is no such column; there are: who, what, when"),
    ("columns nobody can guess", ["log.csv"], "cannot guess the case column; name it with --case"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("words", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_use_ends_with_2_before_anything_is_imported(
    sojourn: Sojourn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    write(tmp_path / "a.json", ONE)
    monkeypatch.chdir(tmp_path)
    run = sojourn("import", "a.json", *words)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert Issue.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "a.json", "a.json.gz"])
def test_a_damaged_file_is_left_out_and_the_others_are_imported(sojourn: Sojourn, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    write(tmp_path / "z.json", ONE)
    run = sojourn("import", tmp_path)
    assert run.code == 1
    assert f"left out: {tmp_path / name}: file: " in run.err
    assert Issue.objects.count() == 1


@pytest.mark.django_db
def test_a_dump_is_the_same_on_the_terminal_and_in_a_file(sojourn: Sojourn, tmp_path: Path) -> None:
    sojourn("import", write(tmp_path / "a.jsonl", ONE, issue("ABC-3", summary="ü")))
    run = sojourn("dump")
    assert sojourn("dump", "-o", tmp_path / "dump.jsonl").code == run.code == 0
    assert (tmp_path / "dump.jsonl").read_text(encoding="utf-8") == run.out
    assert run.out.endswith("}\n")
    assert "About ABC-1" in run.out


@pytest.mark.django_db
def test_a_dump_that_cannot_be_written_is_said(sojourn: Sojourn, tmp_path: Path) -> None:
    run = sojourn("dump", "-o", tmp_path / "no" / "dump.jsonl")
    assert run.code == 2
    assert f"{tmp_path}/no/dump.jsonl: cannot be written: No such file or directory" in run.err


@dataclass(frozen=True)
class OwnStore:
    """A store for processes of its own: SQLite in a folder, or a database of the tests' PostgreSQL."""

    home: Path
    url: str

    def run(self, *words: str) -> Run:
        return own_process(self.home, *words, DATABASE_URL=self.url)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *words],
            env=environment(self.home, DATABASE_URL=self.url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )

    def items(self) -> int:
        """How many work items are stored; 0 while there is no table yet."""
        question = "SELECT count(*) FROM history_issue"
        if self.url:
            import psycopg

            try:
                with psycopg.connect(self.url) as connection:
                    [[found]] = connection.execute(question).fetchall()
            except psycopg.errors.UndefinedTable:
                return 0
            return int(found)
        try:
            with closing(sqlite3.connect(f"file:{self.home / 'sojourn.sqlite3'}?mode=ro", uri=True)) as database:
                return int(database.execute(question).fetchone()[0])
        except sqlite3.OperationalError:
            return 0


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[], OwnStore]]:
    """Makes stores; they are gone after the test."""
    server = os.environ.get("TEST_DATABASE_URL", "")
    made: list[OwnStore] = []

    def make() -> OwnStore:
        name = f"sojourn_{os.getpid()}_{len(made)}"
        made.append(OwnStore(tmp_path / name, f"{server.rpartition('/')[0]}/{name}" if server else ""))
        if server:
            on_server(server, f"CREATE DATABASE {name}")
        else:
            made_store.put_into(tmp_path / name)
        return made[-1]

    yield make
    for store in made if server else ():
        on_server(server, f"DROP DATABASE {store.url.rpartition('/')[2]} WITH (FORCE)")


def on_server(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())


def until(store: OwnStore, items: int, process: subprocess.Popen[str]) -> None:
    """Wait until that many work items are stored."""
    deadline = time.monotonic() + 60
    while store.items() < items:
        assert process.poll() is None, "it ended before it was stopped"
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("export") / "export.jsonl", *demo_issues(ms("2024-06-01T00:00"), 7, ITEMS))


@pytest.fixture(scope="module")
def straight(export: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The dump after an import that nothing disturbed, on SQLite: it is the same on every database."""
    home = tmp_path_factory.mktemp("straight")
    assert own_process(home, "import", str(export), DATABASE_URL="").code == 0
    return own_process(home, "dump", DATABASE_URL="").out


def test_an_import_that_is_killed_and_run_again_ends_in_the_same_store(
    export: Path, straight: str, new_store: Callable[[], OwnStore]
) -> None:
    killed = new_store()
    for items in (1, 1000, 2000):
        process = killed.start("import", str(export))
        until(killed, items, process)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert 0 < killed.items() < ITEMS
        assert killed.items() % 500 == 0, "whole batches"
    assert killed.run("import", str(export)).code == 0
    assert killed.items() == ITEMS
    assert killed.run("dump").out == straight


def test_two_imports_at_once_end_in_the_same_store(
    export: Path, straight: str, new_store: Callable[[], OwnStore]
) -> None:
    shared = new_store()
    assert shared.run("dump").code == 0  # makes the tables
    processes = [shared.start("import", str(export), "--json") for _ in range(2)]
    ended = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ended
    counts = [json.loads(out) for out, _ in ended]
    assert sum(count["written"] for count in counts) == ITEMS
    assert sum(count["unchanged"] for count in counts) == ITEMS
    assert shared.run("dump").out == straight


def test_ctrl_c_ends_with_1_and_says_how_to_go_on(export: Path, new_store: Callable[[], OwnStore]) -> None:
    store = new_store()
    process = store.start("import", str(export))
    until(store, 1, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (1, "")
    assert "Stopped. What was imported is stored; run the same command again to go on." in err
    assert "Traceback" not in err
    assert 0 < store.items() < ITEMS


MEASURE = """
import os, re
os.environ["DJANGO_SETTINGS_MODULE"] = "sojourn.settings"
import django
django.setup()
from sojourn.cli import main
from sojourn.history.write import Writer
write, peaks = Writer.write, []
def peak():  # not getrusage: that keeps the peak of the process that started this one
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s*(\\d+)", status.read())[1]) // 1024
def measured(self, records):
    peaks.append(peak())
    return write(self, records)
Writer.write = measured
try:
    main()
finally:
    print(len(peaks), peaks[len(peaks) // 2], peak())
"""


def test_a_hundred_megabytes_are_imported_in_flat_memory(tmp_path: Path) -> None:
    path, text = tmp_path / "large.jsonl", "long words " * 900
    with path.open("w") as file:
        for number, payload in enumerate(demo_issues(ms("2024-06-01T00:00"), 7, 6000)):
            fields = {**payload["fields"], "description": f"{text}{number}", "customfield_9": f"{number} {text[:3000]}"}
            file.write(json.dumps({**payload, "fields": fields}) + "\n")
    assert path.stat().st_size > 95_000_000
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, "import", str(path)],
        env=environment(tmp_path / "home", DATABASE_URL=""),
        capture_output=True,
        text=True,
        check=True,
    )
    batches, half, whole = map(int, done.stdout.split())
    assert batches == 12
    assert whole < 500, "megabytes"
    assert whole - half < 40, "megabytes"
