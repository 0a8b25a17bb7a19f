"""Importing histories: Jira's JSON and an event log, each into an empty store, and whether memory stays flat."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from measuring import COST, SOJOURN, TIMES, cost, table
from sojourn.jira.demo import demo_issues

_NOW_MS = 1_767_225_600_000
_DEMO_ITEMS = 5_000
_BYTES_PER_ITEM = 1_000


def report(help_desk: Path | None, items: int) -> None:
    """Print rates and memory.

    `help_desk` is the folder with the log of a real help desk, as JSON and as CSV: without it only made-up work items
    are imported. The large file repeats the first one under other ids, up to a gigabyte for a million `items`.
    """
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as folder:
        demo, large = Path(folder) / "demo.jsonl", Path(folder) / "large.jsonl"
        _write(demo, demo_issues(_NOW_MS, count=_DEMO_ITEMS))
        logs = [help_desk / name for name in ("helpdesk.jira.jsonl", "helpdesk.csv")] if help_desk else []
        known = [json.loads(line) for line in (*logs, demo)[0].read_text().splitlines()]
        counts = [*([len(known)] * len(logs)), _DEMO_ITEMS, _repeat(known, large, items * _BYTES_PER_ITEM)]
        table(
            "Import into an empty store, one process",
            ("file", "MB", "work items", *COST, "work items/s", "work items/CPU s"),
            (
                _row(path, count, 1 if path == large else TIMES)
                for path, count in zip((*logs, demo, large), counts, strict=True)
            ),
        )


def _write(path: Path, issues: Iterable[dict[str, Any]]) -> None:
    with path.open("w") as file:
        file.writelines(f"{json.dumps(issue)}\n" for issue in issues)


def _repeat(known: list[dict[str, Any]], path: Path, size: int) -> int:
    """Write the work items over and over, each time under other ids, up to that size; says how many they are."""
    count = 0
    with path.open("w") as file:
        while file.tell() < size:
            for issue in known:
                count += 1
                file.write(json.dumps({**issue, "id": str(count), "key": f"EV-{count}"}) + "\n")
    return count


def _row(path: Path, count: int, times: int) -> tuple[str, ...]:
    """What an import costs: each run has a store of its own."""
    costs = []
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as home:
            costs.append(cost([SOJOURN, "import", path], Path(home), times=1))
    best = min(costs)
    rates = (f"{count / seconds:,.0f}" for seconds in (best.seconds, best.cpu_seconds))
    return path.name, f"{path.stat().st_size / 1e6:,.0f}", f"{count:,}", best.cells, *rates
