"""Whose turn it is to write: SQLite has one writer at a time. Elsewhere rows are locked, and nobody waits for all."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, connection

T = TypeVar("T")
_PAUSE_S = 0.002


def give_way() -> None:
    """Between two transactions of a long work: let those have a turn who wait for one (`next_in_turn`)."""
    if connection.vendor == "sqlite":
        time.sleep(2 * _PAUSE_S)


def is_taken(error: OperationalError) -> bool:
    """Whether something failed because it was another's turn."""
    return "locked" in str(error)


@contextmanager
def waiting_for_nobody() -> Iterator[None]:
    """Let what writes raise OperationalError where it is another's turn (`is_taken`)."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual_ms,) = cursor.fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual_ms}")


def next_in_turn(write: Callable[[], T]) -> T:
    """What one transaction answers, begun as soon as it can be.

    SQLite itself looks whether it can ever less often, up to ten times a second, while a sync has a turn every few
    milliseconds. Raises OperationalError where the turn did not come for as long as SQLite would wait.
    """
    ends = time.monotonic() + connection.settings_dict["OPTIONS"].get("timeout", 0)
    with waiting_for_nobody():
        while True:
            try:
                return write()
            except OperationalError as error:
                if not is_taken(error) or time.monotonic() > ends:
                    raise
            time.sleep(_PAUSE_S)
