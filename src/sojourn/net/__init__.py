"""The one guarded HTTP client, for every outgoing call to an address that a person typed.

Whoever types an address could otherwise make the server ask what only the server can reach. The rules are OWASP's for
server-side request forgery: only http and https; every address of the name must be public; the address that was
checked is the one connected to; redirects and the environment's proxies are not followed; time and size have ends.
"""

from sojourn.net.client import Answer, Limits, get, request
from sojourn.net.errors import AddressRefused, CallFailed
from sojourn.net.openings import Openings

__all__ = ["AddressRefused", "Answer", "CallFailed", "Limits", "Openings", "get", "request"]
