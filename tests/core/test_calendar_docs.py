"""The examples of docs/calendars.md are true."""

import doctest
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_calendars_page() -> None:
    failed, tried = doctest.testfile(str(DOCS / "calendars.md"), module_relative=False)
    assert (failed, tried > 15) == (0, True)
