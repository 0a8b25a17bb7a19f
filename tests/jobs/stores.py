"""A store that processes share, and looking into it from outside."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

PROGRAM = str(Path(__file__).with_name("processes.py"))
COMMAND = [sys.executable, "-c", "from sojourn.cli import main; main()"]


@dataclass(frozen=True)
class Store:
    """A store of its own, which processes are told of by their environment."""

    environment: dict[str, str]
    started: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def run(self, *words: object) -> str:
        """What the program `processes` prints."""
        command = [sys.executable, PROGRAM, *map(str, words)]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=100
        ).stdout

    def ask(self, kind: str, count: int = 1, **arguments: Any) -> None:
        self.run("ask", kind, count, json.dumps(arguments))

    def start(self, *words: object, command: list[str] | None = None) -> "subprocess.Popen[str]":
        """A process that goes on: the program, or a command."""
        whole = [*(command or [sys.executable, PROGRAM]), *map(str, words)]
        pipe = subprocess.PIPE
        self.started.append(subprocess.Popen(whole, env=self.environment, stdout=pipe, stderr=pipe, text=True))
        return self.started[-1]

    def end(self) -> None:
        """Leave no process behind, whatever became of the test."""
        for process in self.started:
            process.kill()
            process.communicate()

    def query(self, sql: str) -> list[Any]:
        """The rows of a query, from outside; the first column only where there is one."""
        url = self.environment["DATABASE_URL"]
        path = f"{self.environment['SOJOURN_HOME']}/sojourn.sqlite3"
        with closing(psycopg.connect(url) if url else sqlite3.connect(path, timeout=60)) as store:
            cursor = store.execute(sql)  # type: ignore[arg-type]
            rows = cursor.fetchall() if cursor.description else []
            store.commit()
        return [row[0] if len(row) == 1 else row for row in rows]

    @property
    def states(self) -> list[str]:
        return self.query("SELECT state FROM jobs_job ORDER BY id")

    @property
    def log(self) -> list[str]:
        return self.query("SELECT text FROM jobs_logline ORDER BY id")

    @property
    def done(self) -> int:
        """How far the first job is."""
        return self.query("SELECT done FROM jobs_job ORDER BY id")[0]

    def enough(self) -> None:
        """Let slow jobs end."""
        columns, values = "name, row_version, segmented, text_language", "'enough', 0, 0, 'english'"
        self.query(f"INSERT INTO history_site ({columns}) VALUES ({values})")


def until(is_so: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.1)


def environment(home: Path, url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return {**kept, "SOJOURN_HOME": str(home), "DATABASE_URL": url, "SOJOURN_LOG_LEVEL": "WARNING"}
