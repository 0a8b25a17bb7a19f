"""What a definition of the Time to SLA services may say: its fields, of which type each is, and which are needed."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from sojourn.errors import UserError
from sojourn.sla.calendar_ids import ALWAYS_ID

_LARGEST = (1 << 63) - 1
_LONGEST_NAME = 255
_DIGITS = re.compile("[0-9]{1,19}")
FAILED = "Failed when saving SLA: "
_IGNORED = ("id", "empty")

Given = Mapping[str, Any]


class NotSaved(UserError):
    """A definition that is not saved; the message is the one that clients of the services know."""


def refused(field: str, problem: str) -> NotSaved:
    """What is said of a field that is wrong."""
    return NotSaved(f"{FAILED}{field}: {problem}")


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise refused(field, f"a text, not {value!r:.60}")
    return value.strip()


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise refused(field, f"true or false, not {value!r:.60}")
    return value


def _number(value: Any, field: str, least: int = 0) -> int:
    """A whole number, also as a text of digits."""
    is_text = isinstance(value, str) and _DIGITS.fullmatch(value)
    plain = int(value) if is_text else value
    if not isinstance(plain, int) or isinstance(plain, bool) or not least <= plain <= _LARGEST:
        raise refused(field, f"a whole number, not {value!r:.60}")
    return plain


def _calendar(value: Any, field: str) -> int:
    return _number(value, field, -_LARGEST)


def _numbers(value: Any, field: str) -> list[int]:
    if not isinstance(value, list):
        raise refused(field, f"a list of whole numbers such as [1], not {value!r:.60}")
    return [_number(one, f"{field}[{place}]") for place, one in enumerate(value)]


def _digits(value: Any, field: str) -> str:
    return str(_number(value, field))


_READ: dict[str, Callable[[Any, str], Any]] = {
    "description": _text,
    "workflowName": _text,
    "priorityId": _digits,
    "originStatusId": _numbers,
    "targetStatusId": _numbers,
    "slaStartDateField": _number,
    "slaEndDateField": _number,
    "slaValueAsTimeString": _text,
    "slaNegotiationDateFieldId": _number,
    "slaNegotiationDateIssueFieldKey": _text,
    "workingTimeId": _calendar,
    "multipleTransition": _flag,
    "onlyFirstExecution": _flag,
    "jqlString": _text,
    "pauseSlaArray": _numbers,
}
FIELDS = tuple(_READ)
"""What a definition may say, in the order in which it is answered."""

FLAGS, LISTS, NUMBERS = (
    {field for field, read in _READ.items() if read in readers}
    for readers in ([_flag], [_numbers], [_number, _numbers, _calendar])
)
OTHER_NAMES = {"calendarId": "workingTimeId"}
ALWAYS = {"description": "", "workflowName": "", "jqlString": "", "pauseSlaArray": []}
_SAY_NOTHING = ("workingTimeId", "multipleTransition", "onlyFirstExecution")


def read_fields(value: Any) -> dict[str, Any]:
    """What is said, in order; what is empty is left out, but for those that are always told.

    Raises NotSaved where something is of a wrong type, unknown, or missing.
    """
    if not isinstance(value, Mapping):
        raise NotSaved(f"{FAILED}a definition is an object, not {value!r:.60}")
    said: dict[str, Any] = {}
    for key, one in value.items():
        field = OTHER_NAMES.get(key, key)
        if field not in _READ and field not in _IGNORED:
            near = get_close_matches(key, (*_READ, *OTHER_NAMES), n=1, cutoff=0.5)
            raise refused(f"{key:.60}", f"unknown field; {f'did you mean {near[0]}?' if near else 'leave it out'}")
        if one is not None and one != "" and field in _READ:
            read_one = _READ[field](one, key)
            if said.get(field, read_one) != read_one:
                raise refused(key, f"is not {said[field]}, the same thing under its other name")
            said[field] = read_one
    said = {key: one for key, one in said.items() if not _says_nothing(key, one)}
    _must_be_whole(said)
    return {key: said[key] if key in said else ALWAYS[key] for key in FIELDS if key in said or key in ALWAYS}


def _says_nothing(field: str, value: Any) -> bool:
    return value is False or value in ("", []) or (field == "workingTimeId" and value == ALWAYS_ID)


def _must_be_whole(given: Given) -> None:
    if not given.keys() - set(_SAY_NOTHING):
        raise NotSaved(f"{FAILED}All fields cannot be empty")
    needed = (
        ("slaStartDateField", "originStatusId"),
        ("slaEndDateField", "targetStatusId"),
        ("slaValueAsTimeString", "slaNegotiationDateFieldId", "slaNegotiationDateIssueFieldKey"),
        ("description",),
    )
    for fields in needed:
        if not any(field in given for field in fields):
            least = "At least " if len(fields) > 1 else ""
            raise NotSaved(f"{FAILED}{least}{' or '.join(fields)} should be provided")
    if len(given["description"]) > _LONGEST_NAME:
        raise refused("description", f"has {len(given['description'])} characters; at most {_LONGEST_NAME} are kept")
    targets = [field for field in needed[2] if field in given]
    if len(targets) > 1:
        raise refused(targets[1], f"there is a {targets[0]} already; give one of them")
