"""What cannot be trusted about a history: bits, flagged and never hidden (docs/semantics.md 1, 4, 5)."""

from enum import IntFlag


class Flag(IntFlag):
    """Doubts about a timeline or a work item; several may hold."""

    HISTORY_MISMATCH = 1
    """The last change's `to` is not the present value; the present value won from the last change on."""
    HISTORY_GAP = 2
    """A change's `from` is not the previous `to`; the previous `to` held until the change."""
    HISTORY_INCOMPLETE = 4
    """The source cut the history short."""
    UNKNOWN_START = 8
    """The first change does not say what it changed from."""
    BEFORE_CREATION = 16
    """A change was dated before the creation and was moved to it."""

    @property
    def names(self) -> list[str]:
        """The names of the bits that are set, in order, in lower case."""
        return [flag.name.lower() for flag in Flag if flag in self and flag.name]


FLAG_NAMES = {value: " ".join(Flag(value).names) for value in range(sum(Flag) + 1)}
"""The words for every combination of flags, for printing whole columns."""
