"""Recipes in tests: a feed at a real server, its files in a folder, and programs that are run there."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from sojourn.feeds.recipes import writing
from sojourn.feeds.recipes.catalogue import RECIPES
from tests.feeds.feeding import Reader


@dataclass
class Kitchen:
    """A server, and a folder in which recipes are tried as their readers do."""

    server: str
    folder: Path

    def files(self, tool: str, reader: Reader) -> dict[str, str]:
        """The files of a recipe as the page of the feed shows them."""
        recipe = next(one for one in RECIPES if one.name == tool)
        return writing.files(recipe, writing.facts(reader.feed, f"{self.server}/", timezone.now()))

    def write(self, tool: str, reader: Reader) -> None:
        for name, text in self.files(tool, reader).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run(self, *command: object, **environment: str) -> str:
        """What a program prints, started in the folder; it has to end well."""
        done = self.start(*command, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *command: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        clean = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "NO_PROXY": "*"}
        words = [str(word) for word in command]
        quiet = {"DLT_DATA_DIR": str(self.folder / "dlt"), "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
        given = {**clean, **quiet, **environment}
        return subprocess.run(
            words, cwd=self.folder, env=given, capture_output=True, text=True, timeout=300, check=False
        )
