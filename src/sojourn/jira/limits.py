"""What the headers of an answer say about Jira's limits.

Cloud has three limits at once: a quota of points an hour for apps (`jira-quota-…`), so many calls a second for each
endpoint (`jira-burst-based`), and writes to one work item. Data Center has one bucket of tokens for each account.
Source: https://developer.atlassian.com/cloud/jira/platform/rate-limiting and
https://confluence.atlassian.com/adminjiraserver/improving-instance-stability-with-rate-limiting-983794911.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_QUOTA = "jira-quota-"
_WINDOW_S = 3_600
"""A quota is given anew each hour, so a reset that lies further off is a mistake."""
_BURST_S = 1.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Who has to wait: every endpoint or the one that was called, why, and for how many seconds if Jira said so."""

    is_for_all: bool
    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """How many more calls may be made, and who has to wait for how long after the last of them."""

    left: int
    pause: Pause


def refused(headers: Mapping[str, str]) -> Pause:
    """What to do after 429, or after 503 with Retry-After. A reason that is not known pauses the one endpoint."""
    reason = headers.get("RateLimit-Reason") or ("the account's limit" if _is_bucket(headers) else "too many requests")
    is_for_all = reason.startswith(_QUOTA) or _is_bucket(headers)
    told = [_retry_after_s(headers), _reset_s(headers, "X-RateLimit-Reset")]
    if is_for_all:
        told.append(_reset_s(headers, "X-Beta-RateLimit-Reset"))
    return Pause(is_for_all, reason, max((wait for wait in told if wait), default=None))


def rest(headers: Mapping[str, str]) -> Rest | None:
    """How many more calls an answer says may be made, or None where it does not say."""
    quota = re.search(r"\br=(\d+).*?\bt=(\d+)", headers.get("Beta-RateLimit", ""))
    if quota and int(quota[1]) == 0:
        return Rest(0, Pause(is_for_all=True, reason="the hour's quota is used up", seconds=float(quota[2])))
    left = headers.get("X-RateLimit-Remaining", "")
    if not left.isdecimal():
        return None
    if _is_bucket(headers):
        return Rest(int(left), Pause(is_for_all=True, reason="the account's limit", seconds=_interval_s(headers)))
    seconds = _reset_s(headers, "X-RateLimit-Reset") or _BURST_S
    return Rest(int(left), Pause(is_for_all=False, reason="jira-burst-based", seconds=seconds))


def _is_bucket(headers: Mapping[str, str]) -> bool:
    """Whether the limit is Data Center's: one bucket for all that an account asks."""
    return "X-RateLimit-Interval-Seconds" in headers


def _interval_s(headers: Mapping[str, str]) -> float:
    text = headers.get("X-RateLimit-Interval-Seconds", "")
    return float(text) if text.isdecimal() else _BURST_S


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, whether it is a number or an instant."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        return (parsedate_to_datetime(text) - _date(headers)).total_seconds() if text else None
    except (TypeError, ValueError):
        return None


def _reset_s(headers: Mapping[str, str], name: str) -> float | None:
    """The seconds from the answer's Date to an instant in a header, with or without its seconds, or as an epoch."""
    text = headers.get(name, "").strip()
    try:
        is_epoch = re.fullmatch(r"\d{9,11}", text)
        at = datetime.fromtimestamp(int(text), UTC) if is_epoch else datetime.fromisoformat(text)
        wait = (at - _date(headers)).total_seconds()
    except (TypeError, ValueError):
        return None
    return wait if 0 < wait <= _WINDOW_S else None


def _date(headers: Mapping[str, str]) -> datetime:
    """Jira's own clock when it answered; raises ValueError or TypeError where it does not tell."""
    return parsedate_to_datetime(headers.get("Date", ""))
