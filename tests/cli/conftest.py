"""The command as a fixture, and one store with the demo in it."""

from pathlib import Path

import pytest

from tests import made_store
from tests.cli.running import Run, Sojourn, in_process, own_process


@pytest.fixture
def sojourn(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Sojourn:
    """Run the command in this process."""
    return in_process(capfd, monkeypatch)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A home with the demo loaded, and how loading it ended."""
    home = tmp_path_factory.mktemp("demo")
    made_store.put_into(home)
    return home, own_process(home, "demo", "--load-only")
