"""`/reports`: what there is, and each report with all its options, in every format or in pages."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from ninja import Router

from sojourn.api import schemas
from sojourn.api.bodies import read_object
from sojourn.api.security import asker_of, need
from sojourn.calendars import store
from sojourn.core.calendar import Calendar
from sojourn.core.instants import utc_text
from sojourn.errors import Refused, UserError
from sojourn.reports import catalogue, formats, options, pages
from sojourn.reports.menu import MENU, Entry
from sojourn.reports.request import Request

router = Router(tags=["reports"])
Options = dict[str, list[str]]
_FRESH = "The instant up to which the data is whole; there is none where nobody knows."
DOCUMENTS = {
    200: {
        "description": "The report",
        "content": {kind: {"schema": {}} for kind in dict.fromkeys(formats.CONTENT_TYPES.values())},
        "headers": {formats.DATA_AS_OF: {"description": _FRESH, "schema": {"type": "string", "format": "date-time"}}},
    }
}
"""How answers are described."""


@router.get("", auth=need("read"), summary="The reports there are", operation_id="reports")
def listed(request: HttpRequest) -> dict[str, Any]:
    """Each report with its name, title, the question it answers, and the JSON Schema of its options."""
    return {
        "reports": [
            {
                "name": one.name,
                "title": one.title,
                "question": one.question,
                "href": f"{request.path}/{one.name}",
                "options": schemas.of(one),
            }
            for one in MENU
        ]
    }


def by_get(entry: Entry) -> Callable[[HttpRequest], HttpResponseBase]:
    """What answers a report whose options stand in the address."""

    def view(request: HttpRequest) -> HttpResponseBase:
        given = {name: [str(text) for text in request.GET.getlist(name)] for name in request.GET}
        return _answer(request, entry, given)

    return _reading_query(view)


def _by_post(entry: Entry) -> Callable[[HttpRequest], HttpResponseBase]:
    kinds = schemas.kinds(entry)

    def view(request: HttpRequest) -> HttpResponseBase:
        if request.GET:
            raise Refused(next(iter(request.GET)), "is in the address; a POST takes its options in the body")
        given = read_object(request)
        texts = {name: _texts(name, value, kinds.get(name, "string")) for name, value in given.items()}
        return _answer(request, entry, texts)

    return _reading_query(view)


def _reading_query(view: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The view, marked as one that checks the query itself."""
    vars(view)["reads_query"] = True
    return view


for _entry in MENU:
    _shared: dict[str, Any] = {"auth": need("read"), "summary": _entry.title, "description": _entry.question}
    router.get(
        f"/{_entry.name}",
        operation_id=f"get-{_entry.name}",
        openapi_extra={"parameters": schemas.parameters(_entry), "responses": DOCUMENTS},
        **_shared,
    )(by_get(_entry))
    _body = {"required": False, "content": {"application/json": {"schema": schemas.of(_entry)}}}
    router.post(
        f"/{_entry.name}",
        operation_id=f"post-{_entry.name}",
        openapi_extra={"requestBody": _body, "responses": DOCUMENTS},
        **_shared,
    )(_by_post(_entry))


def _texts(name: str, value: Any, kind: str) -> list[str]:
    """A value of a JSON body as the texts a query would hold; null says nothing. Raises Refused for another kind."""
    if value is None:
        return []
    parts = value if isinstance(value, list) and kind == "array" else [value]
    wanted, words = _KINDS[kind]
    for part in parts:
        if type(part) is not wanted:
            raise Refused(name, f"is neither {words}")
    return [str(part).lower() if wanted is bool else str(part) for part in parts]


_KINDS: dict[str, tuple[type, str]] = {
    "string": (str, "text nor null"),
    "array": (str, "text, a list of texts, nor null"),
    "boolean": (bool, "true, false, nor null"),
    "integer": (int, "a whole number nor null"),
}


def _answer(request: HttpRequest, entry: Entry, given: Options) -> HttpResponseBase:
    chosen = formats.parse_format(_one(given, "format") or "json")
    per_page, cursor_text = _per_page(_one(given, "per_page")), _one(given, "cursor")
    asked = {name: texts for name, texts in given.items() if name not in schemas.PAGING}
    if per_page or cursor_text:
        if chosen != "json":
            raise Refused("format", f"{chosen} is sent whole; leave out per_page and cursor, or ask for json")
        return _page(request, entry, asked, per_page, cursor_text)
    table = catalogue.run(entry.name, _request(request, entry, asked))
    content_type = formats.CONTENT_TYPES[chosen]
    pieces, told = _begun(formats.chunks(table, chosen)), formats.headers(table)
    response = StreamingHttpResponse(pieces, content_type=content_type, headers=told)
    if chosen != "json":
        response["Content-Disposition"] = f'attachment; filename="{entry.name}.{chosen}"'
    return response


def _page(request: HttpRequest, entry: Entry, asked: Options, per_page: int, cursor_text: str) -> HttpResponse:
    if cursor_text:
        cursor = pages.read(cursor_text, entry.name)
        if asked and asked != cursor.options:
            raise Refused("cursor", "was made for other options; repeat those of the first page, or send none")
        wanted = _request(request, entry, {**cursor.options, "as_of": [utc_text(cursor.as_of_ms)]})
        cursor = pages.resized(cursor, per_page)
    else:
        wanted = _request(request, entry, asked)
        cursor = pages.first(entry.name, asked, per_page, wanted)
    table, following = pages.page(wanted, cursor, partial(catalogue.run, cursor.report))
    found = pages.body(
        orjson.loads(b"".join(formats.chunks(table, "json"))), following, request.build_absolute_uri(request.path)
    )
    told = formats.headers(table) | ({"Link": f'<{found["next"]}>; rel="next"'} if following else {})
    return HttpResponse(orjson.dumps(found), content_type="application/json", headers=told)


def _request(request: HttpRequest, entry: Entry, asked: Mapping[str, list[str]]) -> Request:
    """The request the options ask for; raises Refused, naming the option and what would be right."""
    calendar = _calendar(asked.get("calendar", []))
    return options.request(asked, calendar, timezone.now(), entry.options, asker_of(request))


def _calendar(texts: list[str]) -> Calendar:
    try:
        return store.load((*filter(None, texts), store.DEFAULT)[0])
    except UserError as error:
        raise Refused("calendar", str(error)) from error


def _one(given: Options, name: str) -> str:
    texts = given.get(name, [])
    if len(texts) > 1:
        raise Refused(name, "is given more than once; give it once")
    return texts[0] if texts else ""


def _per_page(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= schemas.MOST_PER_PAGE:
        raise Refused("per_page", f"{text!r:.20} is not a size; write a number from 1 to {schemas.MOST_PER_PAGE}")
    return int(text)


def _begun(chunks: Iterator[bytes]) -> Iterable[bytes]:
    """The chunks, of which the first ones are computed already: what goes wrong there is still answered as an error."""
    return chain(list(islice(chunks, 2)), chunks)
