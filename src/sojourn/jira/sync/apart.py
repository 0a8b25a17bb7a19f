"""Reading in processes of their own, where there is much to read: Python runs on one core, and this takes two.

    this process ── what to read ─► fetch ── what Jira told ─► understand ── packed chunks ─► this process

The first calls Jira, from threads; the second does nothing but compute, in one thread, since threads that hand Python
over to each other from core to core take half as long again. `fetch` is told what to read on its stdin, secrets among
it. Both end with the process that began them, however that ends: `fetch` when it can be told nothing any more, whatever
it waits for, and `understand` when it can hear nothing more from `fetch`. Neither has a store.
"""

import json
import marshal
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import IO, Any, NamedTuple, NoReturn

import orjson

from sojourn.errors import UserError
from sojourn.history.record import IssueRecord
from sojourn.jira import credentials, failures
from sojourn.jira.failures import JiraFailure, Unavailable
from sojourn.jira.manners import Manners
from sojourn.jira.payload import Reader
from sojourn.jira.source import Jira, JiraSource, Payloads
from sojourn.jira.sync import pauses
from sojourn.jira.sync.packed import pack, pack_record, unpack, unpack_record
from sojourn.jira.sync.pauses import Pauses
from sojourn.jira.sync.reading import Chunk, Chunks, Understanding, rarely_collected
from sojourn.jira.window import Window
from sojourn.net import Openings, Route

_FETCH, _UNDERSTAND = (
    [sys.executable, "-c", f"from sojourn.jira.sync.apart import {name}; {name}()"] for name in ("fetch", "understand")
)
_HEAD = struct.Struct("<cQ")
_NAMES, _CHUNK, _END, _FAILURE = b"n", b"c", b"e", b"f"
_CREDENTIALS = ("ApiToken", "OAuthToken", "PersonalToken", "Password")
_LOST = "the process that read from Jira ended; the sync goes on where it was"


class Processes(NamedTuple):
    """The other processes."""

    fetching: "subprocess.Popen[bytes]"
    understanding: "subprocess.Popen[bytes]"


class Apart:
    """The other processes, begun when they are first needed. Close it in the end."""

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
        }
        self._reader = reader
        self._processes: Processes | None = None
        self._next: Window | None = None  # they were told to read this, too

    @property
    def is_running(self) -> bool:
        """Whether they are there already."""
        return self._processes is not None

    def close(self) -> None:
        """End them."""
        processes, self._processes, self._next = self._processes or (), None, None
        for process in processes:
            process.kill()
            process.wait()
            for stream in filter(None, (process.stdin, process.stdout)):
                with suppress(OSError):  # what was still to be said is of no use
                    stream.close()

    def forget(self) -> None:
        """End them where they read ahead."""
        if self._next:
            self.close()

    def chunks(self, window: Window, cursor: str, last_id: str, then: Window | None = None) -> Iterator[bytes]:
        """What a window holds, from a place on, as chunks that `unpack` reads; raises what the source raises there.

        Behind that they read ahead in the window `then`, as far as there is room for what they read. Left early, they
        end.
        """
        if self._next and (self._next != window or cursor or last_id):
            self.close()
        is_asked, is_done = self._next is not None, False
        try:
            processes = self._processes or self._start()
            if not is_asked:
                _say(processes.fetching.stdin, {"window": _parts(window), "cursor": cursor, "last_id": last_id})
            if then:
                _say(processes.fetching.stdin, {"window": _parts(then), "cursor": "", "last_id": ""})
            self._next = then
            while True:
                kind, body = _hear(processes.understanding.stdout)
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

    def unpack(self, packed: bytes) -> Chunk[IssueRecord]:
        """One of those chunks, with its records."""
        chunk = unpack(packed)
        chunk.records = {key: unpack_record(one, chunk.labels) for key, one in chunk.records.items()}
        return chunk

    def _start(self) -> Processes:
        pipe = subprocess.PIPE
        # A group of their own: who interrupts the command means this process, with which they end.
        fetching = subprocess.Popen(_FETCH, stdin=pipe, stdout=pipe, process_group=0)
        try:
            command = [*_UNDERSTAND, json.dumps(self._reader)]
            understanding = subprocess.Popen(command, stdin=fetching.stdout, stdout=pipe, process_group=0)
        except OSError:
            fetching.kill()
            fetching.wait()
            raise
        if fetching.stdout:
            fetching.stdout.close()  # else it would not be told that nobody listens any more
        self._processes = Processes(fetching, understanding)
        _say(fetching.stdin, self._told)
        return self._processes


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


def fetch() -> None:
    """Be the process that calls Jira."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    told = orjson.loads(stdin.readline())
    name, *parts = told["credentials"]
    signed = {kind: getattr(credentials, kind) for kind in _CREDENTIALS}[name](*parts)
    where = told["route"]
    authorities = Path(where["authorities"]) if where["authorities"] else None
    route = Route(Openings.of([tuple(one) for one in where["openings"]]), where["proxy"], authorities)
    manners = Manners(told["name"], sleep=Pauses(lambda: None).sleep)
    target = Jira(credentials=signed, **told["jira"])
    asked: Queue[bytes] = Queue()
    threading.Thread(target=_listen, args=(stdin, asked), daemon=True).start()
    with rarely_collected(), JiraSource.open(target, route, manners) as source:
        try:
            while True:
                _fetch(source, orjson.loads(asked.get()), lambda kind, body=b"": _send(stdout, kind, body))
        except BrokenPipeError:
            _end()


def _listen(stdin: IO[bytes], asked: Queue[bytes]) -> None:
    for line in stdin:
        asked.put(line)
    _end()


def _fetch(source: JiraSource, asked: dict[str, Any], send: Callable[..., None]) -> None:
    try:
        send(_NAMES, marshal.dumps((source.payloads.kind, dict(source.payloads.names))))
        for chunk in Chunks(source).window(Window(*asked["window"]), asked["cursor"], asked["last_id"]):
            send(_CHUNK, pack(chunk))
    except UserError as failure:
        told = {"class": type(failure).__name__, "text": str(failure), "wait_s": getattr(failure, "wait_s", 0.0)}
        send(_FAILURE, orjson.dumps(told))
    else:
        send(_END)


def understand() -> None:
    """Be the process that makes records of what Jira told."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    reader = Reader(**orjson.loads(sys.argv[1]))
    with rarely_collected(), suppress(BrokenPipeError, EOFError):
        while True:
            kind, body = _hear(stdin)
            if kind == _NAMES:
                understood = Understanding(reader, Payloads(*marshal.loads(body)), pack_record)  # noqa: S302 - our own
            else:
                _send(stdout, kind, pack(understood(unpack(body))) if kind == _CHUNK else body)
    _end()


def _end() -> NoReturn:
    # Calls under way are waited for by nobody. What is left in the buffer of stdout has nobody to go to, either.
    os._exit(0)


def _send(stream: IO[bytes], kind: bytes, body: bytes) -> None:
    stream.write(_HEAD.pack(kind, len(body)) + body)
    stream.flush()
