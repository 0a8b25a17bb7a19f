"""What the tests of stored SLAs share: a store with statuses and calendars, and policies in a line."""

from typing import Any

from sojourn.sla.definitions import By, Draft

MON = 1_704_099_600_000
"""Monday 2024-01-01 09:00 UTC, when the builders' work items are created."""
HOUR = 3_600_000
OPEN, DONE = {"field": "status", "entered": ["1"]}, {"field": "status", "entered": ["5"]}
GOAL = {"calendar": "7x24", "duration": "4h"}
OFFICE = {
    "name": "Office",
    "tz": "UTC",
    "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
ANN = By("ann", MON, "because")


def policy(**more: Any) -> dict[str, Any]:
    return {"start": OPEN, "stop": DONE, "goals": [GOAL]} | more


def draft(name: str = "Resolution", **more: Any) -> Draft:
    return Draft(name, policy(**more))
