"""Calls to one server that share its connections, its certificate checks and its limits."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import certifi
import httpcore
import httpx

from sojourn.net.dialer import Dialer, Resolve, resolve
from sojourn.net.errors import CallFailed, NoAnswer
from sojourn.net.openings import USUAL_PORTS, Openings
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


@dataclass(frozen=True, slots=True)
class Route:
    """How the operator of this machine leads calls out: what he opens, his proxy, and whom he trusts besides.

    `proxy` is an address such as `http://user:password@proxy.example:3128`. A proxy resolves names by itself, so
    behind one only addresses that are written as numbers are checked here; the rest is the proxy's to refuse.
    `authorities` is a file of certificates in PEM.
    """

    openings: Openings = Openings()
    proxy: str = field(default="", repr=False)
    authorities: Path | None = None


class Session:
    """Calls to one server, over HTTP/2 where it speaks that; any number of threads may make them. Close it in the end.

    `is_compressed` lets the server compress its answers. Raises AddressRefused where the address cannot be read, and
    CallFailed where the operator's authorities or proxy cannot.
    """

    def __init__(
        self,
        url: str,
        route: Route,
        limits: Limits,
        *,
        is_compressed: bool = False,
        connections: int = 1,
        resolve: Resolve = resolve,
    ) -> None:
        self.url = read_url(url)
        self.name = origin(self.url)
        self._limits = limits
        self._is_compressed = is_compressed
        self._direct = Dialer(route.openings, limits.seconds, resolve=resolve)
        self._dialer = _to_proxy(route.proxy, limits, resolve) if route.proxy else self._direct
        pool = httpcore.ConnectionPool(
            ssl_context=_trust(route.authorities),
            proxy=_proxy(route.proxy) if route.proxy else None,
            max_connections=connections,
            keepalive_expiry=60,
            http2=True,
            network_backend=self._dialer,
        )
        # A client with a transport of its own asks the environment for no proxy and no certificates.
        self._client = httpx.Client(transport=_Transport(pool), trust_env=False, timeout=limits.seconds)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    def call(
        self, method: str, target: str = "", headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Answer:
        """The answer to one call, whatever its status but a redirect; `target` is appended to the session's address.

        Raises AddressRefused before anything is sent where the address may not be called, NoAnswer where there is no
        whole answer in time, and CallFailed where the answer is a redirect or too long.
        """
        url = httpx.URL(str(self.url).rstrip("/") + target) if target else self.url
        encoding = "gzip" if self._is_compressed else "identity"
        sent = {"User-Agent": "Sojourn", "Accept-Encoding": encoding, **(headers or {})}
        if self._dialer is not self._direct:
            self._direct.check_number(url.host, url.port or USUAL_PORTS[url.scheme == "https"])
        self._dialer.begin()
        with (
            _failing_as(self.name, self._limits),
            self._client.stream(method, url, headers=sent, content=content, follow_redirects=False) as response,
        ):
            if response.is_redirect:
                raise CallFailed(f"{self.name}: redirects, which is not followed; write the address it leads to.")
            if response.headers.get("Content-Encoding", "identity") not in ("identity", encoding):
                raise CallFailed(f"{self.name}: answers compressed, though it was asked not to.")
            body = b"".join(self._up_to_limit(response))
            return Answer(response.status_code, response.headers, body)

    def _up_to_limit(self, response: httpx.Response) -> Iterator[bytes]:
        seen = 0
        for part in response.iter_bytes():
            seen += len(part)
            if seen > self._limits.max_bytes:
                raise CallFailed(f"{self.name}: answers with more than {self._limits.max_bytes:,} bytes.")
            yield part


@contextmanager
def _failing_as(name: str, limits: Limits) -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise NoAnswer(f"{name}: has not answered within {limits.seconds:g} seconds.") from error
    except httpcore.ProxyError as error:
        raise CallFailed(f"{name}: the proxy does not lead there: {error}.") from error
    except httpcore.NetworkError as error:
        raise NoAnswer(f"{name}: cannot be reached: {error}.") from error
    except (httpcore.ProtocolError, httpx.DecodingError) as error:  # their texts may hold words of the answer
        raise NoAnswer(f"{name}: does not answer as a web server does.") from error


def _to_proxy(proxy: str, limits: Limits, resolve: Resolve) -> Dialer:
    """A dialer that reaches the proxy and nothing else."""
    url = _proxy(proxy).url
    port = url.port or USUAL_PORTS[url.scheme == b"https"]
    return Dialer(Openings.of([(url.host.decode(), port)]), limits.seconds, resolve=resolve)


def _proxy(text: str) -> httpcore.Proxy:
    try:
        read = httpx.Proxy(text)
    except (ValueError, httpx.InvalidURL):
        read = None
    if read is None or read.url.scheme not in ("http", "https"):
        raise CallFailed("The proxy's address cannot be read; write http://user:password@proxy.example:3128.")
    return httpcore.Proxy(
        httpcore.URL(scheme=read.url.raw_scheme, host=read.url.raw_host, port=read.url.port, target=read.url.raw_path),
        auth=read.raw_auth,
    )


class _Transport(httpx.BaseTransport):
    """httpx over the guarded dialer, which httpx's own transport cannot be given."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _streams_may_be_lost():
            answer = self._pool.handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


@contextmanager
def _streams_may_be_lost() -> Iterator[None]:
    """Where several threads call at once by HTTP/2, httpcore forgets a stream now and then, and says only KeyError."""
    try:
        yield
    except KeyError as error:
        raise httpcore.RemoteProtocolError("a stream of HTTP/2 was lost") from error


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _streams_may_be_lost():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _trust(authorities: Path | None) -> ssl.SSLContext:
    """Whom TLS trusts: those whom the machine trusts, Mozilla's list, and the operator's own authorities."""
    try:
        changed = authorities.stat().st_mtime_ns if authorities else 0
    except OSError:
        changed = 0  # reading it tells
    return _trusting(authorities, changed)


@lru_cache(8)
def _trusting(authorities: Path | None, _changed: int) -> ssl.SSLContext:
    """Read once for each state of the operator's file: the lists take 50 ms, in which nothing else runs in Python."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if authorities:
        try:
            context.load_verify_locations(authorities)
        except (OSError, ssl.SSLError):
            raise CallFailed(f"{authorities}: is no file of certificates in PEM.") from None
    return context
