"""Time in status from a store to a finished file, against DuckDB, Polars and pandas from a flat table of changes.

Each measurement is a process of its own; its time is from start to end, its memory the most it ever held. All are
given the same calendar, and their answers must agree.
"""

import sys
from pathlib import Path

import polars as pl

from measuring import COST, HERE, Cost, cost, report_command, store_of, table

FORMATS = ("parquet", "csv", "ndjson")
PEERS = {"duckdb": "DuckDB", "polars": "Polars", "pandas": "pandas"}


def ours(home: Path) -> list[Cost]:
    """What each format costs."""
    return [cost(report_command("time-in-status", home, home / f"ours.{name}"), home) for name in FORMATS]


def theirs(home: Path, peer: str) -> Cost:
    """What another's way to a Parquet file costs; ends the run where its answers differ from ours."""
    output = home / f"{peer}.parquet"
    arguments = [peer, home / "changes.parquet", home / "spans.parquet", output]
    found = cost([sys.executable, HERE / "peer_reports.py", *arguments], home)
    left = pl.read_parquet(home / "ours.parquet").drop("issue_id", "current", "flags")
    right = pl.read_parquet(output).select(left.columns).sort(pl.col("issue_key").str.slice(4).cast(pl.Int64))
    if not left.equals(right.cast(left.schema)):
        raise SystemExit(f"{output} differs from ours")
    return found


def report(items: int) -> None:
    """Print how all compare, and how our cost grows."""
    sizes = [size for size in (items // 100, items // 10) if size]
    growth = []
    for size in sizes:
        with store_of(size) as home:
            growth.append((size, ours(home)))
    with store_of(items) as home:
        mine = ours(home)
        growth.append((items, mine))
        rows = [(f"**Sojourn**, SQLite → {name}", one) for name, one in zip(FORMATS, mine, strict=True)]
        rows += [(f"{name}, Parquet → parquet", theirs(home, peer)) for peer, name in PEERS.items()]
    table(
        f"{items:,} work items × 12 status changes, business calendar, to a finished file",
        ("way", *COST, "times Sojourn's Parquet"),
        ((name, one.cells, f"{one.seconds / mine[0].seconds:.1f}") for name, one in rows),
    )
    table(
        "How the cost grows",
        ("work items", *(f"{name} s" for name in FORMATS), "peak MB"),
        (
            (f"{size:,}", *(f"{one.seconds:.2f}" for one in costs), f"{max(one.peak_mb for one in costs):.0f}")
            for size, costs in growth
        ),
    )
