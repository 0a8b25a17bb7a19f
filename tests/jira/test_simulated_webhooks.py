"""What a simulated Jira tells by webhooks, and how it goes wrong when it is asked to."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from sojourn.jira.simulator import Mess, Simulator, Webhook, changes, serving
from tests.jira.simulated import NOW_MS, made_up

SECRET = "a secret"


class Heard:
    """A receiver: what it heard, and what it answers, 200 when it has said all."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.url = ""

    @property
    def events(self) -> list[str]:
        return [json.loads(body)["webhookEvent"] for _, body in self.requests]


@contextmanager
def listening() -> Iterator[Heard]:
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(heard.answers.pop(0) if heard.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        heard.url = f"http://127.0.0.1:{server.server_port}/here"
        Thread(target=server.serve_forever, daemon=True).start()
        yield heard
        server.shutdown()


def simulated(heard: Heard, face: str = "cloud", **more: Any) -> Simulator:
    simulator = Simulator(made_up(20), face)  # type: ignore[arg-type]
    simulator.site.webhooks.append(Webhook(heard.url, SECRET, **more))
    return simulator


def play(simulator: Simulator) -> None:
    site = simulator.site
    changes.transition(site, "10001", "10002")
    changes.comment(site, "10002", "A word")
    changes.delete(site, "10003")
    changes.create(site, {"fields": {**site.items["10004"].fields, "summary": "New"}})


@pytest.mark.parametrize("face", ["cloud", "datacenter"])
def test_each_change_is_told_signed_and_as_that_face_tells_it(face: str) -> None:
    with listening() as heard:
        simulator = simulated(heard, face)
        play(simulator)
        assert simulator.post.send() == [200] * 4
        assert simulator.post.send() == []
    assert heard.events == ["jira:issue_updated", "comment_created", "jira:issue_deleted", "jira:issue_created"]
    for headers, body in heard.requests:
        right = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature"] == f"sha256={right}"
        assert ("x-atlassian-webhook-identifier" in headers) == (face == "cloud")
    updated, comment = (json.loads(body) for _, body in heard.requests[:2])
    assert (updated["issue"]["id"], updated["timestamp"]) == ("10001", NOW_MS)
    change = updated["changelog"]["items"][0]
    assert (change["field"], change["to"], "fieldId" in change) == ("status", "10002", face == "cloud")
    assert ("accountId" in updated["user"]) == (face == "cloud")
    assert ("issue" in comment) == (face == "cloud")
    assert comment["comment"]["self"].endswith(f"/issue/10002/comment/{comment['comment']['id']}")


def test_only_the_events_that_were_asked_for_are_told() -> None:
    with listening() as heard:
        simulator = simulated(heard, events=("jira:issue_deleted",))
        play(simulator)
        simulator.post.send()
    assert heard.events == ["jira:issue_deleted"]


def test_cloud_tries_again_under_the_same_identifier_and_data_center_does_not() -> None:
    with listening() as heard:
        for face, answers, statuses in (
            ("cloud", [503, 429, 200], [200]),
            ("cloud", [500] * 9, [500]),
            ("cloud", [401], [401]),
            ("datacenter", [503], [503]),
        ):
            heard.answers, heard.requests = list(answers), []
            simulator = simulated(heard, face)
            changes.delete(simulator.site, "10003")
            assert simulator.post.send() == statuses
            assert len(heard.requests) == min(len(answers), 6)
            assert len({headers.get("x-atlassian-webhook-identifier") for headers, _ in heard.requests}) == 1
            tries = [headers.get("x-atlassian-webhook-retry") for headers, _ in heard.requests]
            assert tries == [None, *map(str, range(1, len(tries)))]


def test_what_is_lost_late_doubled_and_out_of_order() -> None:
    with listening() as heard:
        simulator = simulated(heard)
        for number in range(1, 21):
            changes.edit(simulator.site, str(10_000 + number), "summary", "Said anew")
        simulator.post.mess = Mess(times=3, delay_s=60, is_shuffled=True, lost=0.2)
        assert simulator.post.send() == []
        simulator.site.clock.advance(60)
        simulator.post.send()
    told = [json.loads(body)["issue"]["id"] for _, body in heard.requests]
    assert {told.count(one) for one in told} == {3}
    assert 10 <= len(set(told)) < 20
    assert told != sorted(told)


def test_a_receiver_that_is_not_there_is_no_answer() -> None:
    with listening() as heard:
        simulator = simulated(heard, "datacenter")
    play(simulator)
    assert simulator.post.send() == [0, 0, 0, 0]


def test_who_may_register_what_and_where() -> None:
    simulator = Simulator(made_up(5), "cloud")
    account = simulator.site.accounts[0]
    told = {"name": "n", "url": "http://127.0.0.1:1/x", "events": ["jira:issue_deleted"], "secret": SECRET}
    with serving(simulator) as url, httpx.Client(base_url=url, auth=(account.email, account.secret)) as ask:
        assert ask.post("/rest/api/3/webhook", json={"url": told["url"], "webhooks": []}).status_code == 403
        here = "/rest/webhooks/1.0/webhook"
        assert ask.post(here, json={**told, "url": "https://example.com/x"}).status_code == 400
        assert ask.post(here, json={"name": "n"}).status_code == 400
        assert ask.post(here, json=told).status_code == 201
        [listed] = ask.get(here).json()
        assert (listed["url"], "secret" in listed) == (told["url"], False)
        assert ask.post("/control", json={"do": "webhooks", "times": 2}).status_code == 200
        assert simulator.post.mess == Mess(times=2)
        account.permissions.discard("ADMINISTER")
        assert (ask.post(here, json=told).status_code, ask.get(here).status_code) == (403, 403)
