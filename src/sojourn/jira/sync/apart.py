"""Reading in a process of its own, where there is much to read: Python runs on one core, and this takes two.

The process is told what to read on its stdin, secrets among it, and writes packed chunks to its stdout. It ends with
the process that began it, however that ends: its next write fails. It has no store.
"""

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn

import orjson

from sojourn.jira import credentials, failures
from sojourn.jira.failures import JiraFailure, Unavailable
from sojourn.jira.manners import Manners
from sojourn.jira.payload import Reader
from sojourn.jira.source import Jira, JiraSource
from sojourn.jira.sync import pauses
from sojourn.jira.sync.packed import pack, pack_record, unpack
from sojourn.jira.sync.pauses import Pauses
from sojourn.jira.sync.reading import Chunks, rarely_collected
from sojourn.jira.window import Window
from sojourn.net import Openings, Route

_COMMAND = [sys.executable, "-c", "from sojourn.jira.sync.apart import work; work()"]
_HEAD = struct.Struct("<cQ")
_CHUNK, _END, _FAILURE = b"c", b"e", b"f"
_CREDENTIALS = ("ApiToken", "OAuthToken", "PersonalToken", "Password")
_LOST = "the process that read from Jira ended; the sync goes on where it was"


class Apart:
    """The other process, begun when it is first needed. Close it in the end."""

    def __init__(self, jira: Jira, route: Route, reader: dict[str, Any], name: str) -> None:
        self._told = {
            "name": name,
            "jira": {"kind": jira.kind, "url": jira.url, "texts": jira.texts},
            "credentials": [type(jira.credentials).__name__, *_parts(jira.credentials)],
            "route": {
                "openings": [*route.openings.names, *((str(net), port) for net, port in route.openings.networks)],
                "proxy": route.proxy,
                "authorities": route.authorities and str(route.authorities),
            },
            "reader": reader,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._next: Window | None = None  # it was told to read this, too

    @property
    def is_running(self) -> bool:
        """Whether the process is there already."""
        return self._process is not None

    def close(self) -> None:
        """End the process."""
        process, self._process, self._next = self._process, None, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in filter(None, (process.stdin, process.stdout)):
                with suppress(OSError):  # what was still to be said is of no use
                    stream.close()

    def forget(self) -> None:
        """End the process where it reads ahead."""
        if self._next:
            self.close()

    unpack = staticmethod(unpack)

    def chunks(self, window: Window, cursor: str, last_id: str, then: Window | None = None) -> Iterator[bytes]:
        """What a window holds, from a place on, as chunks that `unpack` reads; raises what the source raises there.

        Behind that the process reads ahead in the window `then`, as far as there is room for what it reads. Left early,
        it ends.
        """
        if self._next and (self._next != window or cursor or last_id):
            self.close()
        process, is_asked = self._process or self._start(), self._next is not None
        is_done = False
        try:
            if not is_asked:
                _say(process.stdin, {"window": _parts(window), "cursor": cursor, "last_id": last_id})
            if then:
                _say(process.stdin, {"window": _parts(then), "cursor": "", "last_id": ""})
            self._next = then
            while True:
                kind, body = _hear(process.stdout)
                if kind == _END:
                    is_done = True
                    return
                if kind == _FAILURE:
                    _raise(orjson.loads(body))
                yield body
        except (OSError, EOFError, ValueError):  # its end, or it was closed from here
            raise Unavailable(_LOST) from None
        finally:
            if not is_done:
                self.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe)
        _say(self._process.stdin, self._told)
        return self._process


def _parts(one: Any) -> list[Any]:
    return [getattr(one, name) for name in one.__slots__]


def _say(stream: IO[bytes] | None, told: Any) -> None:
    if stream is not None:
        stream.write(orjson.dumps(told) + b"\n")
        stream.flush()


def _hear(stream: IO[bytes] | None) -> tuple[bytes, bytes]:
    head = stream.read(_HEAD.size) if stream else b""
    if len(head) < _HEAD.size:
        raise EOFError
    kind, length = _HEAD.unpack(head)
    body = stream.read(length) if stream else b""
    if len(body) < length:
        raise EOFError
    return kind, body


def _raise(told: dict[str, Any]) -> NoReturn:
    """Raise what was raised in the other process."""
    made = getattr(failures, told["class"], None) or getattr(pauses, told["class"], None)
    if not isinstance(made, type) or not issubclass(made, JiraFailure):
        raise JiraFailure(told["text"])
    raise made(told["text"], told["wait_s"]) if issubclass(made, Unavailable) else made(told["text"])


def work() -> None:
    """Be the other process."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    told = orjson.loads(stdin.readline())
    name, *parts = told["credentials"]
    signed = {kind: getattr(credentials, kind) for kind in _CREDENTIALS}[name](*parts)
    where = told["route"]
    authorities = Path(where["authorities"]) if where["authorities"] else None
    route = Route(Openings.of([tuple(one) for one in where["openings"]]), where["proxy"], authorities)
    manners = Manners(told["name"], sleep=Pauses(lambda: None).sleep)
    target = Jira(credentials=signed, **told["jira"])
    with rarely_collected(), JiraSource.open(target, route, manners) as source:
        chunks = Chunks(source, Reader(**told["reader"]), pack_record)
        with suppress(BrokenPipeError):  # nobody is there any more who listens
            for line in stdin:
                _answer(chunks, orjson.loads(line), lambda kind, body=b"": _send(stdout, kind, body))
    # What is left in the buffer of stdout has nobody to go to either, and Python would complain.
    os._exit(0)


def _answer(chunks: Chunks[bytes], asked: dict[str, Any], send: Callable[..., None]) -> None:
    try:
        for chunk in chunks.window(Window(*asked["window"]), asked["cursor"], asked["last_id"]):
            send(_CHUNK, pack(chunk))
    except JiraFailure as failure:
        told = {"class": type(failure).__name__, "text": str(failure), "wait_s": getattr(failure, "wait_s", 0.0)}
        send(_FAILURE, orjson.dumps(told))
    else:
        send(_END)


def _send(stream: IO[bytes], kind: bytes, body: bytes) -> None:
    stream.write(_HEAD.pack(kind, len(body)) + body)
    stream.flush()
