"""The lock files pin everything that pyproject.toml asks for, in a version it allows, and name no registry."""

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


@pytest.mark.parametrize(
    ("lock", "asked"),
    [("requirements.lock", RUN), ("requirements-dev.lock", DEV), ("requirements-bench.lock", BENCH)],
)
def test_what_the_project_asks_for_is_pinned(lock: str, asked: list[str]) -> None:
    text = (HOUSE / lock).read_text()
    pinned = {canonicalize_name(name): version for name, version in PINNED.findall(text)}
    for requirement in map(Requirement, asked):
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{requirement} is not in {lock}: run make lock"
        assert requirement.specifier.contains(pinned[name]), f"{lock} pins {name} {pinned[name]}, not {requirement}"
    assert "://" not in text
