"""One shape for every error, whoever makes it: `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import add_never_cache_headers

from sojourn.errors import Refused, UserError
from sojourn.jql import JqlError

CONTENT_TYPE = "application/problem+json"
LONGEST_BODY = 1 << 20
"""The most bytes a request may carry: 1 MB."""

_ROOT = "/api/"
_DETAILS = {
    400: "The request cannot be read.",
    403: "This is not allowed.",
    404: "There is no such address; GET /api/v1/openapi.json lists those there are.",
    405: "The address does not take this method; the header Allow names those it takes.",
    500: "Something went wrong here, which is not your fault. The server's log says what; trying again may help.",
}
_PACKED = "application/vnd."  # Parquet and the like are compressed inside


class Problem(Exception):
    """An answer other than the one asked for: the status, what is wrong and what would be right, and where."""

    def __init__(self, status: int, detail: str, parameter: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.places = [(parameter, detail)] if parameter else []
        self.headers = dict(headers or {})


def answer(
    status: int,
    detail: str,
    places: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> HttpResponse:
    """A problem as a response; `places` are the parameters that are wrong, each with what would be right.

    `more` are members beside those that every problem has.
    """
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [{"parameter": parameter, "detail": text} for parameter, text in places],
        **more,
    }
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text.encode(errors="replace"), status=status, content_type=CONTENT_TYPE, headers=headers)


def of_user_error(error: UserError) -> HttpResponse:
    """What a user can put right, as a problem with status 400."""
    places = [(error.path, error.problem)] if isinstance(error, Refused) and error.path else []
    return answer(400, str(error), places, more=of_jql(error) if isinstance(error, JqlError) else {})


def of_jql(error: JqlError) -> dict[str, Any]:
    """What is wrong with a query, and where: lines and columns count from 1, `start` and `end` are offsets from 0."""
    names = ("message", "hint", "expected", "line", "column", "start", "end")
    return {name: getattr(error, name) for name in names}


def problems(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware of the API: every error in one shape, nothing kept by caches, and a limit to what is sent.

    Answers are compressed only for those who show a token: where a browser sends its cookie by itself, the length of
    a compressed answer can tell secrets (BREACH).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(_ROOT):
            return get_response(request)
        response = _refused(request) or get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and response.headers.get("Content-Type") != CONTENT_TYPE:
            response = _in_shape(response)
        add_never_cache_headers(response)
        is_packed = response.headers.get("Content-Type", "").startswith(_PACKED)
        if "Authorization" in request.headers and not is_packed:
            return GZipMiddleware(get_response).process_response(request, response)
        return response

    return middleware


def _refused(request: HttpRequest) -> HttpResponse | None:
    """The answer to what no address takes: a body that is too large, a NUL, which no database keeps in a text."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LONGEST_BODY:
        return answer(413, f"The body has {length:.20} bytes; at most {LONGEST_BODY:,} are taken.")
    if (request.content_type or "").startswith("multipart/"):
        return answer(415, "The body is a form of parts; send JSON.")
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        text = "The address holds a NUL character; leave it out."
        return answer(400, text, [("address", text)])
    return None


def _in_shape(response: HttpResponseBase) -> HttpResponse:
    """A problem in place of a page, with the headers that page had."""
    status = response.status_code
    shaped = answer(status, _DETAILS.get(status, HTTPStatus(status).phrase))
    own = ("content-type", "content-length")
    for name, value in response.headers.items():
        if name.lower() not in own:
            shaped.headers[name] = value
    return shaped
