"""Data feeds over HTTP: one server process, whole streams, documents, pages, and what did not change.

Memory is that of the server's process which answers, read from /proc: before, and at most while it answers.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench_http import run, served
from measuring import AS_OF, HERE, TIMES, store_of, table, wait_until_quiet

DOCUMENT = 1_000
TAGGED = 50
_MOST = 100_000
_STREAMS = (
    *(("status_intervals", kind) for kind in ("ndjson", "csv", "csv&raw=1", "parquet", "arrow")),
    *(("status_durations", kind) for kind in ("ndjson", "csv")),
    ("issues", "ndjson"),
)


@dataclass(frozen=True)
class Feed:
    """A feed, and its secret."""

    link: str
    odata: str
    number: str
    secret: str

    @property
    def client(self) -> httpx.Client:
        return httpx.Client(auth=(self.number, self.secret), timeout=600)


def report(items: int) -> None:
    """Print rows a second, first bytes, growth of memory, and the times of documents."""
    items = min(items, _MOST)
    with store_of(items) as home:
        run(home, ["calendar", "add", str(home / "berlin.json")])
        with served(home) as address:
            feeds = _feeds(home, address)
            for kind in ("ndjson", "csv", "parquet"):  # what is loaded once is no growth
                _read(feeds["document"], kind)
            table(
                f"Streams of {items:,} work items, business calendar",
                ("data set", "format", "rows", "MB", "first byte s", "seconds", "rows/s", "growth MB"),
                [_stream(feeds[name], name, kind) for name, kind in _STREAMS],
            )
            table(
                "Pages of the same",
                ("data set", "by", "rows", "pages", "seconds", "rows/s", "growth MB"),
                [_paged(feeds["status_intervals"], how) for how in ("json", "odata")],
            )
            table(
                f"The document of {DOCUMENT:,} work items, and what did not change",
                ("asked", "rows", "KB", "median ms", "95 % ms", "CPU ms"),
                [*_documents(feeds["document"]), _unchanged(feeds["status_intervals"])],
            )


def _feeds(home: Path, address: str) -> dict[str, Feed]:
    environment = {**os.environ, "SOJOURN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "sojourn.settings"}
    command = [sys.executable, HERE / "make_feeds.py", AS_OF, str(DOCUMENT)]
    lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {}
    for line in lines:
        name, path, odata, number, secret = line.split("\t")
        found[name] = Feed(address + path, address + odata, number, secret)
    return found


@contextmanager
def _memory() -> Iterator[list[float]]:
    """How much the memory of the servers' processes grew at most meanwhile, MB, as the one member of a list."""
    processes = _servers()
    before = {one: _resident_mb(one) for one in processes}
    highest, done, grown = dict(before), threading.Event(), [0.0]

    def watch() -> None:
        while not done.wait(0.02):
            for one in processes:
                highest[one] = max(highest[one], _resident_mb(one))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield grown
    finally:
        done.set()
        watching.join()
        grown[0] = max(highest[one] - before[one] for one in processes)


def _servers() -> list[int]:
    """The processes that this one started, and those that they did."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(fields[1])
    found, waiting = [], [os.getpid()]
    while waiting:
        one = waiting.pop()
        children = [number for number, parent in parents.items() if parent == one]
        found += children
        waiting += children
    return found


def _resident_mb(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _stream(feed: Feed, name: str, kind: str) -> tuple[str, ...]:
    with _memory() as grown:
        seconds, first, size, rows = min(_read(feed, kind) for _ in range(TIMES))
    rows = rows or _read(feed, "ndjson")[3]
    rate = f"{rows / seconds:,.0f}"
    cells = f"{first:.2f}", f"{seconds:.2f}", rate, f"{grown[0]:.0f}"
    return f"`{name}`", f"`{kind}`", f"{rows:,}", f"{size / 1e6:,.0f}", *cells


def _read(feed: Feed, kind: str) -> tuple[float, float, int, int]:
    """Seconds until all has come, until the first byte, bytes, and rows where they are lines."""
    wait_until_quiet()
    began, first, size, rows = time.perf_counter(), 0.0, 0, 0
    headers = {"Accept-Encoding": "identity"}
    with feed.client as client, client.stream("GET", f"{feed.link}&format={kind}", headers=headers) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_raw():
            first = first or time.perf_counter() - began
            size += len(chunk)
            rows += chunk.count(b"\n")
    seconds = time.perf_counter() - began
    lines = {"ndjson": rows, "csv": rows - 1, "csv&raw=1": rows - 1}
    return seconds, first, size, lines.get(kind, 0)


def _paged(feed: Feed, how: str) -> tuple[str, ...]:
    wait_until_quiet()
    address = f"{feed.link}&limit=1000" if how == "json" else f"{feed.odata}status_intervals"
    began, rows, pages = time.perf_counter(), 0, 0
    with _memory() as grown, feed.client as client:
        while address:
            page = client.get(address).raise_for_status().json()
            rows += len(page["rows" if how == "json" else "value"])
            address = page.get("next" if how == "json" else "@odata.nextLink")
            pages += 1
    seconds = time.perf_counter() - began
    cells = f"{rows:,}", str(pages), f"{seconds:.1f}", f"{rows / seconds:,.0f}", f"{grown[0]:.0f}"
    return "`status_intervals`", "`limit=1000`" if how == "json" else "OData", *cells


def _documents(feed: Feed) -> Iterator[tuple[str, ...]]:
    with feed.client as client:
        for asked in ("", "&format=v1", "&shape=wide"):
            client.get(feed.link + asked)
            sizes, taken, busy_ms = set(), [], _busy_ms()
            for _ in range(TAGGED):
                began = time.perf_counter()
                answer = client.get(feed.link + asked).raise_for_status()
                taken.append(time.perf_counter() - began)
                sizes.add(len(answer.content))
            found = answer.json()
            rows = len(found.get("rows", found.get("result", ())))
            cells = _times(taken, _busy_ms() - busy_ms)
            yield f"document `{asked}`", f"{rows:,}", f"{max(sizes) / 1000:,.0f}", *cells


def _unchanged(feed: Feed) -> tuple[str, ...]:
    address = f"{feed.link}&format=ndjson"
    with feed.client as client:
        tag = client.head(address).headers["ETag"]
        taken, busy_ms = [], _busy_ms()
        for _ in range(TAGGED):
            began = time.perf_counter()
            if client.get(address, headers={"If-None-Match": tag}).status_code != 304:
                raise SystemExit("something changed")
            taken.append(time.perf_counter() - began)
    return "`If-None-Match`, 304", "", "", *_times(taken, _busy_ms() - busy_ms)


def _times(taken: list[float], busy_ms: float) -> tuple[str, str, str]:
    ordered = sorted(1000 * one for one in taken)
    median, most = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    return f"{median:.1f}", f"{most:.1f}", f"{busy_ms / len(taken):.1f}"


def _busy_ms() -> float:
    """How long the servers have worked, all their processors together."""
    ticks = 0
    for one in _servers():
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return 1000 * ticks / os.sysconf("SC_CLK_TCK")
