"""We accept what Atlassian's own parser accepts, and refuse what it refuses."""

import json
from pathlib import Path

import pytest

from sojourn.jql import JqlError, parse
from tests.jql.tables import verdicts


def accepted(jql: str) -> bool:
    try:
        parse(jql)
    except JqlError:
        return False
    return True


@pytest.mark.parametrize("row", verdicts(), ids=lambda row: row["jql"])
def test_a_query_is_accepted_where_atlassians_parser_accepts_it(row: dict):
    assert accepted(row["jql"]) is row["accept"]


def test_all_of_atlassians_own_cases(shared: Path):
    cases = json.loads((shared / "jql/parser_cases.json").read_text())["cases"]
    assert len(cases) == 415
    assert [case for case in cases if accepted(case["jql"]) != (case["expect"] == "valid")] == []


def test_all_queries_found_in_the_wild(shared: Path):
    rows = [json.loads(line) for line in (shared / "jql/real_queries.jsonl").read_text().splitlines()]
    assert len(rows) == 278
    assert [row for row in rows if accepted(row["jql"]) != row["accept"]] == []
