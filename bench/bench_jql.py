"""Reading JQL: queries a second, on one core.

    PYTHONPATH=src python bench/bench_jql.py [queries.jsonl]

Each line of the file is an object with `jql`, and with `accept` true where it is good; without one, those of the tests.
"""

import json
import sys
import time
from pathlib import Path

from sojourn.jql import parse

QUERIES = Path(__file__).resolve().parents[1] / "tests/jql/verdicts.jsonl"


def parse_rate(queries: list[str], rounds: int = 20) -> float:
    """Queries a second, in the best of several rounds over all of them, once the parser is built."""
    for query in queries:
        parse(query)
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        for query in queries:
            parse(query)
        best = min(best, time.perf_counter() - begin)
    return len(queries) / best


def main() -> None:
    lines = Path(sys.argv[1] if len(sys.argv) > 1 else QUERIES).read_text().splitlines()
    queries = [row["jql"] for row in map(json.loads, lines) if row["accept"]]
    typical = sum(map(len, queries)) / len(queries)
    print(f"JQL: {parse_rate(queries):,.0f} queries read a second ({len(queries)} of {typical:.0f} characters)")


if __name__ == "__main__":
    main()
