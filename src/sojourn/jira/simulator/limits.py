"""The limits of a simulated Jira, with the headers by which a real one tells of them.

Cloud: so many calls a second for each endpoint, and points an hour for all. Data Center: a bucket of tokens for each
account. `refused` lists what was refused, so that a test can count how often a client went too far.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

_HOUR_MS = 3_600_000


@dataclass
class NoLimits:
    """Nothing is limited and no header tells of limits."""

    def enter(self, endpoint: str, account: str, now_ms: int) -> dict[str, str] | None:  # noqa: ARG002
        """None where a call may be made, else the headers of its refusal."""
        return None

    def leave(self, endpoint: str, account: str, now_ms: int, points: int) -> dict[str, str]:  # noqa: ARG002
        """Count what a call cost; the headers that tell what is left."""
        return {}


@dataclass
class CloudLimits:
    """`burst` calls a second for each endpoint and `points` an hour; None has no end. `is_silent` tells no rests."""

    burst: int | None = None
    points: int | None = None
    is_silent: bool = False
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    _second: int = -1
    _calls: Counter[str] = field(default_factory=Counter)
    _hour: int = -1
    _spent: int = 0

    def enter(self, endpoint: str, account: str, now_ms: int) -> dict[str, str] | None:  # noqa: ARG002
        """None where a call may be made, else the headers of its refusal."""
        if now_ms // _HOUR_MS != self._hour:
            self._hour, self._spent = now_ms // _HOUR_MS, 0
        if now_ms // 1000 != self._second:
            self._second, self._calls = now_ms // 1000, Counter()
        if self.points is not None and self._spent >= self.points:
            return self._no(endpoint, "jira-quota-global-based", now_ms, (self._hour + 1) * _HOUR_MS)
        if self.burst is not None and self._calls[endpoint] >= self.burst:
            return self._no(endpoint, "jira-burst-based", now_ms, (self._second + 1) * 1000)
        self._calls[endpoint] += 1
        return None

    def leave(self, endpoint: str, account: str, now_ms: int, points: int) -> dict[str, str]:  # noqa: ARG002
        """Count what a call cost; the headers that tell what is left."""
        self._spent += points
        headers: dict[str, str] = {}
        if self.burst is not None and not self.is_silent:
            left = self.burst - self._calls[endpoint]
            headers |= {"X-RateLimit-Limit": str(self.burst), "X-RateLimit-Remaining": str(left)}
            headers |= {"X-RateLimit-NearLimit": "true"} if left * 5 < self.burst else {}
        if self.points is not None and not self.is_silent:
            left, wait_s = max(0, self.points - self._spent), (_HOUR_MS - now_ms % _HOUR_MS) // 1000 + 1
            headers["Beta-RateLimit-Policy"] = f'"global-app-quota";q={self.points};w=3600'
            headers["Beta-RateLimit"] = f'"global-app-quota";r={left};t={wait_s}'
        return headers

    def _no(self, endpoint: str, reason: str, now_ms: int, reset_ms: int) -> dict[str, str]:
        self.refused.append((now_ms, endpoint, reason))
        return refusal(reason, -(-(reset_ms - now_ms) // 1000), reset_ms)


@dataclass
class BucketLimits:
    """Data Center: `size` tokens at most, `fill` new ones every `interval_s` seconds, for each account."""

    size: int
    fill: int
    interval_s: int
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    _since: dict[str, int] = field(default_factory=dict)
    _used: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def enter(self, endpoint: str, account: str, now_ms: int) -> dict[str, str] | None:
        """None where a call may be made, else the headers of its refusal."""
        interval_ms = self.interval_s * 1000
        rounds = (now_ms - self._since.setdefault(account, now_ms)) // interval_ms
        self._since[account] += rounds * interval_ms
        self._used[account] = max(0, self._used[account] - rounds * self.fill)
        if self._used[account] >= self.size:
            self.refused.append((now_ms, endpoint, "bucket"))
            return self._rests(account, now_ms)
        self._used[account] += 1
        return None

    def leave(self, endpoint: str, account: str, now_ms: int, points: int) -> dict[str, str]:  # noqa: ARG002
        """The headers that tell what is left; each call costs one token, which `enter` has taken."""
        return self._rests(account, now_ms)

    def _rests(self, account: str, now_ms: int) -> dict[str, str]:
        left = self.size - self._used[account]
        wait_s = 0 if left else -(-(self._since[account] + self.interval_s * 1000 - now_ms) // 1000)
        return {
            "X-RateLimit-Limit": str(self.size),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Interval-Seconds": str(self.interval_s),
            "X-RateLimit-FillRate": str(self.fill),
            "retry-after": str(wait_s),
        }


Limits = NoLimits | CloudLimits | BucketLimits


def refusal(
    reason: str, wait_s: int | None, reset_ms: int | None = None, *, has_seconds: bool = False
) -> dict[str, str]:
    """The headers of Cloud's 429; resets come without their seconds as a rule."""
    headers = {"RateLimit-Reason": reason} if reason else {}
    if wait_s is not None:
        headers["Retry-After"] = str(wait_s)
    if reset_ms is not None:
        at = datetime.fromtimestamp(reset_ms / 1000, UTC)
        headers["X-RateLimit-Reset"] = f"{at:%Y-%m-%dT%H:%M:%SZ}" if has_seconds else f"{at:%Y-%m-%dT%H:%MZ}"
    return headers
