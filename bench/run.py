"""All benchmarks, or those that are named, as tables in Markdown for bench/README.md.

make bench
make bench BENCH="calendar files --items 10000"
"""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import bench_calendar
import bench_feeds
import bench_files
import bench_http
import bench_import
import bench_jql
import bench_reports
import bench_sla
import bench_sla_store
import bench_start
import bench_tts
import bench_webhooks
from measuring import load, machine

PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "calendar": lambda given: bench_calendar.report(10 * given.items),
    "files": lambda given: bench_files.report(given.items),
    "reports": lambda given: bench_reports.report(given.items),
    "feeds": lambda given: bench_feeds.report(given.items),
    "http": lambda given: bench_http.report(given.items),
    "import": lambda given: bench_import.report(given.help_desk, given.items),
    "jql": lambda given: bench_jql.report(given.items),
    "webhooks": lambda _: bench_webhooks.report(),
    "sla": lambda given: bench_sla.report(given.items),
    "tts": lambda given: bench_tts.report(given.items),
    "sla-store": lambda given: bench_sla_store.report(given.items),
    "start": lambda _: bench_start.report(),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="All benchmarks, or those that are named, as tables in Markdown.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all if none is named")
    parser.add_argument("--items", type=int, default=1_000_000, help="work items of the largest store")
    parser.add_argument(
        "--help-desk", type=Path, metavar="FOLDER", help="where helpdesk.jira.jsonl and helpdesk.csv are"
    )
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    print(machine())
    for name in given.parts or PARTS:
        print(f"\n## {name}: {datetime.now(UTC):%Y-%m-%d %H:%M}, load before {load()}", flush=True)
        PARTS[name](given)


if __name__ == "__main__":
    main()
