"""How an instant is written where no reader's zone is known."""

from datetime import UTC, datetime


def utc_text(at_ms: int) -> str:
    """An instant in ISO 8601, UTC, to the millisecond: the order of such texts is that of time.

    >>> utc_text(1_704_103_200_000)
    '2024-01-01T10:00:00.000Z'
    """
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
