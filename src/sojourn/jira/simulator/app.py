"""The simulated Jira as an ASGI application: who asks, what is limited, what goes wrong, and what is answered."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

import orjson

from sojourn.jira.simulator import cloud, datacenter, webhooks
from sojourn.jira.simulator.asking import Asked, Handler, Reply, Wrong
from sojourn.jira.simulator.control import control
from sojourn.jira.simulator.faults import Fault, Faults
from sojourn.jira.simulator.limits import Limits, NoLimits
from sojourn.jira.simulator.site import Account, Site
from sojourn.jira.simulator.webhooks import Post

Face = Literal["cloud", "datacenter"]
_REFUSED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
_MOST_TRIES = 3
_PAGE = b"<!DOCTYPE html><html><title>Log in</title><body>Log in to continue</body></html>"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer, for those who watch. `is_sound` is whether no fault was in it."""

    endpoint: str
    path: str
    query: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes
    at_ms: int
    is_sound: bool


class Simulator:
    """A simulated Jira. Its site, limits and faults may be changed at any time; `watch` is told of each call."""

    def __init__(self, site: Site, face: Face = "cloud", *, watch: Callable[[Exchange], None] = lambda _: None) -> None:
        self.site = site
        self.face = face
        self.limits: Limits = NoLimits()
        self.faults = Faults()
        self.post = Post(site, face)
        self._watch = watch
        self._last_page: dict[str, Reply] = {}
        routes = cloud.ROUTES if face == "cloud" else datacenter.ROUTES
        every = [*routes.items(), *webhooks.routes(face)]
        self._routes = [(endpoint, _pattern(endpoint), handler) for endpoint, handler in every]

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        """Answer one call, as ASGI has it."""
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode()))
        with self.site.turn:
            reply, faults = self._answer(scope["method"], scope["path"], headers, query, body)
        for fault in faults:
            if fault.kind == "stall":
                await asyncio.sleep(fault.seconds)
        await self._send(send, reply, is_cut=any(fault.kind == "cut" for fault in faults))

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> tuple[Reply, list[Fault]]:
        if method == "POST" and path == "/control":
            return control(self, body), []
        endpoint, handler, place = self._route(method, path)
        faults = self.faults.take(endpoint)
        for fault in faults:
            if fault.kind == "then":
                fault.then()
        try:
            account = self._account(headers)
            if handler is None:
                raise Wrong(404, f"{method} {path} is not known")
            reply = self._limited(endpoint, account, handler, Asked(self.site, account, query, _json(body), place))
        except Wrong as wrong:
            reply = wrong.reply()
        for fault in faults:
            reply = self._spoiled(endpoint, reply, fault)
        if not faults:
            self._last_page[endpoint] = reply
        told = (endpoint, path, query, body, reply.status, reply.json, self.site.clock.now_ms)
        self._watch(Exchange(*told, is_sound=all(fault.kind == "then" for fault in faults)))
        return reply, faults

    def _route(self, method: str, path: str) -> tuple[str, Handler | None, str]:
        for endpoint, pattern, handler in self._routes:
            found = pattern.fullmatch(f"{method} {path}")
            if found:
                return endpoint, handler, unquote(found[1]) if found.groups() else ""
        return f"{method} {path}", None, ""

    def _account(self, headers: Mapping[str, str]) -> Account:
        """Who asks. After three wrong passwords Data Center wants a CAPTCHA, and the right one does not help."""
        kind, _, told = headers.get("authorization", "").partition(" ")
        for account in self.site.accounts:
            basic = base64.b64encode(f"{account.email}:{account.secret}".encode()).decode()
            if (kind, told) not in (("Basic", basic), ("Bearer", account.secret)):
                continue
            if account.refused >= _MOST_TRIES and self.face == "datacenter":
                raise Wrong(403, "CAPTCHA", {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=/login"})
            if not account.is_revoked:
                account.refused = 0
                return account
            account.refused += 1
        raise Wrong(401, "Client must be authenticated to access this resource.", _REFUSED)

    def _limited(self, endpoint: str, account: Account, handler: Handler, asked: Asked) -> Reply:
        now_ms = self.site.clock.now_ms
        headers = self.limits.enter(endpoint, account.key, now_ms)
        if headers is not None:
            raise Wrong(429, "Rate limit exceeded.", headers)
        try:
            reply = handler(asked)
        except Wrong as wrong:
            reply = wrong.reply()
        headers = self.limits.leave(endpoint, account.key, now_ms, 1 + reply.objects)
        return Reply(reply.json, reply.objects, reply.status, {**reply.headers, **headers})

    def _spoiled(self, endpoint: str, reply: Reply, fault: Fault) -> Reply:
        if fault.kind == "status":
            return Reply(b'{"errorMessages":["Simulated."],"errors":{}}', 0, fault.status, fault.headers)
        if fault.kind == "html":
            return Reply(_PAGE, 0, 200, {"content-type": "text/html"})
        if fault.kind == "truncated":
            return Reply(reply.json[: len(reply.json) // 2], 0, reply.status, reply.headers)
        if fault.kind == "lost token":
            return Wrong(400, "The provided next page token is invalid.").reply()
        if fault.kind == "repeated page":
            return self._last_page.get(endpoint, reply)
        if fault.kind == "early end":
            ended = {**orjson.loads(reply.json), "isLast": True}
            ended.pop("nextPageToken", None)
            if "total" in ended:
                ended["total"] = ended["startAt"] + len(ended["issues"])
            return Reply(orjson.dumps(ended), reply.objects, reply.status, reply.headers)
        return reply

    async def _send(self, send: Any, reply: Reply, *, is_cut: bool) -> None:
        told = {
            "content-type": "application/json;charset=UTF-8",
            "content-length": str(len(reply.json)),
            "date": formatdate(self.site.clock.now_ms / 1000, usegmt=True),
            **{name.lower(): value for name, value in reply.headers.items()},
        }
        headers = [(name.encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        body = reply.json[: len(reply.json) // 2] if is_cut else reply.json
        await send({"type": "http.response.body", "body": body, "more_body": is_cut})
        if is_cut:
            raise ConnectionError("cut, as it was asked to")


def _pattern(endpoint: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(endpoint)))


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body) if body else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Wrong(400, "The body is not a JSON object.")
    return found
