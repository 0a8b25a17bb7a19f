"""Reading JQL, and the first page of what it finds in a large store.

    SOJOURN_HOME=FOLDER DJANGO_SETTINGS_MODULE=sojourn.settings python bench/bench_jql.py

prints what each query costs in the store of a folder that `make_store` has filled.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from measuring import store_of, table, wait_until_quiet

TABLE = Path(__file__).resolve().parents[1] / "tests/jql/verdicts.jsonl"
AS_OF_MS = 1_767_225_600_000  # 2026-01-01
PAGE = 50
TIMES = 5
ASKED = (
    'project = P3 AND status = "In progress" AND created >= 2021-01-01',
    'project = P3 AND status = "In progress" AND created >= 2021-01-01 ORDER BY updated DESC',
    'project = P3 AND assignee = "Person 7" AND statusCategory != Done ORDER BY key',
    'status WAS "In review" BEFORE -30d',
    'project = P3 AND status WAS "In review" BEFORE -30d',
    "status CHANGED FROM Open TO Closed AFTER 2023-01-01",
    'timeIn["In progress"] > 10d',
)


def parse_rate(queries: list[str], rounds: int = 20) -> float:
    """Queries a second, in the best of several rounds over all of them, once the parser is built."""
    from sojourn.jql import parse

    for query in queries:
        parse(query)
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        for query in queries:
            parse(query)
        best = min(best, time.perf_counter() - begin)
    return len(queries) / best


def ask(query: str) -> tuple[float, float, int]:
    """Seconds to the first page, seconds to the count, and the count: the best of several times."""
    from sojourn.history.models import Issue
    from sojourn.jql.asking import Asking
    from sojourn.jql.compile import selection

    best = [float("inf"), float("inf")]
    count = 0
    for _ in range(TIMES):
        begin = time.perf_counter()
        there = Issue.objects.filter(deleted_ms=None)
        found = selection(query, Asking(AS_OF_MS), there, is_everything=True)
        issues = there.filter(found.condition)
        list(issues.order_by(*found.order).values_list("key", "summary")[:PAGE])
        page = time.perf_counter() - begin
        count = issues.count()
        best = [min(best[0], page), min(best[1], time.perf_counter() - begin)]
    return best[0], best[1], count


def report(items: int) -> None:
    """Print how fast queries are read, and what they cost over a store of so many work items."""
    queries = [row["jql"] for row in map(json.loads, TABLE.read_text().splitlines()) if row["accept"]]
    wait_until_quiet()
    rate = f"{parse_rate(queries):,.0f}"
    length = f"{sum(map(len, queries)) / len(queries):.0f}"
    table("Queries read, one thread", ("queries", "characters each", "a second"), [(str(len(queries)), length, rate)])
    with store_of(items) as home:
        environment: dict[str, Any] = {**os.environ, "SOJOURN_HOME": home, "DJANGO_SETTINGS_MODULE": "sojourn.settings"}
        wait_until_quiet()
        done = subprocess.run([sys.executable, __file__], env=environment, check=True, capture_output=True, text=True)
        title = f"The first {PAGE} of what a query finds among {items:,} work items, and how many there are"
        rows = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
        table(title, ("query", "seconds to the page", "and the count", "found"), rows)


if __name__ == "__main__":
    import django

    django.setup()
    for asked in ASKED:
        page_s, count_s, found = ask(asked)
        print(f"`{asked}`", f"{page_s:.3f}", f"{count_s:.3f}", f"{found:,}", sep="\t")
