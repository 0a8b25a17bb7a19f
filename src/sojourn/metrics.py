"""`/metrics` for Prometheus. A row in `SOURCES` adds what a room has to tell."""

import hmac
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from http import HTTPStatus
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry

from sojourn.jira import health as jira_health
from sojourn.jobs import health

SOURCES: tuple[Callable[[datetime], Iterable[Metric]], ...] = (health.metrics, jira_health.metrics)

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_ONLY_HERE = "Metrics are told to this machine only. Set SOJOURN_METRICS_TOKEN to ask from elsewhere.\n"
_WRONG = "Send the token SOJOURN_METRICS_TOKEN as `Authorization: Bearer TOKEN`.\n"


@never_cache
@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All metrics, in the format that is asked for; refused to who may not ask."""
    refusal = _refusal(request)
    if refusal is not None:
        return refusal
    registry = CollectorRegistry()
    registry.register(_Now(timezone.now()))
    encoder, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encoder(registry), content_type=content_type)


class _Now:
    """What all sources tell at an instant."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        for source in SOURCES:
            yield from source(self._now)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """The answer to who may not ask: with a token set, all but who sends it; else all but this machine itself.

    What a proxy on this machine passes on is not from this machine.
    """
    token = settings.SOJOURN_METRICS_TOKEN
    if token:
        sent = request.headers.get("Authorization", "").encode()
        if hmac.compare_digest(sent, f"Bearer {token}".encode()):
            return None
        headers = {"WWW-Authenticate": 'Bearer realm="Sojourn metrics"'}
        return HttpResponse(_WRONG, status=HTTPStatus.UNAUTHORIZED, content_type="text/plain", headers=headers)
    if _is_here(request.META.get("REMOTE_ADDR", "")) and not any(name in request.headers for name in _FORWARDED):
        return None
    return HttpResponse(_ONLY_HERE, status=HTTPStatus.FORBIDDEN, content_type="text/plain")


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
