"""A lock that one process holds, and that ends with it, however it ends."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event


@contextmanager
def alone(path: Path, stopping: Event, waits: Callable[[], None], *, look_s: float = 1.0) -> Iterator[bool]:
    """Hold the lock of a file; the answer is False where `stopping` was set before it could be had.

    While another process has it, `waits` is called once, and the lock is tried again every `look_s` seconds.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        has = _take(lock)
        if not has:
            waits()
        while not has and not stopping.wait(look_s):
            has = _take(lock)
        yield has


def _take(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        return False
    return True
