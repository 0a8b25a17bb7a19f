"""Webhooks of a simulated Jira: who is told of what, and sending it, well or in a mess.

    site.webhooks.append(Webhook("http://127.0.0.1:8000/hooks/jira/acme", "secret"))   # or over its own API
    changes.transition(site, "10001", "10002")
    Post(site, "cloud", Mess(times=10, lost=0.2, is_shuffled=True)).send()

It sends to its own machine only. What is sent tells of a work item as it was when it was changed.
"""

import hashlib
import hmac
import random
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import orjson

from sojourn.jira.simulator.asking import Asked, Reply, Wrong, reply
from sojourn.jira.simulator.datacenter import translated
from sojourn.jira.simulator.site import Site, Told

LISTED = "/rest/webhooks/1.0/webhook"
_HERE = ("127.0.0.1", "localhost", "::1")
_TRIES = 6
_AGAIN = (408, 409, 425, 429)
_SERVER_ERROR = 500
_SECONDS = 20.0
_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where to tell, with which secret, and of which events; none are all."""

    url: str
    secret: str = field(default="", repr=False)
    events: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Mess:
    """What goes wrong on the way: each comes so many times, so late, in any order, or, that part of them, never."""

    times: int = 1
    delay_s: float = 0.0
    is_shuffled: bool = False
    lost: float = 0.0
    seed: int = 1


@dataclass(slots=True)
class Post:
    """Sends what a site has to tell, as one of its faces does."""

    site: Site
    face: str
    mess: Mess = field(default_factory=Mess)

    def send(self) -> list[int]:
        """Send what waits and is due; the statuses of the answers, 0 where there was none."""
        chance = random.Random(self.mess.seed)  # noqa: S311 - nothing secret
        with self.site.turn:
            due_ms = self.site.clock.now_ms - round(self.mess.delay_s * 1000)
            due = [told for told in self.site.told if told.at_ms <= due_ms]
            self.site.told = [told for told in self.site.told if told.at_ms > due_ms]
            hooks = list(self.site.webhooks)
        bodies = [(hook, str(uuid4()), self.body(told)) for told in due for hook in hooks if _wants(hook, told)]
        copies = [one for one in bodies if chance.random() >= self.mess.lost for _ in range(self.mess.times)]
        if self.mess.is_shuffled:
            chance.shuffle(copies)
        if not copies:  # as it is nearly always, and a client takes its time to be made
            return []
        with httpx.Client(timeout=_SECONDS, trust_env=False) as client:
            return [self._post(client, *copy) for copy in copies]

    def keep_sending(self) -> None:
        """Send for good, in a thread of its own."""

        def run() -> None:
            while True:
                self.send()
                time.sleep(_PAUSE_S)

        threading.Thread(target=run, name="webhooks", daemon=True).start()

    def body(self, told: Told) -> bytes:
        """What is sent of an event. Data Center tells of a comment without its work item."""
        event: dict[str, Any] = orjson.loads(told.event)
        if self.face == "datacenter":
            event = translated(event)
            for change in event.get("changelog", {}).get("items", []):
                change.pop("fieldId", None)
            if "comment" in event:
                event.pop("issue")
        return orjson.dumps({"timestamp": told.at_ms, "webhookEvent": told.kind, **event})

    def _post(self, client: httpx.Client, hook: Webhook, identifier: str, body: bytes) -> int:
        """Cloud tries again, and says so; Data Center has no identifiers and tries once."""
        headers = {"Content-Type": "application/json"}
        if hook.secret:
            headers["X-Hub-Signature"] = f"sha256={hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()}"
        if self.face == "datacenter":
            return _status(client, hook.url, headers, body)
        headers |= {"X-Atlassian-Webhook-Identifier": identifier, "X-Atlassian-Webhook-Flow": "Primary"}
        status = 0
        for number in range(_TRIES):
            again = {"X-Atlassian-Webhook-Retry": str(number)} if number else {}
            status = _status(client, hook.url, headers | again, body)
            if status and status not in _AGAIN and status < _SERVER_ERROR:
                break
        return status


def _wants(hook: Webhook, told: Told) -> bool:
    return not hook.events or told.kind in hook.events


def _status(client: httpx.Client, url: str, headers: Mapping[str, str], body: bytes) -> int:
    try:
        return client.post(url, content=body, headers=headers).status_code
    except httpx.HTTPError:
        return 0


def add(asked: Asked) -> Reply:
    """Register a webhook."""
    _check(asked)
    url, events = asked.body.get("url"), asked.body.get("events")
    if not isinstance(url, str) or not isinstance(events, list) or not asked.body.get("name"):
        raise Wrong(400, "name, url and events are needed.")
    if urlsplit(url).hostname not in _HERE:
        raise Wrong(400, "A simulated Jira tells its own machine only.")
    told = tuple(str(event) for event in events)
    hook = Webhook(url, str(asked.body.get("secret") or ""), told, str(asked.body["name"]))
    asked.site.webhooks.append(hook)
    return reply(_shown(hook), status=201)


def listed(asked: Asked) -> Reply:
    """The webhooks there are, without their secrets."""
    _check(asked)
    return reply([_shown(hook) for hook in asked.site.webhooks])


def only_for_apps(_: Asked) -> Reply:
    """Webhooks of apps, which nobody with an API token may register."""
    raise Wrong(403, "The caller is not an app.")


def _check(asked: Asked) -> None:
    if "ADMINISTER" not in asked.account.permissions:
        raise Wrong(403, "You are not authorized to perform this operation. Administrator privileges are required.")


def _shown(hook: Webhook) -> dict[str, Any]:
    return {"name": hook.name, "url": hook.url, "events": list(hook.events), "filters": {}, "enabled": True}


def routes(face: str) -> Iterable[tuple[str, Any]]:
    """The addresses of webhooks."""
    yield from ((f"POST {LISTED}", add), (f"GET {LISTED}", listed))
    if face == "cloud":
        yield "POST /rest/api/3/webhook", only_for_apps
