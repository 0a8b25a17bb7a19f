"""Connecting a Jira and syncing it from the command line, against a simulated one over real HTTP."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sojourn.jira.models import Connection
from sojourn.jira.simulator import Fault, Simulator, serving
from sojourn.sealed import Secret
from tests import made_store
from tests.cli.running import Run, Sojourn
from tests.jira.simulated import made_up
from tests.jobs.stores import COMMAND

SECRET = "made-up-token"


class Here:
    """A home, a simulated Jira, and the command in processes of its own."""

    def __init__(self, home: Path, simulator: Simulator, url: str) -> None:
        self.simulator = simulator
        self.url = url
        self.home = home
        port = url.rpartition(":")[2]
        own = {"SOJOURN_HOME": str(home), "DATABASE_URL": "", "SOJOURN_ALLOW_PRIVATE": f"127.0.0.1:{port}"}
        self.environment = {**os.environ, **own, "COLUMNS": "300"}

    def run(self, *words: str, given: str = "") -> Run:
        done = subprocess.run(
            [*COMMAND, *words],
            check=False,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=100,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def connect(self, *more: str, secret: str = SECRET) -> Run:
        told = ("--kind", "cloud", "--name", "acme", "--account", "sojourn@example.com", "--secret-file", "-")
        return self.run("connect", self.url, *told, *more, given=f"{secret}\n")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    made_store.put_into(tmp_path / "home")
    simulator = Simulator(made_up(60), "cloud")
    with serving(simulator) as url:
        yield Here(tmp_path / "home", simulator, url)


def test_a_jira_is_connected_synced_and_listed_and_no_secret_is_shown(here: Here) -> None:
    done = here.connect("--json")
    told_all = [done]
    assert (done.code, json.loads(done.out)["name"]) == (0, "acme")
    assert "Signed in as Sojourn" in done.err
    assert "permission" not in done.err
    done = here.run("sync", "--json")
    assert done.code == 0
    [told] = json.loads(done.out)
    assert (told["state"], told["work_items"], told["left_out"]) == ("finished", 60, [])
    assert "acme: in step; 60 work items." in done.err
    assert all(project["whole"] for project in told["projects"])
    listed = here.run("connect", "--list")
    assert listed.out.startswith("acme\tcloud\thttp://127.0.0.1:")
    assert "in step as of 20" in listed.out
    assert here.run("doctor").code == 0
    told_all += [listed, here.run("jobs", "show", "1")]
    assert not [one for one in told_all if SECRET in one.out + one.err]
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in here.home.iterdir() if path.is_file())


@pytest.fixture
def tried(tmp_path: Path, sojourn: Sojourn, settings: Any) -> Iterator[tuple[Simulator, Callable[..., Run]]]:
    """A simulated Jira, and connecting to it in this process, on the store of the test."""
    simulator = Simulator(made_up(20), "cloud")
    with serving(simulator) as url:
        settings.SOJOURN_ALLOW_PRIVATE = (("127.0.0.1", int(url.rpartition(":")[2])),)

        def connect(secret: str = SECRET) -> Run:
            (tmp_path / "secret").write_text(f"{secret}\n")
            told = ("--kind", "cloud", "--name", "acme", "--account", "sojourn@example.com")
            return sojourn("connect", url, *told, "--secret-file", tmp_path / "secret")

        yield simulator, connect


@pytest.mark.django_db
def test_a_missing_permission_is_named_and_what_it_is_for(tried: tuple[Simulator, Callable[..., Run]]) -> None:
    simulator, connect = tried
    simulator.site.accounts[0].permissions = {"BROWSE_PROJECTS"}
    done = connect()
    assert done.code == 0
    assert "The permission Browse users and groups is missing; goes without: the list of users" in done.err
    simulator.site.accounts[0].permissions = set()
    done = connect()
    assert done.code == 1
    assert "The permission Browse projects is missing and needed: reading work items" in done.err


@pytest.mark.django_db
def test_wrong_credentials_are_tried_once_and_keep_nothing(tried: tuple[Simulator, Callable[..., Run]]) -> None:
    simulator, connect = tried
    calls: list[Any] = []
    simulator._watch = calls.append
    done = connect("wrong")
    assert (done.code, len(calls)) == (1, 1)
    assert "the API token is wrong, revoked or expired" in done.err
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_a_name_stays_with_its_jira_and_its_secret_until_another_one_is_taken(
    tried: tuple[Simulator, Callable[..., Run]], sojourn: Sojourn
) -> None:
    simulator, connect = tried
    connect()
    told = ("--kind", "cloud", "--name", "acme", "--account", "a@example.com")
    done = sojourn("connect", "http://other.example.com", *told)
    assert done.code == 2
    assert "--name: acme connects http://127.0.0.1:" in done.err
    assert connect("wrong").code == 1
    assert Connection.objects.get().secret == Secret(SECRET)
    simulator.site.accounts[0].secret = "another"
    assert connect("another").code == 0
    assert Connection.objects.get().secret == Secret("another")


def test_revoked_credentials_stop_all_calls_until_they_are_renewed(here: Here) -> None:
    here.connect()
    calls: list[Any] = []
    here.simulator._watch = calls.append
    here.simulator.site.accounts[0].is_revoked = True
    assert here.run("sync").code == 1
    assert len(calls) == 1
    done = here.run("sync")
    assert (done.code, len(calls)) == (1, 1)
    assert "No call is made until then" in done.err
    assert "sojourn connect --renew acme" in here.run("doctor").out
    here.simulator.site.accounts[0].is_revoked = False
    assert here.run("connect", "--renew", "acme", "--secret-file", "-", given=f"{SECRET}\n").code == 0
    assert here.run("sync").code == 0


def test_a_connection_is_removed_when_that_is_confirmed_and_its_work_items_stay(here: Here) -> None:
    here.connect()
    here.run("sync")
    assert here.run("connect", "--remove", "acme", given="n\n").code == 1
    assert here.run("connect", "--remove", "acme", given="y\n").code == 0
    assert here.run("connect", "--list", "--json").out.strip() == "[]"
    assert here.run("dump").out.count('"jira_id"') == 60


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sync"], "There is no connection yet"),
        (["sync", "nobody"], "There is no connection 'nobody'"),
        (["connect", "--remove", "nobody"], "There is no connection 'nobody'"),
        (["connect", "http://x", "--kind", "server"], "--kind: 'server' is not cloud or datacenter"),
        (["connect", "http://x", "--kind", "cloud", "--method", "password", "--account", "a"], "--method: 'password'"),
        (["connect", "http://x", "--name", "A b", "--kind", "datacenter"], "--name: 'A b' is not a name"),
        (["connect", "http://x", "--kind", "datacenter", "--token-ends", "soon"], "--token-ends: 'soon'"),
        (["connect", "http://x", "--kind", "datacenter", "--every", "0"], "--every: 0 minutes"),
        (["connect", "http://x", "--kind", "datacenter", "--secret-file", "/no/where"], "/no/where: cannot be read"),
        (["connect", "http://x", "--kind", "datacenter", "--secret-file", "/dev/null"], "/dev/null: is empty"),
    ],
)
@pytest.mark.django_db
def test_wrong_use_is_told(sojourn: Sojourn, words: list[str], message: str) -> None:
    done = sojourn(*words)
    assert done.code == 2
    assert message in done.err


def test_an_unknown_project_is_wrong_use_and_says_which_there_are(here: Here) -> None:
    here.connect()
    done = here.run("sync", "--project", "NOWHERE")
    assert done.code == 2
    assert "the account sees no project 'NOWHERE'; it sees APP, OPS, SUP" in done.err


def test_a_sync_that_is_stopped_says_so_and_goes_on_when_it_is_run_again(here: Here) -> None:
    here.connect()
    here.simulator.faults.add(Fault("stall", "issue/bulkfetch", seconds=3))
    process = subprocess.Popen(
        [*COMMAND, "sync"], env=here.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while here.simulator.faults._waiting:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "run the same command again to go on" in told
    assert here.run("sync").code == 0


def test_what_cannot_be_read_is_listed_and_ends_with_1(here: Here) -> None:
    here.connect()
    site = here.simulator.site
    site.items["10004"].histories[0]["created"] = "never"
    done = here.run("sync", "--json")
    assert done.code == 1
    [told] = json.loads(done.out)
    assert (told["state"], told["work_items"]) == ("finished", 59)
    assert [one["issue"] for one in told["left_out"]] == ["10004"]
    assert "created" in told["left_out"][0]["reason"]
    assert "left out\t10004" in here.run("connect", "--list").out
    assert "1 work items could not be read" in here.run("doctor").out
