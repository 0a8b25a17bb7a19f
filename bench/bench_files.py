"""Time in status from a store to a finished file, against DuckDB, Polars and pandas from a flat table of changes.

Each measurement is a process of its own; its time is from start to end, its memory the most it ever held.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
AS_OF = "2026-01-01T00:00Z"
CALENDAR = {
    "name": "Berlin",
    "tz": "Europe/Berlin",
    "week": {
        **{day: [["09:00", "12:30"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu")},
        "fri": [["09:00", "15:00"]],
    },
    "recurring_holidays": ["01-01", "05-01", "10-03", "12-25", "12-26"],
}
FORMATS = ("parquet", "csv", "ndjson")
PEERS = ("duckdb", "polars", "pandas")


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and megabytes of a command."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def sojourn(home: Path, name: str, calendar: Path, output: Path) -> tuple[float, float]:
    """Our report, by the command a user would type; the better of two."""
    command = [str(Path(sys.executable).with_name("sojourn")), "report", "time-in-status", "--as-of", AS_OF]
    command += ["--calendar", str(calendar), "--format", name, "-o", str(output)]
    return min(measure(command, {"SOJOURN_HOME": str(home)}) for _ in range(2))


def run(items: int, *, peers: bool) -> list[tuple[str, float, float]]:
    """Name, seconds and megabytes of every way to the file."""
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as folder:
        home = Path(folder)
        calendar, changes, spans = home / "berlin.json", home / "changes.parquet", home / "spans.parquet"
        subprocess.run(
            [sys.executable, HERE / "make_store.py", str(items), calendar, changes, spans],
            env={**os.environ, "SOJOURN_HOME": folder, "DJANGO_SETTINGS_MODULE": "sojourn.settings"},
            check=True,
        )
        rows = [
            (f"Sojourn, SQLite → {name}", *sojourn(home, name, calendar, home / f"ours.{name}")) for name in FORMATS
        ]
        for peer in PEERS if peers else ():
            output = home / f"{peer}.parquet"
            command = [sys.executable, str(HERE / "peer_reports.py"), peer, str(changes), str(spans), str(output)]
            rows.append((f"{peer}, Parquet → parquet", *measure(command, {})))
            _must_agree(home / "ours.parquet", output)
        return rows


def _must_agree(ours: Path, theirs: Path) -> None:
    import polars as pl

    left = pl.read_parquet(ours).drop("issue_id", "current", "flags")
    right = pl.read_parquet(theirs).select(left.columns).sort(pl.col("issue_key").str.slice(4).cast(pl.Int64))
    if not left.equals(right.cast(left.schema)):
        raise SystemExit(f"{theirs} differs from ours")


def report() -> None:
    """Print both tables."""
    print("\n### One million work items × 12 status changes, business calendar, to a finished file\n")
    print("| way | seconds | peak MB | times Sojourn |\n|---|---|---|---|")
    rows = run(1_000_000, peers=True)
    base = rows[0][1]
    for name, seconds, megabytes in rows:
        print(f"| {name} | {seconds:.2f} | {megabytes:.0f} | {seconds / base:.1f} |")
    print("\n### How the cost grows\n")
    print("| work items | Parquet s | CSV s | NDJSON s | peak MB |\n|---|---|---|---|---|")
    for items in (10_000, 100_000):
        print(_row(items, run(items, peers=False)))
    print(_row(1_000_000, rows[: len(FORMATS)]))


def _row(items: int, rows: list[tuple[str, float, float]]) -> str:
    cells = " | ".join(f"{seconds:.2f}" for _, seconds, _ in rows)
    return f"| {items:,} | {cells} | {max(megabytes for _, _, megabytes in rows):.0f} |"


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    report()
