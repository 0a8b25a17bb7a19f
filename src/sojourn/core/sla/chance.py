"""How likely a clock is to breach, from what became of others of its goal (docs/semantics.md 31)."""

import numpy as np
from numpy.typing import NDArray

from sojourn.core.timeline import BoolArray, Int64Array

LEAST = 30
"""Of fewer clocks that were still open then nothing is said."""


class Chances:
    """Finished clocks by SLA and goal."""

    def __init__(self) -> None:
        self._parts: dict[tuple[int, int], list[tuple[Int64Array, BoolArray]]] = {}
        self._sorted: dict[tuple[int, int], tuple[Int64Array, Int64Array]] = {}

    def learn(self, sla: int, goal: Int64Array, elapsed_ms: Int64Array, breached: BoolArray) -> None:
        """Take finished clocks of an SLA: the goal of each, its elapsed time, and whether it breached."""
        for one in np.unique(goal).tolist():
            some = goal == one
            self._parts.setdefault((sla, one), []).append((elapsed_ms[some], breached[some]))
        self._sorted.clear()

    def of(self, sla: int, goal: Int64Array, elapsed_ms: Int64Array) -> NDArray[np.float64]:
        """The chance in percent of each open clock of an SLA, by goal and elapsed time; NaN where nothing is said."""
        found = np.full(len(goal), np.nan)
        for one in np.unique(goal).tolist():
            some = goal == one
            found[some] = self._chance((sla, one), elapsed_ms[some])
        return found

    def _chance(self, key: tuple[int, int], elapsed_ms: Int64Array) -> NDArray[np.float64]:
        elapsed, behind = self._ordered(key)
        place = np.searchsorted(elapsed, elapsed_ms, "right")
        open_then = len(elapsed) - place
        return np.where(open_then >= LEAST, 100 * behind[place] / np.maximum(open_then, 1), np.nan)

    def _ordered(self, key: tuple[int, int]) -> tuple[Int64Array, Int64Array]:
        """The elapsed times in order, and of each place how many from there on breached."""
        if key not in self._sorted:
            parts = self._parts.get(key, [])
            elapsed = np.concatenate([np.zeros(0, dtype=np.int64), *(one for one, _ in parts)])
            breached = np.concatenate([np.zeros(0, dtype=bool), *(one for _, one in parts)])
            order = np.argsort(elapsed, kind="stable")
            behind = np.append(np.cumsum(breached[order][::-1])[::-1], 0)
            self._sorted[key] = elapsed[order], behind.astype(np.int64)
        return self._sorted[key]
