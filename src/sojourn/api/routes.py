"""The API as a whole: its addresses, what becomes of errors, and its description."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.docs import ABS_TPL_PATH, Swagger
from ninja.openapi.schema import OpenAPISchema

from sojourn import __version__
from sojourn.api import (
    by_hand,
    calendars,
    clocks,
    dictionary,
    feeds,
    issues,
    jobs,
    jql,
    presets,
    reports,
    search,
    sites,
    slas,
    tokens,
    working_time,
)
from sojourn.api.bodies import Json
from sojourn.api.errors import CONTENT_TYPE, Problem, answer, of_user_error
from sojourn.api.security import need, unauthorized
from sojourn.errors import Refused, UserError

_ABOUT = """How long work items stayed where they were. Durations are whole milliseconds, instants ISO 8601 in UTC.
Errors are RFC 9457 problems: `errors` names the parameters that are wrong and says what would be right."""
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["parameter", "detail"],
                "properties": {"parameter": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "message": {"type": "string", "description": "Of a query in JQL: what is wrong."},
        "hint": {"type": "string", "description": "What was probably meant."},
        "expected": {"type": "array", "items": {"type": "string"}, "description": "What could stand there."},
        **{name: {"type": "integer", "description": "Where, from 1."} for name in ("line", "column")},
        **{name: {"type": "integer", "description": "Where, an offset from 0."} for name in ("start", "end")},
    },
}
_FAILED = {"description": "A problem (RFC 9457)", "content": {CONTENT_TYPE: {"schema": _PROBLEM}}}


class _Docs(Swagger):
    """Ninja's page with its own files, although it is no installed app: without that it takes them from elsewhere."""

    template_cdn = str(ABS_TPL_PATH / "swagger.html")


class Api(NinjaAPI):
    """Ninja with the one shape of errors in its description."""

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        """The OpenAPI 3.1 description."""
        found = super().get_openapi_schema(**given)
        for methods in found["paths"].values():
            for operation in methods.values():
                operation["responses"]["default"] = _FAILED
        return found


api = Api(
    title="Sojourn",
    version=__version__,
    description=_ABOUT,
    urls_namespace="api-v1",
    openapi_url=None,
    docs_url=None,
    auth=need("read"),
    parser=Json(),
)
api.add_router("/reports", reports.router)
api.add_router("", working_time.router)
api.add_router("/calendars", calendars.router)
api.add_router("", search.router)
api.add_router("", jql.router)
api.add_router("", issues.router)
api.add_router("", clocks.router)
api.add_router("", by_hand.router)
api.add_router("", slas.router)
api.add_router("", dictionary.router)
api.add_router("", sites.router)
api.add_router("/presets", presets.router)
api.add_router("/feeds", feeds.router)
api.add_router("/tokens", tokens.router)
api.add_router("/jobs", jobs.router)


@api.get(
    "/openapi.json",
    operation_id="openapi",
    summary="The description of the API",
    url_name="openapi-json",
    tags=["description"],
)
def openapi(request: HttpRequest) -> dict[str, Any]:
    """This description."""
    return api.get_openapi_schema()


def _only_known(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view that refuses what it does not know in the address, unless it reads the address itself."""

    @wraps(view)
    def checked(request: HttpRequest, **given: Any) -> Any:
        for name in request.GET if not getattr(view, "reads_query", False) else ():
            if name not in given:
                raise Refused(name, "is not a parameter of this address; /api/v1/openapi.json says which there are")
        return view(request, **given)

    return checked


api.add_decorator(_only_known)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page to read and to try; its program comes from this server."""
    return _Docs(settings={"persistAuthorization": False}).render_page(request, api)


@api.exception_handler(Problem)
def _problem(_: HttpRequest, error: Problem) -> HttpResponse:
    return answer(error.status, error.detail, error.places, error.headers)


@api.exception_handler(UserError)
def _user_error(_: HttpRequest, error: UserError) -> HttpResponse:
    return of_user_error(error)


@api.exception_handler(AuthenticationError)
def _no_credentials(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    return _problem(request, unauthorized("Credentials are missing."))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    cause = error.__cause__
    return _problem(request, cause) if isinstance(cause, Problem) else answer(error.status_code, error.message)


@api.exception_handler(ValidationError)
def _invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    places = [(_place(one["loc"]), one["msg"]) for one in error.errors]
    return answer(400, "; ".join(f"{place}: {text}" for place, text in places), places)


def _place(steps: tuple[str | int, ...]) -> str:
    """A place as people write it: `intervals[0].start`; the body as a whole is `body`."""
    source, *rest = steps
    if source == "body":
        rest = rest[1:]  # the name of the function's argument
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)
    return text.removeprefix(".") or str(source)


def urls() -> tuple[list[Any], str, str]:
    """The addresses, of which each looks at credentials itself; for `path("api/v1/", …)`."""
    found, app, namespace = api.urls
    for one in found:
        vars(one.callback)["login_required"] = False
    return found, app, namespace
