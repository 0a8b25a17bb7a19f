"""What the clients say to Jira. They yield requests and are sent what Jira answers, so they need no network.

    def count(jql: str) -> Talk[int]:
        answer = yield post("/rest/api/3/search/approximate-count", {"jql": jql})
        return answer["count"]

Whoever drives a talk (`client.Client.run`, or a test) sends the JSON of the answer, or throws a JiraFailure into it.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from sojourn.jira import values
from sojourn.jira.failures import JiraFailure
from sojourn.jira.files import loads

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Request:
    """One question. Its `endpoint`, the method and the pattern of the address, is what Jira limits by.

    `split` names a list in the answer whose members stay JSON, to be read one by one when they are needed: a hundred
    work items at once fill more memory than a processor has at hand, and reading them takes half as long again.
    """

    method: str
    pattern: str
    places: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    split: str = ""

    @property
    def endpoint(self) -> str:
        """What this request shares its limit with, such as `GET /rest/api/3/issue/{issueIdOrKey}/comment`."""
        return f"{self.method} {self.pattern}"

    @property
    def target(self) -> str:
        """Path and query."""
        path = self.pattern.format(**{name: quote(text, safe="") for name, text in self.places.items()})
        return f"{path}?{urlencode(self.query)}" if self.query else path

    def read(self, body: bytes) -> Any:
        """What an answer says, as a talk is sent it; raises ValueError where it is no JSON."""
        if not self.split:
            return loads(body)
        try:
            found = _OBJECT.decode(body)
            members = [bytes(member) for member in _LIST.decode(found.pop(self.split, b""))]
        except (msgspec.DecodeError, RecursionError):  # no such JSON, or there are halves of characters in it
            return _split_again(loads(body), self.split)
        return {self.split: members, **{name: loads(bytes(value)) for name, value in found.items()}}


def _split_again(found: Any, name: str) -> Any:
    if not isinstance(found, dict) or not isinstance(found.get(name), list):
        return found  # the talk refuses it
    try:
        return {**found, name: [json.dumps(member).encode() for member in found[name]]}
    except RecursionError:
        raise ValueError("nested too deeply") from None


T = TypeVar("T")
Talk = Generator[Request, Any, T]


def get(pattern: str, places: Mapping[str, str] | None = None, /, **query: str | int) -> Request:
    """A request that reads."""
    return Request("GET", pattern, places or {}, {name: str(value) for name, value in query.items()})


def post(pattern: str, body: Mapping[str, Any], split: str = "") -> Request:
    """A request that reads, with more to say than fits into an address."""
    return Request("POST", pattern, body=body, split=split)


def objects(answer: Any, name: str = "") -> list[dict[str, Any]]:
    """The objects of a list in an answer, or of one that is a list; raises JiraFailure where there is none."""
    found = answer if not name else answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(part, dict) for part in found):
        raise JiraFailure(f"Jira answers otherwise than described: {name or 'the answer'} is no list of objects")
    return found


def parts(answer: Any, name: str) -> list[bytes]:
    """The members of the list that stays JSON (`Request.split`); raises JiraFailure where there is none."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(part, bytes) for part in found):
        raise JiraFailure(f"Jira answers otherwise than described: {name} is no list")
    return found


def part(text: bytes) -> dict[str, Any]:
    """The object that a member is; raises JiraFailure where it is none."""
    try:
        found = loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise JiraFailure("Jira answers otherwise than described: the member of a list is no object")
    return found


def number(answer: Any, name: str) -> int:
    """A number in an answer; raises JiraFailure where there is none."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, int):
        raise JiraFailure(f"Jira answers otherwise than described: {name} is {values.shown(found)}, not a number")
    return found


def text(answer: Any, name: str) -> str:
    """A text in an answer; an empty one where there is none."""
    found = answer.get(name) if isinstance(answer, dict) else None
    return found if isinstance(found, str) else ""


def id_of(one: dict[str, Any], name: str = "id") -> str:
    """The id of a work item; raises JiraFailure where it has none, so that what was asked for is not taken for gone."""
    found = one.get(name)
    if found in (None, "") or not isinstance(found, str | int):
        raise JiraFailure("Jira answers otherwise than described: a work item has no id")
    return str(found)


def all_pages(request: Request, name: str, most: int) -> Talk[list[dict[str, Any]]]:
    """The objects of a list that comes in pages by `startAt`; `name` is empty where a page is a bare list."""
    found: list[dict[str, Any]] = []
    while True:
        query = {**request.query, "startAt": str(len(found)), "maxResults": str(most)}
        answer = yield Request(request.method, request.pattern, request.places, query)
        page = objects(answer, name)
        found += page
        total = answer.get("total") if isinstance(answer, dict) else None
        is_last = isinstance(answer, dict) and answer.get("isLast") is True
        # A server may give fewer than it is asked for, so a short page is the last one only where nothing says better.
        if not page or is_last or (len(found) >= total if isinstance(total, int) else len(page) < most):
            return found
