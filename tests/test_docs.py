"""The documents say what is so."""

import doctest
import re
from pathlib import Path

import pytest

from sojourn.configuration import SETTINGS
from sojourn.core.flags import Flag
from sojourn.reports.menu import OPTIONS
from tests.conftest import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_example_gives_what_it_says(page: Path):
    assert doctest.testfile(str(page), module_relative=False).failed == 0


@pytest.mark.parametrize(
    "page", [*DOCS, *sorted(ROOT.glob("*.md")), ROOT / "bench/README.md"], ids=lambda page: page.name
)
def test_every_link_leads_to_a_file(page: Path):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_setting_is_in_the_operators_page():
    page = (ROOT / "docs/operate.md").read_text()
    assert [setting.name for setting in SETTINGS if f"`{setting.name}`" not in page] == []


def test_every_option_and_flag_is_in_the_page_on_reports():
    page = (ROOT / "docs/reports.md").read_text()
    wanted = [f"--{option.name.replace('_', '-')}`" for option in OPTIONS] + [f"`{name}`" for name in (~Flag(0)).names]
    assert [name for name in wanted if name not in page] == []


def test_every_cited_rule_exists():
    rules = {int(number) for number in re.findall(r"(?m)^(\d+)\. ", (ROOT / "docs/semantics.md").read_text())}
    cited = set()
    for file in (ROOT / "src").rglob("*.py"):
        for numbers in re.findall(r"docs/semantics\.md ((?:\d+(?:[–-]\d+)?(?:, | and )?)+)", file.read_text()):
            cited |= {int(number) for number in re.findall(r"\d+", numbers)}
    assert cited
    assert cited <= rules


def test_the_changelog_knows_the_version():
    version = re.search(r'(?m)^version = "(.+)"', (ROOT / "pyproject.toml").read_text())
    assert version
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text()
