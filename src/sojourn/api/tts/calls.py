"""One call of a service, and the shapes in which all services answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from sojourn.api import bodies
from sojourn.errors import UserError
from sojourn.sla.definitions import By


class Said(Exception):
    """An answer other than `{success, message}` with 200."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.headers = headers


@dataclass(slots=True)
class Call:
    """What was asked: `given` are the parts of the address, `now_ms` the instant of asking."""

    request: HttpRequest
    given: Mapping[str, str]
    now_ms: int = field(default_factory=lambda: round(timezone.now().timestamp() * 1000))

    @property
    def who(self) -> str:
        """The name of the account that asks."""
        return self.request.user.get_username()

    @property
    def by(self) -> By:
        """Who changes something, and when."""
        return By(self.who, self.now_ms, "by the Time to SLA services")

    @property
    def query(self) -> QueryDict:
        """The parameters after the question mark."""
        return self.request.GET

    def body(self) -> Any:
        """The JSON that was sent; raises Problem 400 for what is none."""
        return bodies.read(self.request)

    def number(self, name: str, what: str) -> int:
        """A number in the address; raises UserError that there is no such thing for what is none."""
        return number_of(self.given[name], what)

    def only(self, *names: str) -> None:
        """Raise UserError where another parameter is given."""
        for name in self.query:
            if name not in names:
                known = f"there are: {', '.join(names)}" if names else "leave it out"
                raise UserError(f"{name:.60}: is no parameter of this service; {known}")


_LONGEST_NUMBER = 19


def number_of(value: Any, what: str) -> int:
    """A number that was sent as one or as digits; raises UserError `what not exists` for anything else."""
    digits = str(value).removeprefix("-")
    if isinstance(value, bool) or not digits.isascii() or not digits.isdecimal() or len(digits) > _LONGEST_NUMBER:
        raise UserError(f"{what} not exists: {value!s:.60}")
    return int(value)


def done(message: object = "") -> dict[str, Any]:
    """That it was done; a number is told as a text."""
    return {"success": True, "message": str(message)}


def failed(message: str) -> dict[str, Any]:
    """That it was not done, and why."""
    return {"success": False, "message": message}


def as_response(body: Any, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> HttpResponse:
    """A value as JSON, kept by no cache."""
    kept = {"Cache-Control": "no-store, private", **headers}
    return HttpResponse(bodies.text(body), status=status, content_type="application/json", headers=kept)
