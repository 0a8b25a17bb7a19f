"""Connecting to a host by an address that was checked: names are resolved here, once a connection, and nowhere else."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import httpcore

from sojourn.net.errors import AddressRefused, NoAnswer
from sojourn.net.openings import USUAL_PORTS, Openings
from sojourn.net.ranges import Address, is_metadata, kind_of, plain

Resolve = Callable[[str], Iterable[str]]


def resolve(host: str) -> list[str]:
    """Every address of a name, as the machine's resolver answers; it has a time limit of its own."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class Dialer(httpcore.NetworkBackend):
    """Makes connections to checked addresses.

    Every step that a thread takes ends `seconds` after it began its call: with the dialer, or with `begin`.
    """

    def __init__(
        self,
        openings: Openings,
        seconds: float,
        *,
        resolve: Resolve = resolve,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._openings = openings
        self._seconds = seconds
        self._call = threading.local()
        self._resolve = resolve
        self._network = network or httpcore.SyncBackend()
        self.begin()

    def begin(self) -> None:
        """Begin a call of this thread."""
        self._call.ends = time.monotonic() + self._seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of the host that answers.

        Raises AddressRefused where any of its addresses may not be called: of a name with a public and a private
        address, the private one may be meant. Raises NoAnswer where the name has no address.
        """
        failure: Exception = NoAnswer(f"{host}: the name has no address; check how it is spelled.")
        for address in self._checked(host, port):
            try:
                stream = self._network.connect_tcp(
                    str(address), port, self.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self)
        raise failure

    def left(self, timeout: float | None) -> float:
        """The seconds that one step may take; raises httpcore.ReadTimeout where none are left."""
        left: float = self._call.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)

    def check_number(self, host: str, port: int) -> None:
        """Raise AddressRefused where the host is an address that may not be called; a name passes."""
        with suppress(ValueError):
            self._refuse(host, [plain(ip_address(host))], port)

    def _checked(self, host: str, port: int) -> list[Address]:
        addresses = self._addresses(host)
        self._refuse(host, addresses, port)
        return addresses

    def _refuse(self, host: str, addresses: list[Address], port: int) -> None:
        for address in addresses:
            problem = self._problem(host, address, port)
            if problem:
                raise AddressRefused(f"{host}: {problem}")

    def _addresses(self, host: str) -> list[Address]:
        try:
            return [plain(ip_address(host))]
        except ValueError:
            pass  # a name
        try:
            return list(dict.fromkeys(plain(ip_address(text)) for text in self._resolve(host)))
        except (OSError, UnicodeError, ValueError):
            return []

    def _problem(self, host: str, address: Address, port: int) -> str | None:
        """Why the address must not be called, without telling the address of a name, or None where it may be."""
        if is_metadata(address):
            return "has an address where a cloud provider keeps credentials; it is never called."
        if self._openings.admit(host, address, port):
            return None
        kind = kind_of(address)
        entry = f"{f'[{host}]' if ':' in host else host}{'' if port in USUAL_PORTS else f':{port}'}"
        advice = f"an administrator can open it with SOJOURN_ALLOW_PRIVATE={entry}"
        if kind:
            return f"has an address that is not public ({kind}); {advice}."
        return None if port in USUAL_PORTS else f"port {port} is not called, only 80 and 443; {advice}."


class _Stream(httpcore.NetworkStream):
    """A connection each of whose steps ends when the dialer's time is over."""

    def __init__(self, stream: httpcore.NetworkStream, dialer: Dialer) -> None:
        self._stream = stream
        self._dialer = dialer

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._dialer.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._dialer.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._dialer.left(timeout)), self._dialer)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
