"""How connections to Jira are, for `/metrics`, `sojourn doctor` and the log."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from prometheus_client import Metric
from prometheus_client.metrics_core import GaugeMetricFamily

from sojourn.jira.models import Connection

ANNOUNCED_DAYS = (30, 7, 1)
"""How many days before the end of a token it is announced."""

_LATE = 3
"""A connection is late when its last good sync is as many intervals ago, and a quarter of an hour."""

_GRACE = timedelta(minutes=15)
_DAY = timedelta(days=1)
_FORGED = "webhooks come without the right signature, so changes are here only after the next sync"
log = logging.getLogger(__name__)


def problems(now: datetime) -> Iterator[tuple[str, str]]:
    """By name of the connection, what is wrong with it, and what to do."""
    for row in Connection.objects.order_by("name"):
        if row.refused:
            yield row.name, f"{row.refused}; run sojourn connect --renew {row.name}"
        elif row.last_problem:
            yield row.name, row.last_problem
        elif _is_late(row, now):
            yield row.name, f"was last in step at {_shown(row.last_ok_at)}; see sojourn jobs list, and start a worker"
        if _is_unsigned(row, now):
            yield row.name, f"{_FORGED}; run sojourn connect --webhook {row.name}, and give Jira the secret"
        left_out = row.again.exclude(problem="").count()
        if left_out:
            yield row.name, f"{left_out:,} work items could not be read; sojourn connect --list {row.name} tells why"
        ending = ends_soon(row, now.date())
        if ending:
            yield row.name, ending


def ends_soon(row: Connection, today: date) -> str:
    """What to say of a token whose end is near; nothing where it is not."""
    if row.token_ends is None or (row.token_ends - today).days > ANNOUNCED_DAYS[0]:
        return ""
    days = (row.token_ends - today).days
    when = f"ends in {days} days, on {row.token_ends}" if days > 0 else f"ended on {row.token_ends}"
    return f"its token {when}; make another one and run sojourn connect --renew {row.name}"


def announce(today: date) -> None:
    """Log the tokens that end within 30, 7 and 1 days, once each."""
    for row in Connection.objects.exclude(token_ends=None):
        left = (row.token_ends - today).days if row.token_ends else 0
        due = min((days for days in ANNOUNCED_DAYS if left <= days), default=None)
        if due is not None and (row.announced_days is None or due < row.announced_days):
            log.warning("connection %s: %s", row.name, ends_soon(row, today))
            Connection.objects.filter(pk=row.pk).update(announced_days=due)


def _is_late(row: Connection, now: datetime) -> bool:
    since = row.last_ok_at or row.last_run_at
    return since is not None and now - since > row.interval_min * timedelta(minutes=_LATE) + _GRACE


def _is_unsigned(row: Connection, now: datetime) -> bool:
    """Whether webhooks came today with a wrong signature only: anybody can send some beside those of Jira."""
    refused_at, good_at = row.webhook_refused_at, row.webhook_at
    return refused_at is not None and refused_at > now - _DAY and (good_at is None or good_at < refused_at - _DAY)


def _shown(at: datetime | None) -> str:
    return "no time yet" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def metrics(now: datetime) -> Iterator[Metric]:
    """What Prometheus is told of connections."""
    names = ("connection",)
    lag = GaugeMetricFamily("sojourn_jira_lag_seconds", "How long ago a sync was last in step.", labels=names)
    refused = GaugeMetricFamily("sojourn_jira_credentials_refused", "Whether Jira refuses credentials.", labels=names)
    left_out = GaugeMetricFamily("sojourn_jira_left_out", "Work items that could not be read.", labels=names)
    waiting = GaugeMetricFamily("sojourn_jira_waiting", "Work items that are to be read again.", labels=names)
    ends = GaugeMetricFamily("sojourn_jira_token_ends_days", "Days until a token ends.", labels=names)
    past = GaugeMetricFamily("sojourn_jira_projects_unread", "Projects whose past is not read yet.", labels=names)
    for row in Connection.objects.order_by("name"):
        if row.last_ok_at is not None:
            lag.add_metric((row.name,), (now - row.last_ok_at).total_seconds())
        refused.add_metric((row.name,), float(bool(row.refused)))
        left_out.add_metric((row.name,), row.again.exclude(problem="").count())
        waiting.add_metric((row.name,), row.again.filter(problem="").count())
        if row.token_ends is not None:
            ends.add_metric((row.name,), (row.token_ends - now.date()).days)
        past.add_metric((row.name,), row.projects.filter(is_seen=True, is_whole=False).count())
    yield from (lag, refused, left_out, waiting, ends, past)
