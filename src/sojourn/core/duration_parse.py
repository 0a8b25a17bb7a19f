"""How a duration is read: `2d 5h` to milliseconds (docs/semantics.md 19)."""

import math
import re
from fractions import Fraction
from typing import Final

from sojourn.errors import Refused

SECOND_MS: Final = 1000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
WEEK_MS: Final = 7 * DAY_MS
MAX_MS: Final = 2**53 - 1  # the largest integer that JSON readers keep exactly, some 285,000 years

_EXAMPLE: Final = "write for example '2d 5h', '1w 2d 3h 30m 15s', '1.5h', '08:30' or 'PT8H'"
_PART: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)", re.IGNORECASE)
_CLOCK: Final = re.compile(r"([0-9]+):([0-5][0-9])(?::([0-5][0-9]))?")
_ISO: Final = re.compile(
    r"P(?=[0-9T])(?:([0-9.]+)W)?(?:([0-9.]+)D)?(?:T(?=[0-9])(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?",
    re.IGNORECASE,
)
_LONGEST: Final = 100
_UNIT_NAMES: Final = {
    name: unit
    for unit, names in {
        "w": "w week weeks",
        "d": "d day days",
        "h": "h hr hrs hour hours",
        "m": "m min mins minute minutes",
        "s": "s sec secs second seconds",
        "ms": "ms millisecond milliseconds",
    }.items()
    for name in names.split()
}


def parse_duration(text: str, *, day_ms: int = DAY_MS, week_ms: int = WEEK_MS, path: str = "duration") -> int:
    """Return the milliseconds of `2d 5h`, `1.5h`, `500ms`, `PT8H` or, as hours and minutes, `08:30`.

    `1d` and `1w` are `day_ms` and `week_ms`, the calendar's business day and working week, in ISO 8601 too
    (docs/semantics.md 19). Fractions are exact, then rounded half up to the millisecond. Raises `Refused`
    at `path` for a number without a unit, an unknown or repeated unit, a sign, or over `MAX_MS`.
    """
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        raise Refused(path, f"longer than {_LONGEST} characters; {_EXAMPLE}")
    units = {"w": week_ms, "d": day_ms, "h": HOUR_MS, "m": MINUTE_MS, "s": SECOND_MS, "ms": 1}
    total = sum((number * units[unit] for unit, number in _amounts(stripped, path).items()), Fraction())
    ms = math.floor(total + Fraction(1, 2))
    if ms > MAX_MS:
        raise Refused(path, f"{stripped!r} is longer than {MAX_MS} ms, the longest duration there is")
    return ms


def _amounts(text: str, path: str) -> dict[str, Fraction]:
    """The number given for each unit."""
    if clock := _CLOCK.fullmatch(text):
        return {unit: Fraction(number or 0) for unit, number in zip("hms", clock.groups(), strict=True)}
    if text[:1] in ("P", "p"):
        return _iso_amounts(text, path)
    _refuse_common(text, path)
    amounts: dict[str, Fraction] = {}
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            rest = text[position:].strip()
            raise Refused(path, f"cannot read {rest!r} in {text!r}: a number and a unit must follow; {_EXAMPLE}")
        _add(amounts, part[1], part[2], path)
        position = part.end()
    return amounts


def _refuse_common(text: str, path: str) -> None:
    if not text:
        raise Refused(path, f"is empty; {_EXAMPLE}")
    if text.startswith(("-", "+", "−")):
        raise Refused(path, f"{text!r} has a sign, and a duration has none; {_EXAMPLE}")
    if re.fullmatch(r"[0-9.]+", text):
        raise Refused(path, f"{text!r} has no unit; write for example '{text}m' or '{text}h'")


def _add(amounts: dict[str, Fraction], number: str, name: str, path: str) -> None:
    unit = _UNIT_NAMES.get(name.casefold())
    if unit is None:
        raise Refused(path, f"unknown unit {name!r}; right are w, d, h, m, s and ms")
    if unit in amounts:
        raise Refused(path, f"the unit {unit!r} is given twice; {_EXAMPLE}")
    amounts[unit] = Fraction(number)


def _iso_amounts(text: str, path: str) -> dict[str, Fraction]:
    iso = _ISO.fullmatch(text)
    if iso is None:
        raise Refused(
            path,
            f"{text!r} is not an ISO 8601 duration in W, D, H, M and S, such as 'PT8H'",
        )
    try:
        return {unit: Fraction(number) for unit, number in zip("wdhms", iso.groups(), strict=True) if number}
    except ValueError:
        raise Refused(path, f"{text!r} holds a number with more than one point, or with nothing beside it") from None
