"""How often an address may be wrong: ten times a minute (OWASP API2:2023).

The counts are in the store, so that they hold for all processes of the service together.
"""

import math
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sojourn.access.models import WrongAttempt

MOST = 10
_SPAN = timedelta(minutes=1)


def wait_s(address: str, now: datetime) -> int:
    """The seconds an address has to wait before it may be wrong again; 0 where it may now."""
    recent = WrongAttempt.objects.filter(address=_network(address), at__gt=now - _SPAN).order_by("-at")
    times = list(recent.values_list("at", flat=True)[:MOST])
    return max(1, math.ceil((times[-1] + _SPAN - now).total_seconds())) if len(times) == MOST else 0


def note(address: str, now: datetime) -> None:
    """Count a wrong attempt of an address, and forget those that are over."""
    WrongAttempt.objects.filter(at__lte=now - _SPAN).delete()
    WrongAttempt.objects.create(address=_network(address), at=now)


def _network(address: str) -> str:
    """What stands for an address: of IPv6 its network of 64 bits, which is what one customer has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)
