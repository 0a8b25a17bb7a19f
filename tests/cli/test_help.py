"""Help: every command explains itself with examples."""

from collections.abc import Iterator

import pytest
import typer.main

from sojourn import __version__
from sojourn.cli.app import app
from tests.cli.running import Sojourn


def commands() -> Iterator[list[str]]:
    """The words of every command and group there is."""

    def walk(command: object, words: list[str]) -> Iterator[list[str]]:
        yield words
        for name, inner in sorted(getattr(command, "commands", {}).items()):
            yield from walk(inner, [*words, name])

    yield from walk(typer.main.get_command(app), [])


EVERY = list(commands())


def test_every_command_that_was_promised_is_there() -> None:
    promised = "import|dump|demo|serve|settings|doctor|user add|measure|report time-in-status"
    promised += "|calendar add|calendar list|calendar show|calendar remove|calendar import-holidays"
    promised += (
        "|calendar import-ical|calendar refresh|worker|jobs list|jobs show|jobs cancel|jobs retry|key rotate|key reseal"
    )
    promised += "|connect|sync"
    assert {tuple(words.split()) for words in promised.split("|")} <= {tuple(words) for words in EVERY}


@pytest.mark.parametrize("words", EVERY, ids=lambda words: " ".join(["sojourn", *words]))
def test_every_command_has_help_with_examples(sojourn: Sojourn, words: list[str]) -> None:
    run = sojourn(*words, "--help")
    assert (run.code, run.err) == (0, "")
    _, _, after = run.out.partition("Examples:")
    assert " ".join(["sojourn", *words]).strip() in " ".join(after.split())


def test_the_version_is_printed(sojourn: Sojourn) -> None:
    assert sojourn("--version").out == f"{__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["calendar", "nonsense"],
        ["report", "time-in-status", "--nonsense"],
        ["measure"],
        ["measure", "a.csv"],
        ["serve", "--port", "many"],
        ["user", "add"],
    ],
)
def test_wrong_use_ends_with_2_and_says_so_on_stderr(sojourn: Sojourn, words: list[str]) -> None:
    run = sojourn(*words)
    assert (run.code, run.out) == (2, "")
    assert "Usage" in run.err
