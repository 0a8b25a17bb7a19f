"""Servers on this machine for outgoing calls to meet."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Listener:
    """A socket on 127.0.0.1 that answers each connection with `answer`, and keeps what each one sent first."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self.seen: list[bytes] = []
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._server.accept()
                with peer, suppress(OSError):
                    peer.settimeout(5)
                    self.seen.append(b"")
                    self.seen[-1] = peer.recv(65536)
                    self._answer(peer)
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(65536):
                        pass

    def close(self) -> None:
        """End it; a connection that is being answered is answered first."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


@contextmanager
def listening(answer: bytes | Callable[[socket.socket], None] = b"") -> Iterator[Listener]:
    """A listener while the block runs; bytes are sent as they are."""
    listener = Listener(answer if callable(answer) else lambda peer: peer.sendall(answer))
    try:
        yield listener
    finally:
        listener.close()


def http(body: bytes = b"", status: str = "200 OK", *headers: str) -> bytes:
    """An answer of a web server."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
