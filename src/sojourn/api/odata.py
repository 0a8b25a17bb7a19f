"""A feed as a read-only service of OData 4.0: its documents, its rows, and errors in OData's shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any

import orjson
import polars as pl
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import http_date, parse_etags
from django.views.decorators.csrf import csrf_exempt

from sojourn.api.errors import Problem
from sojourn.api.feed_asked import Asked, tag_of
from sojourn.api.feed_door import must_be_known, must_open
from sojourn.api.feed_sending import coding_of, encoded, packed
from sojourn.core.instants import utc_text
from sojourn.errors import Refused, UserError
from sojourn.feeds import datasets, document, feeds
from sojourn.feeds.odata import csdl, paging, query
from sojourn.feeds.odata.errors import Unsupported
from sojourn.feeds.odata.paging import Token
from sojourn.feeds.odata.properties import Property, properties
from sojourn.reports.formats import texts
from sojourn.reports.pages import Run
from sojourn.reports.request import Request
from sojourn.reports.table import Table

VERSION = "4.0"
_OWN = ("shape", "updated_since", "created_from", "created_to", "as_of")
_JSON = "application/json"
_ACCEPTED_AS_JSON = (_JSON, "application/*", "*/*")


@login_not_required
@csrf_exempt
def read(request: HttpRequest, number: str, path: str = "") -> HttpResponse:
    """A document of the service, or rows of the feed of that number."""
    version = VERSION
    try:
        found, version = _read(request, number, path)
    except Problem as error:
        found = _error(error.status, error.detail, error.places[0][0] if error.places else "", error.headers)
    except Unsupported as error:
        found = _error(HTTPStatus.NOT_IMPLEMENTED, str(error), error.path)
    except UserError as error:
        found = _error(HTTPStatus.BAD_REQUEST, str(error), error.path if isinstance(error, Refused) else "")
    found["OData-Version"] = version
    found["Vary"] = "Accept, Accept-Encoding, Authorization"
    found.headers.setdefault("Cache-Control", "private, no-cache")
    return found


def _error(status: int, message: str, target: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    code = HTTPStatus(status).phrase.replace(" ", "")
    body = {"error": {"code": code, "message": message, **({"target": target} if target else {})}}
    return HttpResponse(orjson.dumps(body), status=status, content_type=_JSON, headers=headers)


def _read(request: HttpRequest, number: str, path: str) -> tuple[HttpResponse, str]:
    if request.method not in ("GET", "HEAD"):
        raise Problem(405, "A data feed takes GET and HEAD.", headers={"Allow": "GET, HEAD"})
    now = timezone.now()
    try:
        feed = feeds.find(None, number)
    except UserError as error:
        raise Problem(404, f"{error} Look its address up again.") from None
    must_open(request, feed, now)
    asked = Asked(feed, {name: request.GET[name] for name in request.GET}, now)
    try:
        must_be_known(feed, now)
        _refuse_others(request)
        return _answered(_Service(request, asked), path)
    except (UserError, Problem) as error:
        feeds.note(asked.feed, now, None, str(error))
        raise


def _refuse_others(request: HttpRequest) -> None:
    """What is not of OData 4.0, or not of a feed."""
    most = request.headers.get("OData-MaxVersion", VERSION)
    if most.strip() < VERSION:
        raise Problem(400, f"OData-MaxVersion is {most!r:.20}; this service speaks {VERSION}.", "OData-MaxVersion")
    for name in request.GET:
        if not name.startswith("$") and name not in _OWN:
            raise Refused(name, f"is no parameter of a data feed by OData; there are {', '.join(_OWN)}")


def _answered(service: "_Service", path: str) -> tuple[HttpResponse, str]:
    answers: dict[str, Callable[[], tuple[HttpResponse, str]]] = {
        "": service.document,
        "$metadata": service.metadata,
        service.name: service.rows,
        f"{service.name}/$count": service.count,
    }
    if path == "$batch":
        raise Problem(501, "Batches are not built; send requests one by one.")
    if path.startswith((f"{service.name}(", f"{service.name}/")) and path not in answers:
        raise Problem(501, f"Single rows are not built; ask {service.name} with $filter.")
    if path not in answers:
        raise Problem(404, f"There is no {path!r:.60}; there are {', '.join(filter(None, answers))}.")
    return answers[path]()


@dataclass(frozen=True)
class _Service:
    """What is asked of a feed by OData."""

    request: HttpRequest
    asked: Asked

    @property
    def name(self) -> str:
        """The one entity set: the data set, or the report."""
        return self.asked.report.replace("-", "_")

    @cached_property
    def root(self) -> str:
        """The address of the service."""
        return feeds.odata_root(self.asked.feed, self.request.build_absolute_uri("/"))

    def document(self) -> tuple[HttpResponse, str]:
        """The service document."""
        sets = [{"name": self.name, "kind": "EntitySet", "url": self.name}]
        return self._json({**self._context(""), "value": sets}), VERSION

    def metadata(self) -> tuple[HttpResponse, str]:
        """The description of the rows, as XML, or as JSON where only that is asked for."""
        described = properties(self._answer(None)(self.asked.wanted()))
        if _wants_json_only(self.request):
            return self._json(csdl.as_json(self.name, described)), "4.01"
        return HttpResponse(csdl.as_xml(self.name, described), content_type="application/xml"), VERSION

    def rows(self) -> tuple[HttpResponse, str]:
        """A page of rows."""
        _refuse_other_formats(self.request)
        token, wanted, since = self._place()
        headers = {
            "ETag": tag_of(self.asked, wanted, f"odata {_level(self.request)}", coding_of(self.request, "json")),
            "Last-Modified": http_date(wanted.as_of_ms / 1000),
        }
        if headers["ETag"] in parse_etags(self.request.headers.get("If-None-Match", "")):
            feeds.note(self.asked.feed, self.asked.now, self.asked.feed.last_rows)
            return HttpResponse(status=304, headers=headers), VERSION
        answer = self._answer(since)
        asked = query.read(self.asked.given, properties(answer(wanted)))
        if self.request.method == "HEAD":
            return self._sent(b"", headers), VERSION
        token = token or paging.first(self._key, self._options(), wanted, asked)
        rows, following, total = paging.page(wanted, token, answer, asked)
        feeds.note(self.asked.feed, self.asked.now, rows.height)
        more = {"@odata.count": total} if asked.count else {}
        start = {**self._context(_selected(self.name, self.asked.given, asked.shown)), **more}
        end = {"@odata.nextLink": self._next(following)} if following else {}
        return self._sent(_body(start, rows, asked.shown, end), headers), VERSION

    def count(self) -> tuple[HttpResponse, str]:
        """How many rows there are, as a text."""
        _, wanted, since = self._place()
        answer = self._answer(since)
        given = {name: text for name, text in self.asked.given.items() if name not in ("$top", "$skip", "$orderby")}
        asked = query.read(given | {"$top": "0", "$count": "true"}, properties(answer(wanted)))
        _, _, total = paging.page(wanted, paging.first(self._key, {}, wanted, asked), answer, asked)
        return HttpResponse(str(total), content_type="text/plain"), VERSION

    @property
    def _key(self) -> str:
        return f"odata {self.asked.feed.pk}"

    def _options(self) -> dict[str, list[str]]:
        """What all pages share beside the moment: what is asked, and what the preset says."""
        kept = {name: [text] for name, text in self.asked.given.items() if name not in ("$skiptoken", "as_of")}
        return {**kept, "version": [str(self.asked.feed.preset.version)]}

    def _place(self) -> tuple[Token | None, Request, int | None]:
        """Where the page begins, if it is not the first, the request at its moment, and since which version."""
        text = self.asked.given.get("$skiptoken", "")
        token = paging.read(text, self._key, self._options()) if text else None
        wanted = self.asked.wanted(utc_text(token.begun.as_of_ms) if token else "")
        return token, wanted, self.asked.since(wanted)

    def _answer(self, since: int | None) -> Run:
        run = datasets.run(self.asked.feed.preset.report, self.asked.feed.dataset, since)

        def answer(some: Request) -> Table:
            return document.named(run(some), self.asked.report, some)

        return answer

    def _context(self, of: str) -> dict[str, Any]:
        if _level(self.request) == "none":
            return {}
        return {"@odata.context": f"{self.root}$metadata{f'#{of}' if of else ''}"}

    def _next(self, token: Token) -> str:
        given = self.request.GET.copy()
        given["$skiptoken"] = token.text
        given.pop("as_of", None)
        return f"{self.root}{self.name}?{given.urlencode(safe='$')}"

    def _json(self, body: dict[str, Any]) -> HttpResponse:
        _refuse_other_formats(self.request)
        return self._sent(orjson.dumps(body), {})

    def _sent(self, body: bytes, headers: dict[str, str]) -> HttpResponse:
        coding = coding_of(self.request, "json")
        kind = f"{_JSON};odata.metadata={_level(self.request)};odata.streaming=true"
        content = b"".join(packed(iter([body]), coding))
        return HttpResponse(content, content_type=kind, headers=headers | encoded(coding))


def _selected(name: str, given: Mapping[str, str], shown: tuple[Property, ...]) -> str:
    """The context of rows: the set, and the properties where only some are asked for."""
    return f"{name}({','.join(one.name for one in shown)})" if given.get("$select", "*") != "*" else name


def _body(start: dict[str, Any], rows: pl.DataFrame, shown: tuple[Property, ...], end: dict[str, Any]) -> bytes:
    named = rows.select(pl.col(one.column).alias(one.name) for one in shown)
    lines = texts.NDJSON.body(named, True).rstrip(b"\n").replace(b"\n", b",\n") if named.height else b""
    members = orjson.dumps(start)[:-1] + (b"," if start else b"")
    rest = b"," + orjson.dumps(end)[1:] if end else b"}"
    return members + b'"value":[' + lines + b"]" + rest


def _asked_for(request: HttpRequest) -> list[str]:
    """The media types that are asked for, the option before the header, without how much they are liked."""
    text = request.GET.get("$format") or request.headers.get("Accept") or "*/*"
    named = {"json": _JSON, "xml": "application/xml", "atom": "application/atom+xml"}
    return [named.get(part.strip().lower(), part.strip().lower()) for part in text.split(",")]


def _refuse_other_formats(request: HttpRequest) -> None:
    kinds = [one.partition(";")[0] for one in _asked_for(request)]
    if not any(kind in _ACCEPTED_AS_JSON for kind in kinds):
        status = 415 if "$format" in request.GET else 406
        raise Problem(status, "Rows and the service document are JSON only; ask for application/json.", "$format")


def _wants_json_only(request: HttpRequest) -> bool:
    kinds = [one.partition(";")[0] for one in _asked_for(request)]
    return _JSON in kinds and not any("xml" in kind or "*" in kind for kind in kinds)


def _level(request: HttpRequest) -> str:
    """How much is said beside the rows: what is named `full` is minimal, since rows have no links of their own."""
    return "none" if any("odata.metadata=none" in one for one in _asked_for(request)) else "minimal"
