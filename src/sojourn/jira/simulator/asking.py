"""A call to a simulated Jira and its answer, as the faces see them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from sojourn.jira.simulator.site import Account, Item, Site


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: who asks, what stands in the address and in the body."""

    site: Site
    account: Account
    query: Mapping[str, str]
    body: dict[str, Any]
    place: str = ""

    def number(self, name: str, default: int) -> int:
        """A number of the query or the body; raises Wrong where it is none."""
        told = self.body.get(name, self.query.get(name, default))
        try:
            return int(told)
        except (TypeError, ValueError):
            raise Wrong(400, f"{name} is not a number") from None

    def item(self) -> Item:
        """The work item that the address names; raises Wrong where there is none that the account sees."""
        found = self.site.find(self.place)
        if found is None or not self.account.sees(found.entry()):
            raise Wrong(404, "Issue does not exist or you do not have permission to see it.")
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its JSON as bytes, and how many objects Jira counts in it for its quota."""

    json: bytes
    objects: int = 0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Asked], Reply]


class Wrong(Exception):
    """A call that is refused, with Jira's words."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}

    def reply(self) -> Reply:
        """The answer that Jira gives."""
        return reply({"errorMessages": [str(self)], "errors": {}}, status=self.status, headers=self.headers)


def reply(value: Any, objects: int = 0, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer with a value."""
    return Reply(orjson.dumps(value), objects, status, headers or {})


def page(asked: Asked, values: list[Any], name: str, most: int) -> dict[str, Any]:
    """One page, by startAt and maxResults, of a list."""
    start, size = asked.number("startAt", 0), min(asked.number("maxResults", most), most)
    part = values[start : start + size]
    return {"startAt": start, "maxResults": size, "total": len(values), name: part}


def chosen(fields: list[str], every: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are asked for: `*all`, names, and names after a minus."""
    without = {name[1:] for name in fields if name.startswith("-")}
    if "*all" in fields or "*navigable" in fields:
        return {name: value for name, value in every.items() if name not in without}
    return {name: every[name] for name in fields if name in every}
