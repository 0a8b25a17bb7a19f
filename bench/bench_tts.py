"""`GET /rest/tts-api/latest/sla/issue/{key}` over HTTP: how long one answer takes, and how many come in a second.

One server process, five SLAs counted for every work item, each asked for another one. The clients are processes of this
machine, and take a share of its processors.
"""

import os
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench_http import run, served
from measuring import HERE, store_of, table, wait_until_quiet

ONE_BY_ONE = 1_000
TOGETHER = 4_000
CLIENTS = 8
_MOST = 100_000


def report(items: int) -> None:
    """Print the times of answers, and answers a second."""
    items = min(items, _MOST)
    with store_of(items) as home:
        run(home, ["calendar", "add", str(home / "berlin.json")])
        clocks = _counted(home)
        token = run(home, ["token", "create", "--user", _user(home), "--scope", "sla:read"]).strip()
        with served(home) as address:
            client = httpx.Client(
                base_url=f"{address}/rest/tts-api/latest", headers={"Authorization": f"Bearer {token}"}
            )
            keys = _keys(home)
            table(
                f"SLAs of a work item as JSON, {items:,} work items, {clocks:,} clocks",
                ("asked", "answers", "p50 ms", "p95 ms", "answers/s"),
                [_row(client, keys, clients) for clients in (1, CLIENTS)],
            )


def _counted(home: Path) -> int:
    environment = {**os.environ, "SOJOURN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "sojourn.settings"}
    command = [sys.executable, HERE / "make_slas.py"]
    return int(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def _user(home: Path) -> str:
    words = ["user", "add", "bench", "--role", "administrator", "--password-stdin"]
    run(home, words, "a long password of the benchmark\n")
    return "bench"


def _keys(home: Path) -> list[str]:
    """Keys of work items in no order."""
    words = ["search", "ORDER BY created", "--fields", "summary", "--format", "csv", "--limit", str(TOGETHER)]
    lines = run(home, words).splitlines()[1:]
    keys = [line.split(",")[0] for line in lines]
    random.Random(1).shuffle(keys)
    return keys


def _row(client: httpx.Client, keys: list[str], clients: int) -> tuple[str, ...]:
    wait_until_quiet()
    asked = [keys[place % len(keys)] for place in range(ONE_BY_ONE if clients == 1 else TOGETHER)]
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        taken = sorted(pool.map(lambda key: _ask(client, key), asked))
    seconds = time.perf_counter() - began
    p50, p95 = statistics.median(taken) * 1000, taken[int(len(taken) * 0.95)] * 1000
    how = "one by one" if clients == 1 else f"by {clients} at once"
    return how, f"{len(asked):,}", f"{p50:.1f}", f"{p95:.1f}", f"{len(asked) / seconds:,.0f}"


def _ask(client: httpx.Client, key: str) -> float:
    began = time.perf_counter()
    answer = client.get(f"/sla/issue/{key}")
    answer.raise_for_status()
    if not answer.json():
        raise SystemExit(f"{key} has no clock")
    return time.perf_counter() - began
