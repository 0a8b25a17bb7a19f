"""Serving a simulated Jira: in a thread of this process, or for good as a process of its own."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from granian.constants import Interfaces
from granian.server.embed import Server

from sojourn.errors import UserError
from sojourn.jira.simulator.app import Simulator

_PATIENCE_S = 10.0


@contextmanager
def serving(
    simulator: Simulator, *, port: int = 0, certificate: Path | None = None, key: Path | None = None
) -> Iterator[str]:
    """The address of the simulator while the block runs; with a certificate it speaks TLS, and HTTP/2.

    Without a port it is one that is free.
    """
    port = port or free_port()
    server = _server(simulator, port, certificate, key)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),), daemon=True)
    thread.start()
    try:
        _await(port)
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(_PATIENCE_S)
        loop.close()


def serve(simulator: Simulator, port: int) -> NoReturn:
    """Serve the simulator until Ctrl-C or SIGTERM, and end the process."""

    simulator.post.keep_sending()

    async def run() -> None:
        server = _server(simulator, port, None, None)
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, server.stop)
        await server.serve()

    asyncio.run(run())
    os._exit(0)  # the server's own threads outlive it for a moment, and abort an interpreter that is taken down first


def _server(simulator: Simulator, port: int, certificate: Path | None, key: Path | None) -> Server:
    return Server(
        simulator,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_enabled=False,
        ssl_cert=certificate,
        ssl_key=key,
    )


def free_port() -> int:
    """A port of this machine at which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _await(port: int) -> None:
    """Return when somebody listens on the port; raises UserError where nobody does for long."""
    pause = threading.Event()
    for _ in range(round(_PATIENCE_S * 100)):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            pause.wait(0.01)
        else:
            return
    raise UserError(f"the simulator does not listen on port {port} within {_PATIENCE_S:g} seconds")
