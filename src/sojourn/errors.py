"""The one kind of error that is safe to show to a user."""


class UserError(Exception):
    """Something the user can put right: the message names the place and says what would be right."""


class Refused(UserError):
    """Input that is wrong at a named place, such as `week.mon[1]: closes before it opens`."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


def within(path: str, key: object) -> str:
    """The place of a key in an object at a place, such as `goals[0].duration`; one without a name is `""`."""
    name = str(key) or '""'
    return f"{path}.{name}" if path else name


class InUse(UserError):
    """Something that cannot be deleted since others need it: the message names them."""
