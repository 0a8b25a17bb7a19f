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

from sojourn.access import roles, tokens
from sojourn.access.roles import Area
from sojourn.access.tokens import Scope
from sojourn.api.errors import LONGEST_BODY, Problem
from sojourn.api.security import need, unauthorized
from sojourn.api.tts import actions, calendars, clocks, definitions, history, nextgen, permissions
from sojourn.api.tts.calls import Call, Said, as_response, failed
from sojourn.errors import UserError

_LOG = logging.getLogger(__name__)
_UNAUTHORIZED = "Unauthorized user"
_BROKEN = "Something went wrong here, which is not your fault. The server's log says what; trying again may help."

ID = r"(?P<number>[^/]+)"
KEY = r"(?P<key>[^/]+)"


class Route(NamedTuple):
    """A service: method, address below the prefix as a pattern, what answers, and the area of permission it needs.

    What takes an area is a change.
    """

    method: str
    path: str
    answer: Callable[[Call], Any]
    area: Area | None = None

    @property
    def scope(self) -> Scope:
        """The scope that a token needs."""
        return "sla:write" if self.area else "sla:read"


ROUTES = (
    Route("GET", "calendar", calendars.listed),
    Route("POST", "calendar", calendars.saved, "calendars"),
    Route("GET", f"calendar/{ID}", calendars.shown),
    Route("PUT", f"calendar/{ID}", calendars.updated, "calendars"),
    Route("DELETE", f"calendar/{ID}", calendars.deleted, "calendars"),
    Route("GET", "nextgen/sla", nextgen.listed),
    Route("POST", "nextgen/sla", nextgen.saved, "slas"),
    Route("GET", f"nextgen/sla/{ID}", nextgen.shown),
    Route("PUT", f"nextgen/sla/{ID}", nextgen.updated, "slas"),
    Route("DELETE", f"nextgen/sla/{ID}", nextgen.deleted, "slas"),
    Route("POST", f"nextgen/sla/{ID}/clone", nextgen.cloned, "slas"),
    Route("POST", f"nextgen/sla/{ID}/enable", nextgen.enabled, "slas"),
    Route("POST", f"nextgen/sla/{ID}/disable", nextgen.disabled, "slas"),
    Route("GET", "permission", permissions.listed),
    Route("GET", f"permission/{ID}", permissions.shown),
    Route("POST", "permission", permissions.refused, "permissions"),
    Route("PUT", f"permission/{ID}", permissions.refused, "permissions"),
    Route("DELETE", f"permission/{ID}", permissions.refused, "permissions"),
    Route("GET", "sla", definitions.listed),
    Route("POST", "sla", definitions.saved, "slas"),
    Route("PUT", "sla", definitions.updated, "slas"),
    Route("POST", "sla/bulk", definitions.saved_many, "slas"),
    Route("GET", "sla/search", definitions.found),
    Route("GET", "sla/issues", clocks.by_jql),
    Route("GET", f"sla/issue/{KEY}", clocks.of_issue),
    Route("GET", f"sla/field/{KEY}", clocks.field),
    Route("GET", f"sla/overview/{KEY}", clocks.overview),
    Route("POST", f"sla/generate/{KEY}", actions.generated, "recalculation"),
    Route("POST", f"sla/reset/{KEY}", actions.was_reset, "issue-actions"),
    Route("POST", f"sla/reset/{KEY}/{ID}", actions.was_reset, "issue-actions"),
    Route("GET", f"sla/history/{KEY}", history.shown),
    Route("GET", f"sla/history/{KEY}/{ID}", history.shown),
    Route("GET", f"sla/{ID}", definitions.shown),
    Route("PUT", f"sla/{ID}", definitions.updated_at, "slas"),
    Route("DELETE", f"sla/{ID}", definitions.deleted, "slas"),
)


_WAYS = {scope: need(scope) for scope in tokens.SCOPES}


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
    _let_in(request, route)
    answer = route.answer(Call(request, given))
    return as_response(answer)


def _refuse_unreadable(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LONGEST_BODY:
        raise Problem(413, f"The body has {length:.20} bytes; at most {LONGEST_BODY:,} are taken.")
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise Problem(400, "The address holds a NUL character; leave it out.")


def _let_in(request: HttpRequest, route: Route) -> None:
    """Raise Problem unless the credentials are right and have the scope, Said where the account lacks the area."""
    if not any(way(request) for way in _WAYS[route.scope]):
        raise unauthorized("Credentials are missing.")
    if route.area and not roles.may(request.user, route.area):
        raise Said(HTTPStatus.OK, {**failed(_UNAUTHORIZED), "detail": f"This needs the permission {route.area}."})


def _problem(problem: Problem) -> HttpResponse:
    """A problem in the shape of these services; who is not let in is told so in the words clients know."""
    is_unknown = problem.status == HTTPStatus.UNAUTHORIZED
    body = {**failed(_UNAUTHORIZED), "detail": str(problem)} if is_unknown else failed(str(problem))
    return as_response(body, problem.status, problem.headers)
