"""The command `sojourn`. A command's module is loaded when it is called, so that `--help` is quick."""

from sojourn.cli import calendars, feeds, history, reports, service, tokens
from sojourn.cli.app import main

__all__ = ["calendars", "feeds", "history", "main", "reports", "service", "tokens"]
