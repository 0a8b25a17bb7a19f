"""New stores of processes: with all their tables already, since making these takes seconds.

Those of SQLite are copies of one that a command has made; `tests/cli/test_processes.py` has commands that make theirs.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from tests.cli.running import own_process

STORE = "sojourn.sqlite3"


def put_into(home: Path) -> None:
    """Give a home that has no store a new one."""
    home.mkdir(parents=True, exist_ok=True)
    if not (home / STORE).exists():
        shutil.copyfile(_made() / STORE, home / STORE)


@cache
def _made() -> Path:
    """The home of a store that was just made; it lies in the folder that ends with the test process."""
    home = Path(tempfile.mkdtemp(dir=os.environ["SOJOURN_HOME"]))
    assert own_process(home, "calendar", "list").code == 0
    with closing(sqlite3.connect(home / STORE)) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home
