"""Webhooks: how long Jira waits until one is kept, alone and beside a sync; DATABASE_URL names the store."""

import hashlib
import hmac
import os
import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import orjson

from bench_http import served
from measuring import SOJOURN, table
from sojourn.jira.simulator import Clock, Simulator, serving
from sojourn.jira.simulator.made_up import made_up

ITEMS = 5_000
_TIMES = 500
_TOKEN = "made-up-token"


def report() -> None:
    """Print percentiles of the time until the answer."""
    simulator = Simulator(made_up(Clock(round(time.time() * 1000), is_running=True), ITEMS))
    with tempfile.TemporaryDirectory() as home, serving(simulator) as jira:
        os.environ.update(SOJOURN_HOME=home, SOJOURN_ALLOW_PRIVATE=f"127.0.0.1:{jira.rpartition(':')[2]}")
        told = ("--kind", "cloud", "--name", "bench", "--account", "sojourn@example.com", "--secret-file", "-")
        _run("connect", jira, *told, given=f"{_TOKEN}\n")
        _run("sync", "bench")
        with served(Path(home)) as server:
            _run("connect", "--webhook", "bench", "--webhook-url", server)
            hook = simulator.site.webhooks[0]
            rows = [_row("alone", _posted(simulator, hook.url, hook.secret, _TIMES))]
            rows.append(_row("forged", _posted(simulator, hook.url, "wrong", _TIMES)))
            with subprocess.Popen([SOJOURN, "sync", "bench", "--full"], stderr=subprocess.DEVNULL) as sync:
                spent: list[float] = []
                while sync.poll() is None:
                    spent += _posted(simulator, hook.url, hook.secret, 1)
            rows.append(_row(f"beside a full sync of {ITEMS:,} work items", spent))
    table("Webhooks", ("", "webhooks", "median ms", "95 % ms", "99 % ms", "longest ms"), rows)


def _posted(simulator: Simulator, url: str, secret: str, times: int) -> list[float]:
    """Milliseconds until each answer; each is of another work item, and as large as that is."""
    spent = []
    items = list(simulator.site.items.values())
    with httpx.Client(timeout=120) as client:
        for _ in range(times):
            item = items[time.perf_counter_ns() % len(items)]
            issue = {"id": item.id, "key": item.key, "fields": item.fields}
            body = orjson.dumps({"timestamp": time.time_ns(), "webhookEvent": "jira:issue_updated", "issue": issue})
            signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            began = time.perf_counter()
            answer = client.post(url, content=body, headers={"X-Hub-Signature": f"sha256={signature}"})
            spent.append((time.perf_counter() - began) * 1000)
            if answer.status_code not in (200, 401):
                raise SystemExit(f"answers {answer.status_code}")
    return spent


def _row(name: str, spent: list[float]) -> tuple[str, ...]:
    ordered = sorted(spent)
    places = (0.5, 0.95, 0.99, 1.0)
    found = (ordered[min(int(len(ordered) * place), len(ordered) - 1)] for place in places)
    return name, f"{len(ordered):,}", *(f"{ms:.1f}" for ms in found)


def _run(*words: str, given: str = "") -> None:
    subprocess.run([SOJOURN, *words], input=given, text=True, check=True, capture_output=True)
