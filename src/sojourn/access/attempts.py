"""How often somebody may be wrong: an address ten times a minute, an account ten times in a quarter of an hour.

The counts are in the store, so that they hold for all processes of the service together (OWASP API2:2023). Tokens
cannot be guessed, so `wait_s` and `note` only count the wrong ones. Passwords can: `enter` counts each try before it is
looked at, so that many at once are no more than ten, and `succeed` takes it back.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from django.db import transaction

from sojourn.access.models import WrongAttempt

MOST = 10
_SPAN = timedelta(minutes=1)
_SPAN_OF_ACCOUNT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted together, and for how long."""

    key: str
    span: timedelta


def of_address(address: str) -> Bucket:
    """What comes from an address."""
    return Bucket(_network(address), _SPAN)


def of_account(name: str) -> Bucket:
    """What is tried for a name, from wherever, whether there is such an account or not."""
    return Bucket(f"account {_hashed(name.strip().casefold())}", _SPAN_OF_ACCOUNT)


def of_browser(number: str) -> Bucket:
    """What is tried in a browser for the account that was signed in there before."""
    return Bucket(f"browser {_hashed(number)}", _SPAN_OF_ACCOUNT)


def wait_s(address: str, now: datetime) -> int:
    """The seconds an address has to wait before it may be wrong again; 0 where it may now."""
    return _wait_s(of_address(address), now, MOST)


def note(address: str, now: datetime) -> None:
    """Count a wrong attempt of an address, and forget those that are over."""
    _prune(now)
    WrongAttempt.objects.create(address=of_address(address).key, at=now)


def enter(buckets: Sequence[Bucket], now: datetime) -> int:
    """Count a try, and 0; or where there were too many, the seconds to wait, and it is not counted."""
    _prune(now)
    with transaction.atomic():
        made = [WrongAttempt.objects.create(address=bucket.key, at=now).pk for bucket in buckets]
        wait = max(_wait_s(bucket, now, MOST + 1) for bucket in buckets)
        if wait:
            WrongAttempt.objects.filter(pk__in=made).delete()
    return wait


def succeed(buckets: Sequence[Bucket], now: datetime) -> None:
    """Take back a try that was right. What was wrong before for the account is forgotten, of the address it stays."""
    for bucket in buckets:
        rows = WrongAttempt.objects.filter(address=bucket.key)
        if bucket.span == _SPAN:
            rows = rows.filter(pk__in=list(rows.filter(at=now).values_list("pk", flat=True)[:1]))
        rows.delete()


def _wait_s(bucket: Bucket, now: datetime, most: int) -> int:
    recent = WrongAttempt.objects.filter(address=bucket.key, at__gt=now - bucket.span).order_by("-at")
    times = list(recent.values_list("at", flat=True)[:most])
    if len(times) < most:
        return 0
    return max(1, math.ceil((times[-1] + bucket.span - now).total_seconds()))


def _prune(now: datetime) -> None:
    WrongAttempt.objects.filter(at__lte=now - _SPAN_OF_ACCOUNT).delete()


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:48]


def _network(address: str) -> str:
    """What stands for an address: of IPv6 its network of 64 bits, which is what one customer has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)
