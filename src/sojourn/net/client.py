"""One call: what is sent, what comes back, and where it ends."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import certifi
import httpcore
import httpx

from sojourn.net.dialer import Dialer, Resolve, resolve
from sojourn.net.errors import CallFailed
from sojourn.net.openings import Openings
from sojourn.net.url import origin, read_url


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bytes an answer may have, and how many seconds a call may take from its connection to its end."""

    max_bytes: int = 64 * 1024
    seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The body is for programs: it may come from where the reader may not look."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


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
    """The answer to one call, whatever its status but a redirect.

    Raises AddressRefused before anything is sent where the address may not be called, and CallFailed where the answer
    is a redirect, too long, too slow or none.
    """
    limits = limits or Limits()
    target = read_url(url)
    sent = {"User-Agent": "Sojourn", "Accept-Encoding": "identity", **(headers or {})}
    dialer = Dialer(openings, limits.seconds, resolve=resolve)
    with (
        _failing_as(origin(target), limits),
        httpx.Client(transport=_Transport(dialer), trust_env=False, timeout=limits.seconds) as client,
        client.stream(method, target, headers=sent, content=content, follow_redirects=False) as response,
    ):
        if response.is_redirect:
            raise CallFailed(f"{origin(target)}: redirects, which is not followed; write the address it leads to.")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise CallFailed(f"{origin(target)}: answers compressed, though it was asked not to.")
        body = b"".join(_up_to(limits.max_bytes, response, origin(target)))
        return Answer(response.status_code, dict(response.headers), body)


def _up_to(most: int, response: httpx.Response, name: str) -> Iterator[bytes]:
    seen = 0
    for part in response.iter_raw():
        seen += len(part)
        if seen > most:
            raise CallFailed(f"{name}: answers with more than {most:,} bytes.")
        yield part


@contextmanager
def _failing_as(name: str, limits: Limits) -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise CallFailed(f"{name}: has not answered within {limits.seconds:g} seconds.") from error
    except httpcore.NetworkError as error:
        raise CallFailed(f"{name}: cannot be reached: {error}.") from error
    except httpcore.ProtocolError as error:  # its text may hold words of the answer
        raise CallFailed(f"{name}: does not answer as a web server does.") from error


class _Transport(httpx.BaseTransport):
    """httpx over the guarded dialer, which httpx's own transport cannot be given."""

    def __init__(self, dialer: Dialer) -> None:
        self._pool = httpcore.ConnectionPool(ssl_context=_trust(), network_backend=dialer)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _trust() -> ssl.SSLContext:
    """Whom TLS trusts: those whom the machine trusts, a company's own authority among them, and Mozilla's list."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
