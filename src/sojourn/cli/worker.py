"""The command worker, and the worker that a server runs beside itself."""

import os
import subprocess
import sys
import time
from threading import Event, Thread
from typing import Annotated

import typer

from sojourn.cli.app import app, say, use_store

_COMMAND = [sys.executable, "-c", "from sojourn.cli import main; main()", "worker", "--beside"]
_AGAIN_S = 5.0
_LATER_S = 1.0
_DRAIN_S = 10.0


@app.command()
def worker(
    beside: Annotated[int, typer.Option(help="The process that began it: end with it.", hidden=True)] = 0,
) -> None:
    """Do what is done in the background: jobs, and reading holiday feeds anew. `sojourn serve` runs one itself.

    On PostgreSQL any number may run, on SQLite one: another waits until that ends. At SIGTERM or Ctrl-C it ends within
    10 seconds, and others go on with what it had.

    Examples:

      sojourn worker
    """
    use_store()
    from sojourn.worker import run

    stopping = Event()
    if beside:
        Thread(target=_end_with, args=[beside, stopping], daemon=True).start()
    run(say, stopping)


def _end_with(parent: int, stopping: Event) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    stopping.set()


class Beside:
    """A worker in a process beside this one, begun again if it dies; it ends with this process, however that ends."""

    def __init__(self) -> None:
        self._stopping = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin shortly, so that the server is there first."""
        self._thread.start()

    def stop(self) -> None:
        """End it; it has 10 seconds to put back what it has."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause_s = _LATER_S
        while not self._stopping.wait(pause_s):
            command = [*_COMMAND, str(os.getpid())]
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
                self._watch(process)
            if not self._stopping.is_set():
                say(f"The worker ended with code {process.returncode}; it is begun again in {_AGAIN_S:.0f} seconds.")
            pause_s = _AGAIN_S

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        while process.poll() is None:
            if self._stopping.wait(0.5):
                process.terminate()
                try:
                    process.wait(_DRAIN_S)
                except subprocess.TimeoutExpired:
                    process.kill()
