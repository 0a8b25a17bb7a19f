"""Definitions looked for as clients of the Time to SLA services look for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sojourn.errors import UserError
from sojourn.sla.calendar_ids import ALWAYS_ID
from sojourn.sla.legacy_fields import ALWAYS, FIELDS, FLAGS, LISTS, NUMBERS, OTHER_NAMES

_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, as fields and values; all of it has to hold."""

    wanted: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, asked: Iterable[tuple[str, str]]) -> "Search":
        """The search that parameters mean; raises UserError for one that is unknown, or no value of its field."""
        return cls(tuple(_asked(key, text) for key, text in asked))

    def finds(self, answer: Mapping[str, Any]) -> bool:
        """Whether a definition, as it is answered, is one of those that are looked for."""
        return all(_meets(field, wanted, answer.get(field)) for field, wanted in self.wanted)


def _asked(key: str, text: str) -> tuple[str, Any]:
    field = OTHER_NAMES.get(key, key)
    if field not in FIELDS:
        raise UserError(f"{key:.60}: is not searched by; there are: {', '.join((*FIELDS, *OTHER_NAMES))}")
    if field in FLAGS:
        if text.lower() not in ("true", "false"):
            raise UserError(f"{key}: true or false, not {text!r:.60}")
        return field, text.lower() == "true"
    if field not in NUMBERS:
        return field, text.casefold()
    if not text.removeprefix("-").isdecimal() or len(text) > _LONGEST_NUMBER:
        raise UserError(f"{key}: a whole number, not {text!r:.60}")
    return field, int(text)


def _meets(field: str, wanted: Any, held: Any) -> bool:
    if field in LISTS:
        return wanted in (held or ())
    if field in ALWAYS:
        return wanted in str(held).casefold()
    if isinstance(wanted, bool):
        return wanted == bool(held)
    if field == "workingTimeId":
        held = held or ALWAYS_ID
    return bool(wanted == (held.casefold() if isinstance(held, str) else held))
