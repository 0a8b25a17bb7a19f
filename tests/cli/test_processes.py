"""The command in processes of its own: starting, the demo, serving, pipes."""

import csv
import io
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests import made_store
from tests.builders import issue
from tests.cli.running import Run, environment, own_process

COMMAND = [sys.executable, "-c", "from sojourn.cli import main; main()"]
REPORT = ("report", "time-in-status", "--as-of", "2024-01-01")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SOJOURN_LOG_LEVEL", "LOUD", "SOJOURN_LOG_LEVEL: 'LOUD' is not valid; write DEBUG, INFO, WARNING or ERROR"),
        ("DATABASE_URL", "mysql://u:secret@h/n", "DATABASE_URL: its value is not valid; write postgresql://"),
        ("SECRET_KEY_FILE", "/nowhere", "SECRET_KEY_FILE: cannot be read"),
        ("SOJOURN_HOME", "/dev/null/home", "SOJOURN_HOME: "),
        ("DATABASE_URL", "sqlite:////dev/null/a.db", "DATABASE_URL: the folder /dev/null cannot be made"),
        ("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/n", "the store cannot be used: "),
    ],
)
def test_a_wrong_setting_stops_the_start_in_one_line(tmp_path: Path, name: str, value: str, message: str) -> None:
    run = own_process(tmp_path, "calendar", "list", **{name: value})
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"sojourn: {message}")
    assert run.err.count("\n") == 1
    assert "secret" not in run.err.lower() or name != "DATABASE_URL"


