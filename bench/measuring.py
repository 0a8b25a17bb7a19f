"""What the benchmarks share: the cost of a command, and the machine they ran on."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOJOURN = str(Path(sys.executable).with_name("sojourn"))
AS_OF = "2026-01-01T00:00Z"
TIMES = 3
"""How often a command is run; the fastest run counts."""
COST = ("seconds", "CPU s", "others", "peak MB")
"""The columns of a cost."""

_PATIENCE_S = 10
_QUIET = 0.15

_CORES = os.cpu_count() or 1
_TIMER = """
import os, sys, time
began = time.perf_counter()
to_nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=to_nowhere)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
_PACKAGES = ("numpy", "polars", "pandas", "duckdb", "business-duration", "businesstimedelta")


@dataclass(frozen=True, order=True)
class Cost:
    """What a command took: seconds from start to end, seconds of processors, and the most memory it ever held, MB.

    `others` is the share of all processors that other work took meanwhile.
    """

    seconds: float
    cpu_seconds: float
    others: float
    peak_mb: float

    @property
    def cells(self) -> str:
        return f"{self.seconds:.2f} | {self.cpu_seconds:.2f} | {self.others:.0%} | {self.peak_mb:.0f}"


def cost(command: Sequence[str | Path], home: Path, times: int = TIMES) -> Cost:
    """The cost of the fastest run of a command on the store of a folder."""
    return min(_cost([str(part) for part in command], home) for _ in range(times))


def _cost(command: list[str], home: Path) -> Cost:
    """By a small process in between: a process's peak is never less than what the one that started it held."""
    environment = {**os.environ, "SOJOURN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "sojourn.settings"}
    wait_until_quiet()
    busy_s = _busy_s()
    timer = [sys.executable, "-S", "-c", _TIMER, *command]
    done = subprocess.run(timer, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr[-2000:]}")
    seconds, cpu_seconds, peak_kb = map(float, done.stdout.split())
    others_s = max(_busy_s() - busy_s - cpu_seconds, 0)
    return Cost(seconds, cpu_seconds, min(others_s / seconds / _CORES, 1), peak_kb / 1024)


def wait_until_quiet() -> None:
    """Wait until others leave the processors alone, but not for ever: `Cost.others` tells."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        busy_s = _busy_s()
        time.sleep(0.5)
        if (_busy_s() - busy_s) / 0.5 / _CORES < _QUIET:
            return


def _busy_s() -> float:
    """How long the processors of this machine have worked since it started, all together."""
    user, nice, system, _, _, interrupt, soft, steal = map(int, _lines("/proc/stat")[0].split()[1:9])
    return (user + nice + system + interrupt + soft + steal) / os.sysconf("SC_CLK_TCK")


@contextmanager
def store_of(items: int) -> Iterator[Path]:
    """A folder with a store of so many made-up work items, and what `make_store` puts beside it."""
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as folder:
        cost([sys.executable, HERE / "make_store.py", str(items)], Path(folder), times=1)
        yield Path(folder)


def report_command(name: str, home: Path, output: Path, options: Iterable[str] = ()) -> list[str]:
    """The command a user would type for a report under the calendar of the benchmarks."""
    calendar = str(home / "berlin.json")
    return [SOJOURN, "report", name, "--as-of", AS_OF, "--calendar", calendar, *options, "-o", str(output)]


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], said: str = "") -> None:
    """Print a table in Markdown; a cell may hold several columns."""
    print(f"\n### {title}\n")
    if said:
        print(f"{said}\n")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def machine() -> str:
    """The machine, the versions, and how busy the machine is with other work."""
    cpu = next(line.partition(": ")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{cpu}, {os.cpu_count()} cores, {memory} GB; {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}; {packages}"
    )


def load() -> str:
    """How many processes ran or wanted to, on average over the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
