"""What can go wrong with a simulated Jira, switched on for some of its calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "status",  # an answer with `status` and `headers`, 429 with any reason among them
    "html",  # a page to sign in, with 200
    "truncated",  # the first half of the JSON, well delivered
    "cut",  # the connection ends in the middle of the body
    "stall",  # nothing for `seconds` of real time
    "early end",  # a page of a search says that it is the last
    "repeated page",  # the page before, once more
    "lost token",  # the cursor is not known any more
    "then",  # nothing goes wrong, but `then` is called before the answer: changes in the middle of a sweep
]


def _nothing() -> None:
    return None


@dataclass
class Fault:
    """One fault: for calls whose endpoint has `endpoint` in it, not the first `after` of them, `times` times."""

    kind: Kind
    endpoint: str = ""
    times: int = 1
    after: int = 0
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    then: Callable[[], None] = _nothing


class Faults:
    """The faults that are still to happen. Faults of one call happen in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Switch all off."""
        self._waiting.clear()

    def take(self, endpoint: str) -> list[Fault]:
        """The faults that happen to a call now."""
        due = []
        for fault in list(self._waiting):
            if fault.endpoint not in endpoint:
                continue
            if fault.after:
                fault.after -= 1
                continue
            due.append(fault)
            fault.times -= 1
            if fault.times == 0:
                self._waiting.remove(fault)
        return due
