"""What recipes look like: the same texts in the documents as on pages, and each of a form that its tool reads.

After a change that is meant, run it once with GOLDEN=write: docs/recipes.md is written anew from its first recipe on.
"""

import ast
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
import yaml

from sojourn.feeds.recipes.catalogue import RECIPES, Recipe
from sojourn.feeds.recipes.writing import Facts, files
from sojourn.reports.table import Column
from tests.conftest import ROOT

PAGE = ROOT / "docs/recipes.md"
FEED, TOMBSTONES = "6f1c1a52-3a3f-4a53-9b8e-0c8c2f0e9f11", "0d9a5f0e-5b57-4c6b-9f0a-3a1f6f1b7c22"
_COLUMNS = {"issueKey": "text", "issueId": "text", "statusId": "text", "statusName": "text", "ms": "integer"}
_COLUMNS |= {"calendarMs": "integer", "visits": "integer", "current": "boolean", "flags": "text", "value": "duration"}
KNOWN = Facts(
    FEED,
    f"https://sojourn.example.com/gateway/api/svc/jira/apps/time-in-status_default/datafeed?datafeedID={FEED}",
    f"https://sojourn.example.com/odata/v4/feeds/{FEED}/",
    "status_durations",
    tuple(Column(name, kind) for name, kind in _COLUMNS.items()),
    ("issueId", "statusId"),
    TOMBSTONES,
)
LANGUAGES = {
    "sh": "sh",
    "py": "python",
    "yml": "yaml",
    "yaml": "yaml",
    "sql": "sql",
    "pbids": "json",
    "gs": "javascript",
}


def section(recipe: Recipe) -> Iterator[str]:
    yield f"## {recipe.title}\n\n"
    yield from (f"{number}. {step}\n" for number, step in enumerate(recipe.steps, 1))
    for name, text in files(recipe, KNOWN).items():
        yield f"\n`{name}`:\n\n```{LANGUAGES.get(name.rpartition('.')[2], '')}\n{text.strip()}\n```\n"


def test_the_documents_show_the_recipes_as_pages_do() -> None:
    wanted = "\n".join("".join(section(recipe)) for recipe in RECIPES)
    head, mark, _ = PAGE.read_text().partition("\n## ")
    if os.environ.get("GOLDEN") == "write":
        PAGE.write_text(f"{head}\n{wanted}")
    assert mark
    assert PAGE.read_text() == f"{head}\n{wanted}", "run this test once with GOLDEN=write"


ALIKE = [KNOWN, replace(KNOWN, key=(), tombstones=""), replace(KNOWN, tombstones=""), replace(KNOWN, columns=())]


@pytest.mark.parametrize("known", ALIKE, ids=["whole", "without key", "without tombstones", "without columns"])
def test_each_text_is_of_a_form_that_its_tool_reads(known: Facts) -> None:
    for recipe in RECIPES:
        for name, text in files(recipe, known).items():
            assert all(line == line.rstrip() for line in text.splitlines()), name
            match name.rpartition(".")[2]:
                case "py":
                    ast.parse(text)
                case "yml" | "yaml":
                    assert yaml.safe_load(text)
                case "pbids":
                    assert json.loads(text)
                case "sh":
                    subprocess.run(["sh", "-n"], input=text.encode(), check=True)


def test_a_name_that_means_something_to_a_language_stays_a_name() -> None:
    odd = 'a "b": {{ c }}, \\ é\n#d'
    known = replace(KNOWN, columns=(Column(odd, "text"),))
    manifest = next(one for one in RECIPES if one.name == "airbyte")
    found = yaml.safe_load(files(manifest, known)["manifest.yaml"])
    assert odd in found["streams"][0]["schema_loader"]["schema"]["properties"]
