"""Requests over the network: the guarded session of `net`, with the credentials in each call's header."""

from collections.abc import Callable

import orjson

from sojourn.jira.credentials import Credentials
from sojourn.jira.request import Request
from sojourn.net import Answer, Limits, Route, Session

Send = Callable[[Request], Answer]
"""Sends one request and gives its answer; raises NoAnswer where there is none."""

_MOST_BYTES = 256 * 1024 * 1024
"""An answer is held in memory. Two thousand histories, or a hundred work items, are a few megabytes as a rule."""


class Transport:
    """Sends requests to one Jira. Close it in the end."""

    def __init__(self, url: str, credentials: Credentials, route: Route, *, connections: int, seconds: float) -> None:
        limits = Limits(max_bytes=_MOST_BYTES, seconds=seconds)
        self._session = Session(url, route, limits, is_compressed=True, connections=connections)
        self._authorization = credentials.header()
        self.name = self._session.name

    def __call__(self, request: Request) -> Answer:
        """The answer to a request; raises as net.Session.call does."""
        headers = {"Accept": "application/json", "Authorization": self._authorization, "X-Atlassian-Token": "no-check"}
        if request.body is None:
            return self._session.call(request.method, request.target, headers)
        headers["Content-Type"] = "application/json"
        return self._session.call(request.method, request.target, headers, orjson.dumps(request.body))

    def close(self) -> None:
        """End all connections."""
        self._session.close()
