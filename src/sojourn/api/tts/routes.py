"""The one table of addresses of the Time to SLA services, and how each call is answered.

Answers of the form `{success, message}` are 200, also where it was not done (docs/rest-time-to-sla.md).
"""

import logging
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from sojourn.access.tokens import Scope
from sojourn.api.errors import LONGEST_BODY, Problem
from sojourn.api.security import need, unauthorized
from sojourn.api.tts import calendars, definitions, nextgen, permissions
from sojourn.api.tts.calls import Call, Said, as_response, failed
from sojourn.errors import UserError

_LOG = logging.getLogger(__name__)
_UNAUTHORIZED = "Unauthorized user"
_BROKEN = "Something went wrong here, which is not your fault. The server's log says what; trying again may help."

READ: Scope = "sla:read"
WRITE: Scope = "sla:write"
ID = r"(?P<number>[^/]+)"


class Route(NamedTuple):
    """A service: method, address below the prefix as a pattern, the scope it needs, and what answers."""

    method: str
    path: str
    scope: Scope
    answer: Callable[[Call], Any]


ROUTES = (
    Route("GET", "calendar", READ, calendars.listed),
    Route("POST", "calendar", WRITE, calendars.saved),
    Route("GET", f"calendar/{ID}", READ, calendars.shown),
    Route("PUT", f"calendar/{ID}", WRITE, calendars.updated),
    Route("DELETE", f"calendar/{ID}", WRITE, calendars.deleted),
    Route("GET", "nextgen/sla", READ, nextgen.listed),
    Route("POST", "nextgen/sla", WRITE, nextgen.saved),
    Route("GET", f"nextgen/sla/{ID}", READ, nextgen.shown),
    Route("PUT", f"nextgen/sla/{ID}", WRITE, nextgen.updated),
    Route("DELETE", f"nextgen/sla/{ID}", WRITE, nextgen.deleted),
    Route("POST", f"nextgen/sla/{ID}/clone", WRITE, nextgen.cloned),
    Route("POST", f"nextgen/sla/{ID}/enable", WRITE, nextgen.enabled),
    Route("POST", f"nextgen/sla/{ID}/disable", WRITE, nextgen.disabled),
    Route("GET", "permission", READ, permissions.listed),
    Route("GET", f"permission/{ID}", READ, permissions.shown),
    Route("POST", "permission", WRITE, permissions.refused),
    Route("PUT", f"permission/{ID}", WRITE, permissions.refused),
    Route("DELETE", f"permission/{ID}", WRITE, permissions.refused),
    Route("GET", "sla", READ, definitions.listed),
    Route("POST", "sla", WRITE, definitions.saved),
    Route("PUT", "sla", WRITE, definitions.updated),
    Route("POST", "sla/bulk", WRITE, definitions.saved_many),
    Route("GET", "sla/search", READ, definitions.found),
    Route("GET", f"sla/{ID}", READ, definitions.shown),
    Route("PUT", f"sla/{ID}", WRITE, definitions.updated_at),
    Route("DELETE", f"sla/{ID}", WRITE, definitions.deleted),
)


def urls() -> Iterator[URLPattern]:
    """The addresses under both versions of the prefix; the first pattern that fits an address decides."""
    for path in dict.fromkeys(route.path for route in ROUTES):
        served = {route.method: route for route in ROUTES if route.path == path}
        yield re_path(rf"^rest/tts-api/(?:latest|1\.0)/{path}/?$", _view(served))
    yield re_path(r"^rest/tts-api/", _view({}))


def _view(served: dict[str, Route]) -> Callable[..., HttpResponse]:
    @csrf_exempt
    @login_not_required
    def view(request: HttpRequest, **given: str) -> HttpResponse:
        try:
            return _answer(request, served, given)
        except Said as said:
            return as_response(said.body, said.status, said.headers)
        except Problem as problem:
            return _problem(problem)
        except UserError as error:
            return as_response(failed(str(error)))
        except UnreadablePostError:
            return as_response(failed("The body did not arrive whole."), 400)
        except Exception:
            _LOG.exception("%s %s", request.method, request.path)
            return as_response(failed(_BROKEN), 500)

    return view


def _answer(request: HttpRequest, served: dict[str, Route], given: dict[str, str]) -> HttpResponse:
    _refuse_unreadable(request)
    if not served:
        raise Problem(404, "There is no such service; docs/rest-time-to-sla.md lists those there are.")
    route = served.get("GET" if request.method == "HEAD" else str(request.method))
    if route is None:
        allowed = ", ".join(sorted(served))
        raise Problem(405, f"The service takes {allowed}.", headers={"Allow": allowed})
    _let_in(request, route.scope)
    answer = route.answer(Call(request, given))
    return as_response(answer)


def _refuse_unreadable(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LONGEST_BODY:
        raise Problem(413, f"The body has {length:.20} bytes; at most {LONGEST_BODY:,} are taken.")
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise Problem(400, "The address holds a NUL character; leave it out.")


def _let_in(request: HttpRequest, scope: Scope) -> None:
    """Raise Problem unless the credentials are right and have the scope."""
    if not any(way(request) for way in need(scope)):
        raise unauthorized("Credentials are missing.")


def _problem(problem: Problem) -> HttpResponse:
    """A problem in the shape of these services; who is not let in is told so in the words clients know."""
    is_unknown = problem.status == HTTPStatus.UNAUTHORIZED
    body = {**failed(_UNAUTHORIZED), "detail": str(problem)} if is_unknown else failed(str(problem))
    return as_response(body, problem.status, problem.headers)
