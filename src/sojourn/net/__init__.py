"""The one guarded HTTP client, for every outgoing call to an address that a person typed.

Whoever types an address could otherwise make the server ask what only the server can reach. The rules are OWASP's for
server-side request forgery: only http and https; every address of the name must be public; the address that was
checked is the one connected to; redirects and the environment's proxies are not followed; time and size have ends.

`get` and `request` make one call; a `Session` makes many to one server, from any number of threads.
"""

from sojourn.net.client import get, request
from sojourn.net.errors import AddressRefused, CallFailed, NoAnswer
from sojourn.net.openings import Openings
from sojourn.net.session import Answer, Limits, Route, Session

__all__ = [
    "AddressRefused",
    "Answer",
    "CallFailed",
    "Limits",
    "NoAnswer",
    "Openings",
    "Route",
    "Session",
    "get",
    "request",
]
