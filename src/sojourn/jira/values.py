"""Jira's values, in payloads and in change items: what is the id, what is the name (docs/semantics.md 6)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from sojourn.core.changes import UNKNOWN, Unknown
from sojourn.errors import Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_CATEGORIES = {key: key for key in ("new", "indeterminate", "done")}
_CATEGORIES |= {"TODO": "new", "IN_PROGRESS": "indeterminate", "DONE": "done"}
"""By key, and as `/statuses/search` names them."""
_IDS = ("accountId", "id", "key", "name", "value", "displayName")
_ACCOUNT = ("accountId", "key", "name", "displayName", "emailAddress")
_NAMES = ("displayName", "name", "value", "key", "id")
"""Where the id of a value, that of an account and the name of a value are, the best place first."""

_STATE = re.compile(r"\bstate=(\w+)")
_GREENHOPPER = re.compile(r"\bid=(\d+).*?\bname=([^,\]]*)")
SPRINT_STATES = ("active", "closed", "future")
_FIRST_MS = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_END_MS = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_KEY_BYTES = 2000
"""What a database's index takes as one entry, with some room to spare."""

_SHORT = _KEY_BYTES // 4
"""So many characters are never more bytes than that."""


def shown(value: Any) -> str:
    """A value as a message quotes it: its beginning, where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def instant_ms(value: Any, path: str) -> int:
    """An instant as Jira writes it, `2024-01-31T09:00:00.000+0100` or epoch milliseconds, in ms.

    Raises Refused at `path` where it is neither, has no zone, or lies outside the years 1900 to 9998.
    """
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            found: int = value
        else:
            since = datetime.fromisoformat(value) - _EPOCH
            found = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    except (TypeError, ValueError):
        raise Refused(
            path, f"{shown(value)} is not an instant; write it with its zone, such as 2024-01-31T09:00:00.000+0100"
        ) from None
    if not _FIRST_MS <= found < _END_MS:
        raise Refused(path, f"{shown(value)} lies outside the years 1900 to 9998")
    return found


def objects(value: Any, path: str) -> list[dict[str, Any]]:
    """The JSON objects of a list; null is an empty one. Raises Refused at `path` where it is something else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(path, f"{shown(value)} is not a list")
    for place, part in enumerate(value):
        if not isinstance(part, dict):
            raise Refused(f"{path}[{place}]", f"{shown(part)} is not an object")
    return value


def short(key: str) -> str:
    """The id of a value; one that is too long for an index is cut and told apart by its hash."""
    if len(key) <= _SHORT:
        return key
    text = key.encode(errors="replace")
    if len(text) <= _KEY_BYTES:
        return key
    return f"{text[: _KEY_BYTES - 40].decode(errors='ignore')}…{blake2b(text, digest_size=16).hexdigest()}"


def key_of(value: Any) -> str | None:
    """The id of a value: Jira's, or its name where it has no id; None where it is empty.

    >>> key_of({"id": "3", "name": "Open"}), key_of({"name": "Open"}), key_of(3.0), key_of(None)
    ('3', 'Open', '3', None)
    """
    if isinstance(value, dict):
        for part in _IDS:
            found = value.get(part)
            if found or found not in (None, ""):
                return short(found if isinstance(found, str) else str(found))
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value in (None, "") else short(str(value))


def user_key(value: Any) -> str | None:
    """The id of an account: Cloud's account id, or the Data Center user's key, or name; a text is a name."""
    if isinstance(value, str) and value:
        return short(value)
    if not isinstance(value, dict):
        return None
    for part in _ACCOUNT:
        found = value.get(part)
        if found:
            return short(found if isinstance(found, str) else str(found))
    return None


def name_of(value: Any) -> str:
    """What a value is called."""
    if isinstance(value, dict):
        for part in _NAMES:
            found = value.get(part)
            if found or found not in (None, ""):
                return found if isinstance(found, str) else str(found)
    return value if isinstance(value, str) else key_of(value) or ""


def category_of(value: Any) -> str:
    """The category of a value (`history.models.Value`), or nothing where it is not told."""
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("subtask"), bool):
        return "subtask" if value["subtask"] else "standard"
    if isinstance(value.get("released"), bool):
        return "released" if value["released"] else "unreleased"
    if isinstance(value.get("state"), str) and value["state"].lower() in SPRINT_STATES:
        return str(value["state"].lower())
    category = value.get("statusCategory")
    key = category.get("key") if isinstance(category, dict) else category
    return _CATEGORIES.get(key, "") if isinstance(key, str) else ""


def sprint_in(text: str) -> tuple[str, str, str] | None:
    """Id, name and state of a sprint as Data Center writes it into one text; None where the text is none."""
    found = _GREENHOPPER.search(text) if "greenhopper" in text else None
    if found is None:
        return None
    state = _STATE.search(text)
    return found[1], found[2], state[1].lower() if state else ""


def field_name(name: Any) -> str:
    """The name of a field as the store holds it; nothing where there is none."""
    return storable_text(name)[:255] if isinstance(name, str) else ""


def plain(value: Any) -> Any:
    """A field as people read it: names for objects, lists of names for lists."""
    if isinstance(value, dict):
        return name_of(value) or {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def members(value: Any) -> dict[str, str]:
    """The members of a present set by id, with their names; Data Center's sprints are texts that hold both."""
    found: dict[str, str] = {}
    for part in value if isinstance(value, list) else [value]:
        sprint = sprint_in(part) if isinstance(part, str) else None
        key = sprint[0] if sprint else key_of(part)
        if key:
            found[key] = sprint[1] if sprint else name_of(part)
    return found


def set_side(ids: Any, names: Any) -> dict[str, str]:
    """The members on one side of a change item of a set field: `"1, 2"` or `"[1, 2]"`, with `"First, Second"`."""
    keys = _split(ids) or _split(names)
    labels = _split(names)
    return dict(zip(keys, labels if len(labels) == len(keys) else keys, strict=True))


def _split(text: Any) -> list[str]:
    stripped = ("" if text is None else str(text)).strip()
    if stripped.startswith("[") and stripped.endswith("]"):
        stripped = stripped[1:-1]
    return [short(part.strip()) for part in stripped.split(",") if part.strip()]


def side(item: dict[str, Any], which: str) -> str | Unknown | None:
    """The id on one side, `from` or `to`, of a change item; UNKNOWN where the item does not have that side."""
    key = item.get(which)
    if key not in (None, ""):
        return short(str(key))
    name = item.get(f"{which}String")
    if name not in (None, ""):
        return short(str(name))
    return None if which in item or f"{which}String" in item else UNKNOWN


def set_key(keys: Iterable[str]) -> list[str]:
    """The members of a set in the order in which a set is written: ids by number, names by letter."""
    return sorted(keys, key=lambda key: (len(key), key) if key.isdigit() else (1 << 30, key))


def storable(value: Any, path: str) -> Any:
    """A JSON value without what databases cannot hold: NUL characters, halves of characters, numbers out of range.

    Raises Refused at `path` where it is nested too deeply.
    """
    try:
        return _storable(value)
    except RecursionError:
        raise Refused(path, "is nested too deeply") from None


def _storable(value: Any) -> Any:
    if isinstance(value, dict):
        return {storable_text(key): _storable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_storable(part) for part in value]
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return float(value) if abs(value) < 1 << 1000 else None
    return value


def storable_text(text: str) -> str:
    """A text without what databases cannot hold."""
    return text.replace("\0", "").encode(errors="replace").decode()