def test_the_first_start_makes_the_key_and_the_store(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert own_process(home, "calendar", "list").code == 0
    key = (home / "secret_key").read_text()
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    with (home / "sojourn.sqlite3").open("rb") as file:
        assert file.read(20)[18:20] == b"\x02\x02"  # write-ahead log
    assert own_process(home, "calendar", "list").code == 0
    assert (home / "secret_key").read_text() == key


def test_a_start_with_another_text_language_makes_the_text_index_anew(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "one.json").write_text(json.dumps(issue(summary="Katzen")))

    def stored() -> tuple[str, str]:
        with closing(sqlite3.connect(home / "sojourn.sqlite3")) as store:
            [found] = store.execute("SELECT words, text_language FROM history_text, history_site")
        return found

    assert own_process(home, "import", str(tmp_path / "one.json")).code == 0
    assert stored() == (" katzen ·katzen ", "english")
    assert own_process(home, "calendar", "list", SOJOURN_TEXT_LANGUAGE="german").code == 0
    assert stored() == (" katzen ·katz ", "german")


def test_processes_that_start_at_once_make_one_store(tmp_path: Path) -> None:
    command = [*COMMAND, "calendar", "list"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    every = [subprocess.Popen(command, env=environment(tmp_path / "home"), **pipes) for _ in range(3)]
    for one in every:
        out, err = one.communicate(timeout=60)
        assert (one.returncode, err) == (0, "")
        assert out.startswith("7x24")


def test_the_demo_is_loaded_once(demo: tuple[Path, Run]) -> None:
    home, first = demo
    assert (first.code, first.out) == (0, "")
    assert "2,000 work items read.\n" in first.err
    assert first.err.endswith(" SLA clocks counted.\n")
    before = own_process(home, "dump").out
    assert own_process(home, "demo", "--load-only") == Run(0, "", "")
    assert own_process(home, "dump").out == before
    assert before.count("\n") > 2000


def test_the_demo_is_kept_in_step_with_a_simulated_jira(demo: tuple[Path, Run]) -> None:
    [connection] = json.loads(own_process(demo[0], "connect", "--list", "--json").out)
    assert connection["url"].startswith("http://127.0.0.1:")
    assert (connection["site"], connection["projects"], connection["projects_whole"]) == ("Demo", 3, 3)
    assert (connection["last_problem"], connection["left_out"]) == ("", [])


def test_the_demo_can_be_asked_right_away(demo: tuple[Path, Run]) -> None:
    run = own_process(demo[0], "report", "time-in-status", "--format", "csv", "--calendar", "Support Berlin")
    assert (run.code, run.err) == (0, "")
    found = list(csv.DictReader(io.StringIO(run.out, newline="")))
    assert len(found) == 2000
    assert all(row["current"] for row in found)
    assert own_process(demo[0], "doctor").code == 0


@pytest.mark.parametrize(
    "words",
    [
        [*REPORT],
        [*REPORT, "--format", "csv", "--shape", "long", "--as-of", "2030-01-01"],
        [*REPORT, "--format", "json", "--shape", "long", "--as-of", "2030-01-01"],
        [*REPORT, "--format", "parquet", "--shape", "long", "--as-of", "2030-01-01"],
        ["calendar", "list"],
        ["settings"],
    ],
    ids=" ".join,
)
def test_a_pipe_that_closes_is_no_error_to_tell(demo: tuple[Path, Run], words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [*COMMAND, *words], stdout=writer, stderr=subprocess.PIPE, env=environment(demo[0]), check=False, timeout=60
    )
    os.close(writer)
    assert run.stderr.decode() == ""
    assert run.returncode in (0, 1)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def status_of(url: str, seconds: float = 60) -> int:
    """The status of a page, once the server answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("words", [["serve"], ["demo"]], ids=" ".join)
def test_it_serves_until_it_is_told_to_stop(demo: tuple[Path, Run], words: list[str]) -> None:
    port = free_port()
    command = [*COMMAND, *words, "--port", str(port)]
    server = subprocess.Popen(
        command, env=environment(demo[0]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert status_of(f"http://127.0.0.1:{port}/health") == 200
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=30)
    finally:
        server.kill()
        server.wait()
    assert (server.returncode, out) == (0, "")
    assert f"Sojourn runs on http://127.0.0.1:{port}" in err
    assert "Traceback" not in out + err


def test_who_reads_with_a_token_waits_for_no_writer(home: Path) -> None:
    """SQLite has one writer at a time, and when a token was used last is written down."""
    assert own_process(home, "user", "add", "ann", "--password-stdin", told="correct horse battery").code == 0
    token = own_process(home, "token", "create", "--user", "ann").out.strip()
    port = free_port()
    server = subprocess.Popen([*COMMAND, "serve", "--port", str(port), "--no-worker"], env=environment(home))
    with closing(sqlite3.connect(home / "sojourn.sqlite3", isolation_level=None)) as store:
        try:
            assert status_of(f"http://127.0.0.1:{port}/health") == 200
            headers = {"Authorization": f"Bearer {token}"}
            ask = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/reports", headers=headers)
            used = "SELECT last_used_at IS NOT NULL FROM access_token"
            store.execute("BEGIN IMMEDIATE")
            with urllib.request.urlopen(ask, timeout=30) as answer:
                assert answer.status == 200
            assert store.execute(used).fetchall() == [(False,)]
            store.execute("ROLLBACK")
            with urllib.request.urlopen(ask, timeout=30) as answer:
                assert answer.status == 200
            assert store.execute(used).fetchall() == [(True,)]
        finally:
            server.kill()
            server.wait()


def workers(home: Path) -> list[tuple[int, bool]]:
    """The process of every worker that ran on a store, and whether it ended as it should."""
    with closing(sqlite3.connect(home / "sojourn.sqlite3", timeout=60)) as store:
        return store.execute("SELECT pid, ended_at IS NOT NULL FROM jobs_workerstate ORDER BY id").fetchall()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made_store.put_into(tmp_path)
    return tmp_path


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_the_server_runs_a_worker_begins_it_again_and_ends_it(home: Path) -> None:
    command = [*COMMAND, "serve", "--port", str(free_port())]
    server = subprocess.Popen(command, env=environment(home), stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: len(workers(home)) == 1)
        os.kill(workers(home)[0][0], signal.SIGKILL)
        until(lambda: len(workers(home)) == 2)
        server.terminate()
        err = server.communicate(timeout=30)[1]
    finally:
        server.kill()
        server.wait()
    assert server.returncode == 0
    assert "The worker ended with code -9; it is begun again in 5 seconds." in err
    assert [ended for _, ended in workers(home)] == [False, True]


def test_the_worker_of_a_server_that_is_killed_ends_too(home: Path) -> None:
    command = [*COMMAND, "serve", "--port", str(free_port())]
    server = subprocess.Popen(command, env=environment(home), stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        until(lambda: len(workers(home)) == 1)
        server.kill()
        server.wait()
        until(lambda: workers(home)[0][1] == 1 and not is_alive(workers(home)[0][0]))
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # what else the server began


def test_a_port_that_is_taken_is_told_in_one_line(demo: tuple[Path, Run]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = own_process(demo[0], "serve", "--port", str(port))
    assert run.code == 2
    want = f"sojourn: cannot listen on port {port} of 127.0.0.1: Address already in use; choose with --port\n"
    assert run.err == want
