"""Waiting as Jira asks to, in a way that ends when the job has to end, and that holds up no worker for long."""

import threading
import time
from collections.abc import Callable

from sojourn.jira.failures import JiraFailure, Unavailable

LONGEST_S = 60.0
"""A longer wait is not waited for: the job is put back until then, and its worker does something else."""

_SLICE_S = 0.5


class LongWait(Unavailable):
    """Jira asks to wait for so long that the job goes on later."""


class Ended(JiraFailure):
    """The reading was ended from within; nobody is told."""


class Pauses:
    """The sleep of one run's `Manners`. `look` raises where the job has to end; only the run's own thread calls it.

    `ended` is set where what the other threads do is no longer wanted.
    """

    def __init__(self, look: Callable[[], None], pause: Callable[[float], None] = time.sleep) -> None:
        self.ended = threading.Event()
        self._look = look
        self._pause = pause
        self._own = threading.get_ident()

    def sleep(self, seconds: float) -> None:
        """Wait; raises LongWait where that is too long, Ended in other threads, and what `look` raises in the own."""
        if seconds > LONGEST_S:
            raise LongWait(f"Jira asks to wait for {seconds:,.0f} seconds; the sync goes on then", seconds)
        left_s = seconds
        while left_s > 0:
            if self.ended.is_set():
                raise Ended("the reading was ended")
            if threading.get_ident() == self._own:
                self._look()
            self._pause(min(left_s, _SLICE_S))
            left_s -= _SLICE_S
