"""Durations in days of 24 hours, down to seconds, as the Time to SLA services write them: short and in words.

They round once, half away from zero, as all that is printed (docs/semantics.md 16).
"""

from itertools import pairwise
from typing import Final

from sojourn.core.duration_parse import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

_UNITS: Final = {"day": DAY_MS, "hour": HOUR_MS, "minute": MINUTE_MS, "second": SECOND_MS}


def short_words(ms: int) -> str:
    """Such as `1d 1h 35m 22s`, without what is nothing; `0s` for nothing at all."""
    parts = [f"{amount}{unit[0]}" for unit, amount in _amounts(ms)]
    return _signed(ms, " ".join(parts)) or "0s"


def long_words(ms: int) -> str:
    """Such as `46 minutes, 10 seconds`; `0` for nothing at all."""
    parts = [f"{amount} {unit}{'' if amount == 1 else 's'}" for unit, amount in _amounts(ms)]
    return _signed(ms, ", ".join(parts)) or "0"


def whole(ms: int, unit_ms: int) -> int:
    """How many of a unit a duration is, rounded."""
    size = (2 * abs(ms) + unit_ms) // (2 * unit_ms)
    return -size if ms < 0 else size


def _amounts(ms: int) -> list[tuple[str, int]]:
    rest = abs(whole(ms, SECOND_MS)) * SECOND_MS
    bounds = pairwise((rest + 1, *_UNITS.values()))
    return [
        (unit, amount) for unit, (above, one) in zip(_UNITS, bounds, strict=True) if (amount := rest % above // one)
    ]


def _signed(ms: int, text: str) -> str:
    return f"-{text}" if ms < 0 and text else text
