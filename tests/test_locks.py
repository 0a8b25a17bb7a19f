"""The lock files pin everything that pyproject.toml asks for, in a version it allows, and name no registry."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE = Path(__file__).parents[1]
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text())
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)

RUN = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"]]
DEV = [*RUN, *PROJECT["project"]["optional-dependencies"]["postgres"], *PROJECT["dependency-groups"]["dev"]]
BENCH = [*DEV, *PROJECT["dependency-groups"]["bench"]]
RECIPES = PROJECT["dependency-groups"]["recipes"]


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.lock", RUN),
        ("requirements-dev.lock", DEV),
        ("requirements-bench.lock", BENCH),
        ("requirements-recipes.lock", RECIPES),
    ],
)
def test_what_the_project_asks_for_is_pinned(lock: str, asked: list[str]) -> None:
    text = (HOUSE / lock).read_text()
    pinned = {canonicalize_name(name): version for name, version in PINNED.findall(text)}
    for requirement in map(Requirement, asked):
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{requirement} is not in {lock}: run make lock"
        assert requirement.specifier.contains(pinned[name]), f"{lock} pins {name} {pinned[name]}, not {requirement}"
    assert "://" not in text


def test_what_the_tests_ask_of_npm_is_pinned() -> None:
    asked = json.loads((HOUSE / "tests/package.json").read_text())["devDependencies"]
    locked = json.loads((HOUSE / "tests/package-lock.json").read_text())["packages"]
    assert locked.pop("")["devDependencies"] == asked
    assert {f"node_modules/{name}" for name in asked} <= set(locked)
    for name, one in locked.items():
        assert one["integrity"].startswith("sha512-"), name
        assert "resolved" not in one, f"{name}: run npm install --omit-lockfile-registry-resolved"
