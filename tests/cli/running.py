"""Running the command, in this process or in one of its own."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sojourn import cli


@dataclass(frozen=True)
class Run:
    """How a command ended: its exit code, and what it wrote to each stream."""

    code: int
    out: str
    err: str


Sojourn = Callable[..., Run]


def in_process(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Sojourn:
    """The command as its entry point runs it, on the store of the test."""

    def run(*words: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["sojourn", *map(str, words)])
        capfd.readouterr()
        code = 0
        threshold = gc.get_threshold()
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:  # else what this test leaves would be collected amid the transaction of a later one
            gc.set_threshold(*threshold)
            gc.unfreeze()
        return Run(code, *capfd.readouterr())

    return run


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process with a store of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "COLUMNS")}
    return {**kept, "SOJOURN_HOME": str(home), **more}


def own_process(home: Path, *words: str, told: str = "", **more: str) -> Run:
    """The command in a process of its own, with a store in a folder, and what it is told at its standard input."""
    command = [sys.executable, "-c", "from sojourn.cli import main; main()", *words]
    done = subprocess.run(
        command, env=environment(home, **more), input=told, capture_output=True, text=True, check=False, timeout=60
    )
    return Run(done.returncode, done.stdout, done.stderr)
