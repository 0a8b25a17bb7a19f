"""What is wrong with a query, and where."""

from sojourn.errors import Refused


class JqlError(Refused):
    """A query that cannot be read. `str` gives the place, the problem and how to put it right in one line.

    `start` and `end` are offsets of what is wrong in the text, `line` and `column` count from 1. `expected` says in
    words what could stand there instead, and `hint` what was probably meant; either may be empty. As input that is
    refused it is wrong at `jql`, the name that queries go by wherever they are taken.
    """

    def __init__(
        self, message: str, text: str, start: int, end: int, *, expected: tuple[str, ...] = (), hint: str = ""
    ) -> None:
        self.message = message
        self.text = text
        self.start = start
        self.end = end
        self.line = text.count("\n", 0, start) + 1
        self.column = start - text.rfind("\n", 0, start)
        self.expected = expected
        self.hint = hint
        super().__init__("", f"line {self.line}, column {self.column}: {message}{'; ' if hint else ''}{hint}")
        self.path = "jql"

    def at(self, path: str) -> "JqlError":
        """The same error, of a query that stands at a place of its own among other input."""
        placed = JqlError(self.message, self.text, self.start, self.end, expected=self.expected, hint=self.hint)
        placed.path = path
        placed.args = (f"{path}: {self.problem}",)
        return placed
