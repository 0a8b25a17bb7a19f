"""How long the command line takes to say anything, beside Python itself."""

import sys
import tempfile
from pathlib import Path

from measuring import COST, SOJOURN, cost, table


def report() -> None:
    """Print what `sojourn --help` costs."""
    commands = {"`sojourn --help`": [SOJOURN, "--help"], "`python -c pass`": [sys.executable, "-c", "pass"]}
    with tempfile.TemporaryDirectory() as folder:
        table(
            "Until help is shown",
            ("command", *COST),
            ((name, cost(command, Path(folder), times=10).cells) for name, command in commands.items()),
        )
