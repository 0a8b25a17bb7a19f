"""What functions are called, what they take and what they stand for: for completion and for whoever reads the docs."""

from dataclasses import dataclass
from typing import Literal

Takes = Literal["person", "date", "project", "key", "link", "step"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function as one writes it, and what its arguments are; those after `needs` may be left out."""

    name: str
    meaning: str
    takes: tuple[Takes, ...] = ()
    needs: int = 0
    repeats: bool = False

    @property
    def label(self) -> str:
        """The function with what it takes, such as `linkedIssues(key, link?)`."""
        arguments = [f"{one}{'?' if place >= self.needs else ''}" for place, one in enumerate(self.takes)]
        return f"{self.name}({', '.join(arguments)}{', …' if self.repeats else ''})"


DATES = (
    Function("now", "this moment"),
    *(
        Function(f"{side}Of{unit}", f"the {word} of this {unit.lower()}, or of the one so many away", ("step",))
        for side, word in (("start", "beginning"), ("end", "end"))
        for unit in ("Day", "Week", "Month", "Year")
    ),
    Function("currentLogin", "when you signed in"),
)
"""Functions that stand for a date."""

VALUES = (
    Function("currentUser", "you"),
    Function("projectsLeadByUser", "the projects that somebody leads", ("person",)),
    Function("standardIssueTypes", "all types but those of sub-tasks"),
    Function("subTaskIssueTypes", "the types of sub-tasks"),
    Function("releasedVersions", "versions that are released", ("project",), repeats=True),
    Function("unreleasedVersions", "versions that are not released yet", ("project",), repeats=True),
    Function("openSprints", "sprints that have begun and not ended"),
    Function("closedSprints", "sprints that have ended"),
    Function("futureSprints", "sprints that have not begun"),
)
"""Functions that stand for values of a field."""

WORK_ITEMS = (
    Function("linkedIssues", "work items that one is linked to", ("key", "link"), needs=1),
    Function("updatedBy", "work items that somebody changed", ("person", "date", "date"), needs=1),
)
"""Functions that stand for work items."""

ALL = {one.name.casefold(): one for one in (*DATES, *VALUES, *WORK_ITEMS)}
