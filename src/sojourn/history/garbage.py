"""When Python may look for garbage, and close what it finds unfinished: not in the middle of everything."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def uncollected() -> Iterator[None]:
    """Have no garbage looked for. Nobody else's code may run meanwhile: the whole process goes without."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def while_executing(execute: Callable[..., Any], *given: Any) -> Any:
    """Execute a statement (a wrapper of Django's): what reads a table and was left unfinished is not closed meanwhile.

    psycopg closes its cursor by the connection, which the statement holds, and would wait for itself.
    """
    with uncollected():
        return execute(*given)
