"""How likely a clock is to breach, from what became of others (docs/semantics.md 31)."""

import numpy as np
import pytest

from sojourn.core.sla.chance import LEAST, Chances


def chances(*finished: tuple[int, int, bool]) -> Chances:
    """What is known of clocks of SLA 1, by goal, elapsed time, and whether each breached."""
    found = Chances()
    for half in (finished[::2], finished[1::2]):  # they come in batches
        goal, elapsed, breached = (np.array(one) for one in zip(*half, strict=True))
        found.learn(1, goal.astype(np.int64), elapsed.astype(np.int64), breached.astype(bool))
    return found


FORTY = [(0, 10 * number, number > 30) for number in range(1, 41)]
"""Clocks that took 10, 20 … 400; those over 300 breached."""


@pytest.mark.parametrize(
    ("elapsed", "chance"),
    [
        (0, 100 * 10 / 40),  # all 40 were open then, and 10 of them breached
        (5, 100 * 10 / 40),
        (10, 100 * 10 / 39),  # the first had just ended
        (99, 100 * 10 / 31),
        (100, 100 * 10 / 30),
        (101, 100 * 10 / 30),
        (110, None),  # 29 were still open
        (1000, None),
    ],
)
def test_it_is_the_share_that_breached_of_those_still_open(elapsed: int, chance: float | None) -> None:
    found = chances(*FORTY).of(1, np.array([0]), np.array([elapsed]))[0]
    assert np.isnan(found) if chance is None else found == pytest.approx(chance)


def test_each_goal_of_each_sla_is_told_by_its_own() -> None:
    known = chances(*FORTY, *((1, 1000, True) for _ in range(LEAST)))
    found = known.of(1, np.array([1, 0, 1]), np.array([5, 5, 1000]))
    assert found[:2].tolist() == [100.0, 25.0]
    assert np.isnan(found[2])
    assert np.isnan(known.of(2, np.array([0]), np.array([5]))).all()


def test_of_nothing_nothing_is_said() -> None:
    assert np.isnan(Chances().of(1, np.array([0]), np.array([0]))).all()
    assert len(chances(*FORTY).of(1, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))) == 0
