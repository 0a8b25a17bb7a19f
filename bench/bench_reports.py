"""Every report of `sojourn report --list` over one store, to a Parquet file."""

import json
import subprocess

from measuring import COST, SOJOURN, cost, report_command, store_of, table

OPTIONS = {
    "time-in-field": ("--field", "sprint", "--shape", "long"),
    "sprint-report": ("--sprint", "Sprint 100", "--sprint-start", "2017-10-18", "--sprint-end", "2017-11-01"),
}
"""What a report cannot do without, or what its default does not fit: a column for each of 290 sprints."""


def report(items: int) -> None:
    """Print what each report costs."""
    listed = subprocess.run([SOJOURN, "report", "--list", "--json"], check=True, capture_output=True).stdout
    names = [one["name"] for one in json.loads(listed) if not one["name"].startswith("sla-")]  # the store has no SLAs
    with store_of(items) as home:
        output = home / "report.parquet"
        table(
            f"Every report over {items:,} work items × 12 status changes, to Parquet",
            ("report", *COST, "file MB"),
            (
                (
                    " ".join((f"`{name}`", *OPTIONS.get(name, ()))),
                    cost(report_command(name, home, output, OPTIONS.get(name, ())), home).cells,
                    f"{output.stat().st_size / 1e6:.1f}",
                )
                for name in names
            ),
        )
