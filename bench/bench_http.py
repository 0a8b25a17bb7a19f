"""Reports as JSON over HTTP: a real server on this machine, asked with a token."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from measuring import AS_OF, SOJOURN, TIMES, store_of, table, wait_until_quiet

QUESTIONS = (
    ("time-in-status?format=json", "identity"),
    ("time-in-status?format=json", "gzip"),
    ("time-in-status?format=ndjson", "identity"),
    ("time-in-status?format=json&shape=long", "identity"),
    ("status-history?format=json", "identity"),
    ("status-history?format=json", "gzip"),
    ("time-in-status?per_page=10000", "identity"),
)
_ROW = b'{"issue_key":'
_PATIENCE_S = 30


def report(items: int) -> None:
    """Print how many rows a second arrive."""
    with store_of(items) as home:
        token = _token(home)
        run(home, ["calendar", "add", str(home / "berlin.json")])
        with served(home) as address:
            headers = {"Authorization": f"Bearer {token}"}
            client = httpx.Client(base_url=f"{address}/api/v1/reports/", headers=headers, timeout=600)
            table(
                f"Reports over HTTP from {items:,} work items, business calendar",
                ("asked", "encoding", "rows", "MB", "first byte s", "seconds", "rows/s"),
                (_row(client, *question) for question in QUESTIONS),
            )


def _row(client: httpx.Client, question: str, encoding: str) -> tuple[str, ...]:
    seconds, first, size, rows = min(_ask(client, question, encoding) for _ in range(TIMES))
    rate = f"{rows / seconds:,.0f}"
    return f"`{question}`", encoding, f"{rows:,}", f"{size / 1e6:,.0f}", f"{first:.2f}", f"{seconds:.2f}", rate


def _ask(client: httpx.Client, question: str, encoding: str) -> tuple[float, float, int, int]:
    """Seconds until all has come, seconds until the first byte, bytes that came, and rows."""
    wait_until_quiet()
    began, first, rows, tail = time.perf_counter(), 0.0, 0, b""
    address = f"{question}&as_of={AS_OF}&calendar=Berlin"
    with client.stream("GET", address, headers={"Accept-Encoding": encoding}) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes(1 << 20):
            first = first or time.perf_counter() - began
            rows += (tail + chunk).count(_ROW)
            tail = chunk[1 - len(_ROW) :]
    return time.perf_counter() - began, first, answer.num_bytes_downloaded, rows


def run(home: Path, arguments: list[str], told: str = "") -> str:
    """What a command prints, on the store of a folder."""
    environment = {**os.environ, "SOJOURN_HOME": str(home)}
    command = [SOJOURN, *arguments]
    return subprocess.run(command, env=environment, input=told, capture_output=True, text=True, check=True).stdout


def _token(home: Path) -> str:
    words = ["user", "add", "bench", "--role", "administrator", "--password-stdin"]
    run(home, words, "a long password of the benchmark\n")
    return run(home, ["token", "create", "--user", "bench"]).strip()


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a server that runs until the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "SOJOURN_HOME": str(home)}
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen([SOJOURN, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log)
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")
