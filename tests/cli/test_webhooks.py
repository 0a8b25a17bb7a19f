"""Webhooks from the command line to the service: registered, told by a simulated Jira, and worked off by the worker."""

import http.client
import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sojourn.jira import hooking
from sojourn.jira.models import Connection
from sojourn.jira.simulator import Simulator, changes
from tests.cli.running import Run, Sojourn
from tests.cli.test_connect import SECRET, Here, here, tried
from tests.jira.hooked import event, send, signed
from tests.jobs.stores import COMMAND

__all__ = ["here", "tried"]
PUBLIC = "http://127.0.0.1:1"


def known_secret() -> str:
    hook = Connection.objects.get().webhook_secret
    assert hook is not None
    return hook.reveal()


@pytest.mark.django_db
def test_a_webhook_is_registered_and_its_secret_is_not_shown(
    tried: tuple[Simulator, Callable[..., Run]], sojourn: Sojourn, settings: Any
) -> None:
    simulator, connect = tried
    assert "`sojourn connect --webhook acme` has Jira tell of changes at once." in connect().err
    settings.CSRF_TRUSTED_ORIGINS = [PUBLIC, "https://other.example.com"]
    done = sojourn("connect", "--webhook", "acme")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"Jira tells {PUBLIC}/hooks/jira/acme of changes.\n"
    assert simulator.site.webhooks[0].secret == known_secret()


@pytest.mark.django_db
def test_what_an_administrator_enters_is_printed_with_the_secret_once(
    tried: tuple[Simulator, Callable[..., Run]], sojourn: Sojourn
) -> None:
    simulator, connect = tried
    connect()
    simulator.site.accounts[0].permissions.discard("ADMINISTER")
    done = sojourn("connect", "--webhook", "acme", "--webhook-url", "https://sojourn.example.com")
    assert done.code == 0
    assert done.out.splitlines() == [
        "Name\tSojourn acme",
        "URL\thttps://sojourn.example.com/hooks/jira/acme",
        f"Secret\t{known_secret()}",
        f"Events\t{', '.join(hooking.EVENTS)}",
        "JQL\t(empty: all work items)",
    ]
    assert "Jira does not let this account do it" in done.err
    assert known_secret() not in done.err
    told = json.loads(sojourn("connect", "--webhook", "acme", "--webhook-url", "https://a.example", "--json").out)
    assert (told["url"], told["secret"]) == ("https://a.example/hooks/jira/acme", known_secret())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("acme",), 2, "--webhook-url: is missing; write the address at which Jira reaches Sojourn"),
        (("acme", "--webhook-url", "acme.com"), 2, "--webhook-url: 'acme.com' is not an address such as https"),
        (("nobody", "--webhook-url", PUBLIC), 2, "There is no connection 'nobody'; there are: acme."),
    ],
)
def test_what_is_wrong_is_said(
    tried: tuple[Simulator, Callable[..., Run]], sojourn: Sojourn, words: tuple[str, ...], code: int, says: str
) -> None:
    tried[1]()
    done = sojourn("connect", "--webhook", *words)
    assert (done.code, done.out) == (code, "")
    assert says in done.err


@pytest.mark.django_db
def test_refused_credentials_end_with_1(tried: tuple[Simulator, Callable[..., Run]], sojourn: Sojourn) -> None:
    simulator, connect = tried
    connect()
    simulator.site.accounts[0].is_revoked = True
    done = sojourn("connect", "--webhook", "acme", "--webhook-url", PUBLIC)
    assert done.code == 1
    assert "the API token is wrong, revoked or expired" in done.err


def _until(condition: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def chunked(port: int, parts: list[bytes], headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/hooks/jira/acme", iter(parts), headers, encode_chunked=True)
    status = connection.getresponse().status
    connection.close()
    return status


def test_what_a_team_does_is_seen_by_who_asks_the_service(here: Here, tmp_path: Path) -> None:
    """The whole way, by the service's own server and worker; the next poll is an hour away."""
    here.connect("--every", "60")
    here.run("sync")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = f"http://127.0.0.1:{port}"
    assert here.run("user", "add", "ann", "--password-stdin", given="a long pass phrase\n").code == 0
    site = here.url.partition("://")[2].partition(":")[0]
    assert here.run("access", "grant", "ann", "--site", site, "--every-level").code == 0
    assert here.run("access", "give", "ann", "administrator").code == 0
    token = here.run("token", "create", "--user", "ann", "--expires", "1d").out.strip().split()[-1]
    assert here.run("connect", "--webhook", "acme", "--webhook-url", server).code == 0

    def get(path: str) -> Any:
        asked = urllib.request.Request(f"{server}/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def is_up() -> bool:
        try:
            return bool(urllib.request.urlopen(f"{server}/health", timeout=60).status == 200)
        except OSError:
            return False

    serving = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)], env=here.environment, stderr=subprocess.PIPE, text=True
    )
    try:
        _until(is_up)
        [before] = get("/sites")["sites"]
        assert (before["work_items"], before["connection"]["webhook_at"]) == (60, None)
        site = here.simulator.site
        changes.edit(site, "10003", "summary", "Said anew")
        changes.delete(site, "10004")
        assert here.simulator.post.send() == [200, 200]
        key = site.items["10003"].key
        _until(lambda: get(f"/issues/{key}")["summary"] == "Said anew")
        _until(lambda: get("/sites")["sites"][0]["work_items"] == 59)
        [after] = get("/sites")["sites"]
        assert after["connection"]["last_run_at"] == before["connection"]["last_run_at"]
        assert after["connection"]["webhook_at"] is not None
        body = event(issue={"id": "10005"})
        told = signed(body, site.webhooks[0].secret)
        assert chunked(port, [body[:20], body[20:]], told) == 200
        assert chunked(port, [b" " * 700_000, b" " * 700_000], told) == 413
        assert send(server, "acme", b" " * 3_000_000, told) == 413
        site.webhooks[0] = type(site.webhooks[0])(site.webhooks[0].url, "wrong")
        changes.edit(site, "10003", "summary", "Forged")
        assert here.simulator.post.send() == [401]
        assert get("/sites")["sites"][0]["connection"]["webhook_refused_at"] is not None
    finally:
        serving.terminate()
        said = serving.communicate(timeout=60)[1]
    assert "Forged" not in said
    assert "Unauthorized" not in said
    assert SECRET not in said
