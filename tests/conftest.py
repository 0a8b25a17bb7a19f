"""What every test stands on: a home of its own, and the data made by others."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_HOME = tempfile.TemporaryDirectory(prefix="sojourn-tests-")
os.environ["SOJOURN_HOME"] = _HOME.name
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sojourn.settings")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data made by others; where it is meant to be, a missing file is a failure, not a skip."""
    if not SHARED.exists():
        pytest.skip("this machine has no ../shared")
    return SHARED / "data"


def _need(path: Path, how: str) -> None:
    """Skip the test where a program is missing that not everybody has; on CI that is a failure."""
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing; {how}")
        pytest.skip(f"{path} is missing; {how}")


@pytest.fixture(scope="session")
def recipes_bin() -> Path:
    """Where the programs are that read feeds: dlt, dbt, Airbyte and data frames, in an environment of their own."""
    _need(ROOT / ".venv/recipes.stamp", "make .venv/recipes.stamp")
    return ROOT / ".venv/recipes/bin"


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with what tests/package.json asks for."""
    _need(ROOT / "tests/node_modules/.package-lock.json", "install Node and npm, then make .venv/node.stamp")
    return shutil.which("node") or ""


@pytest.fixture(scope="session")
def curl() -> None:
    """curl, which not every machine has."""
    _need(Path(shutil.which("curl") or "/usr/bin/curl"), "install curl")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The one browser of a test process: Playwright runs once in a thread."""
    _need(CHROMIUM, "install Chromium")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    arguments += ["--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()


def pytest_configure() -> None:
    """Hash passwords quickly."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["tests.hashing.Quick", *settings.PASSWORD_HASHERS[1:]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """On CI a skipped test is a failure: everything a test needs is installed there."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped on CI: {report.longrepr}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several tests of one id pytest-xdist runs the first alone, and says nothing."""
    twice = [name for name, times in Counter(item.nodeid for item in items).items() if times > 1]
    if twice:
        raise pytest.UsageError(f"several tests have one id: {', '.join(twice[:3])}")
