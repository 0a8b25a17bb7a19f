"""Where a query is wrong, on a terminal."""

import re

from rich.cells import cell_len

from sojourn.jql import JqlError

_WIDEST = 100
_MOST_BEFORE = 70
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def pointed(error: JqlError) -> list[str]:
    """The line of the query that is wrong, or of a long one the part around the place, and marks under the place."""
    line = _CONTROLS.sub(" ", error.text.split("\n")[error.line - 1])
    begin = max(error.column - 1 - _MOST_BEFORE, 0)
    shown = line[begin : begin + _WIDEST]
    place = error.column - 1 - begin
    wrong = shown[place : place + error.end - error.start]
    return [f"  {shown}", f"  {' ' * cell_len(shown[:place])}{'^' * max(cell_len(wrong), 1)}"]
