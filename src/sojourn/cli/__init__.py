"""The command `sojourn`. A command's module is loaded when it is called, so that `--help` is quick."""

from sojourn.cli import calendars, charts, feeds, history, jobs, keys, reports, search, service, tokens, worker
from sojourn.cli.app import main

__all__ = [
    "calendars",
    "charts",
    "feeds",
    "history",
    "jobs",
    "keys",
    "main",
    "reports",
    "search",
    "service",
    "tokens",
    "worker",
]
