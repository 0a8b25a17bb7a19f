"""The command `sojourn`. A command's module is loaded when it is called, so that `--help` is quick."""

from sojourn.cli import (
    access,
    calendars,
    charts,
    clients,
    connect,
    feeds,
    history,
    jobs,
    keys,
    presets,
    reports,
    search,
    service,
    sla,
    sync,
    tokens,
    worker,
)
from sojourn.cli.app import main

__all__ = [
    "access",
    "calendars",
    "charts",
    "clients",
    "connect",
    "feeds",
    "history",
    "jobs",
    "keys",
    "main",
    "presets",
    "reports",
    "search",
    "service",
    "sla",
    "sync",
    "tokens",
    "worker",
]
