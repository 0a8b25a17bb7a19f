"""What requests and plain answers carry, as JSON."""

import json
from typing import Any

import orjson
from django.http import HttpRequest
from ninja.parser import Parser

from sojourn.api.errors import Problem


class Json(Parser):
    """Reads the bodies of ninja's addresses as `read` does."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The JSON of a body."""
        return read(request)


def read(request: HttpRequest) -> Any:
    """The JSON of a body; raises Problem, saying where, for what is none, is nested too deep, or holds a NUL."""
    try:
        found = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error}.", "body") from None
    if b"\\u0000" in request.body:
        raise Problem(400, "The body holds a NUL character; leave it out.", "body")
    return found


def read_object(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a body, empty where there is no body; raises Problem for anything else."""
    found = read(request) if request.body else {}
    if not isinstance(found, dict):
        raise Problem(400, "The body is not a JSON object, such as {}.", "body")
    return found


def expect_none(request: HttpRequest) -> None:
    """Raise Problem where a body says something; none and {} say nothing."""
    for name in read_object(request):
        raise Problem(400, f"{name!r:.60} means nothing here: this address takes no body.", "body")


def text(value: Any) -> bytes:
    """A value as JSON; what no JSON text can hold, such as half a surrogate, is shown as a question mark."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False).encode(errors="replace")
