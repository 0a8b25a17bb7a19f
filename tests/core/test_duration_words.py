"""Durations in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.duration_parse import parse_duration
from sojourn.core.duration_words import long_words, short_words, whole

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("ms", "short", "long"),
    [
        (DAY + HOUR + 35 * MINUTE + 22 * SECOND, "1d 1h 35m 22s", "1 day, 1 hour, 35 minutes, 22 seconds"),
        (46 * MINUTE + 10 * SECOND, "46m 10s", "46 minutes, 10 seconds"),
        (2 * DAY, "2d", "2 days"),
        (30 * HOUR, "1d 6h", "1 day, 6 hours"),
        (3 * DAY + SECOND, "3d 1s", "3 days, 1 second"),
        (400 * DAY, "400d", "400 days"),
        (0, "0s", "0"),
        (499, "0s", "0"),
        (500, "1s", "1 second"),
        (MINUTE - 1, "1m", "1 minute"),
        (-499, "0s", "0"),
        (-90 * SECOND, "-1m 30s", "-1 minute, 30 seconds"),
    ],
)
def test_durations_in_words(ms: int, short: str, long: str) -> None:
    assert (short_words(ms), long_words(ms)) == (short, long)


@given(st.integers(0, 10**13))
def test_short_words_are_read_as_the_same_seconds(ms: int) -> None:
    assert parse_duration(short_words(ms)) == whole(ms, SECOND) * SECOND
