"""One call: what is sent, what comes back, and where it ends."""

from collections.abc import Mapping

from sojourn.net.dialer import Resolve, resolve
from sojourn.net.errors import CallFailed
from sojourn.net.openings import Openings
from sojourn.net.session import Answer, Limits, Route, Session
from sojourn.net.url import origin, read_url


def get(
    url: str,
    *,
    openings: Openings,
    limits: Limits | None = None,
    headers: Mapping[str, str] | None = None,
    resolve: Resolve = resolve,
) -> Answer:
    """The answer to a GET; raises as request does, and CallFailed where the status is not 200."""
    answer = request("GET", url, openings=openings, limits=limits, headers=headers, resolve=resolve)
    if answer.status != 200:
        raise CallFailed(f"{origin(read_url(url))}: answers with status {answer.status}; check the address.")
    return answer


def request(
    method: str,
    url: str,
    *,
    openings: Openings,
    limits: Limits | None = None,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    resolve: Resolve = resolve,
) -> Answer:
    """The answer to one call, whatever its status but a redirect; raises as Session.call does."""
    with Session(url, Route(openings), limits or Limits(), resolve=resolve) as session:
        return session.call(method, headers=headers, content=content)
