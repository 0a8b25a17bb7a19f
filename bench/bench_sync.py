"""How fast work items with whole changelogs are read from a Jira without limits: a simulated one, on the other core.

    python bench/bench_sync.py [items]

The simulator is a process of its own. Read: the client's answers, as payloads. Understood: also made into records, as a
sync would write them. Memory is the most that the client's process ever held. Kept: `sojourn sync` into an empty store
from the start of the command to its end, all its processes counted.
"""

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from sojourn.jira.payload import Reader
from sojourn.jira.simulator.site import Account
from sojourn.jira.source import Jira, JiraSource, Kind
from sojourn.jira.window import Window
from sojourn.net import Openings, Route

SOJOURN = Path(sys.executable).with_name("sojourn")
PATIENCE_S = 600


def await_simulator(url: str) -> None:
    """Return when it answers."""
    for _ in range(PATIENCE_S):
        try:
            httpx.get(url, timeout=60)
        except httpx.TransportError:
            time.sleep(1)
        else:
            return
    raise SystemExit("the simulator does not start")


@contextmanager
def simulated(face: Kind, items: int) -> Iterator[tuple[JiraSource, str, int]]:
    """A client of a simulator that has answered everything once, so that it is not its speed that is measured."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [str(SOJOURN), "simulate", "--face", face, "--items", str(items), "--port", str(port)]
    simulator = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        await_simulator(url)
        connection = Jira(face, url, Account().credentials(face))
        with JiraSource.open(connection, Route(Openings.of([("127.0.0.1", port)]))) as source:
            read(source, is_understood=False)
            yield source, url, port
    finally:
        simulator.terminate()
        simulator.wait()


def read(source: JiraSource, *, is_understood: bool) -> tuple[int, int]:
    """Work items and histories that were read."""
    reader = Reader()
    items = histories = 0
    for page in source.ids(Window(newest_first=True)):
        for batch in source.batches(page.ids):
            items += len(batch.told)
            for told in batch.told.values():
                issue = source.payloads(told)
                histories += len(issue["changelog"]["histories"])
                if is_understood:
                    reader.read(issue)
    return items, histories


def sync(face: Kind, url: str, port: int) -> tuple[float, float]:
    """The seconds that `sojourn sync` takes into an empty store, and the seconds of processors."""
    account = Account()
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as home:
        own = {"SOJOURN_HOME": home, "DATABASE_URL": "", "SOJOURN_ALLOW_PRIVATE": f"127.0.0.1:{port}"}
        env, quiet = {**os.environ, **own, "SOJOURN_LOG_LEVEL": "ERROR"}, subprocess.DEVNULL
        who = ("--kind", face, "--name", "bench", "--account", account.email, "--secret-file", "-")
        subprocess.run(
            [SOJOURN, "connect", url, *who], input=account.secret.encode(), env=env, stderr=quiet, check=True
        )
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([SOJOURN, "sync"], env=env, stderr=quiet, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.perf_counter() - began, worked


def main(items: int) -> None:
    for face in ("cloud", "datacenter"):
        with simulated(face, items) as (source, url, port):
            for is_understood in (False, True):
                began, worked = time.perf_counter(), time.process_time()
                found, histories = read(source, is_understood=is_understood)
                seconds, worked = time.perf_counter() - began, time.process_time() - worked
                held_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                what = "understood" if is_understood else "read"
                print(
                    f"{face:10}  {what:10}  {found:,} work items with {histories:,} histories in {seconds:.1f} s, "
                    f"{worked:.1f} s of them work: {found / seconds:,.0f} a second, {held_mb:.0f} MB at most",
                    flush=True,
                )
            seconds, worked = sync(face, url, port)
            told = f"{seconds:.1f} s, {worked:.1f} s of them work: {items / seconds:,.0f} a second"
            print(
                f"{face:10}  {'kept':10}  {items:,} work items in {told}, {items / worked:,.0f} a CPU second",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
