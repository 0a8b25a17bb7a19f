"""The address at which tools read a feed: credentials, what is asked, and what HTTP wants of the answer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice

import orjson
import polars as pl
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import http_date, parse_etags
from django.views.decorators.csrf import csrf_exempt

from sojourn.api.errors import Problem, answer, of_user_error
from sojourn.api.feed_asked import Asked, tag_of
from sojourn.api.feed_door import must_be_known, must_open
from sojourn.api.feed_sending import PACKED, Counted, coding_of, encoded, packed
from sojourn.core.instants import utc_text
from sojourn.errors import Refused, UserError
from sojourn.feeds import datasets, document, feeds
from sojourn.feeds.models import Feed
from sojourn.reports import formats, pages
from sojourn.reports.items import chosen
from sojourn.reports.pages import Cursor, Run
from sojourn.reports.request import Request
from sojourn.reports.table import Table

MOST_ROWS = 10_000
_SLICE = 10_000  # rows that are written at once
_KNOWN = {
    "datafeedID",
    "format",
    "shape",
    "cursor",
    "limit",
    "updated_since",
    "created_from",
    "created_to",
    "as_of",
    "raw",
}
_STREAMED = ("ndjson", "csv", "parquet", "arrow", "xlsx")
_ACCEPTED = {kind.partition(";")[0]: name for name, kind in formats.CONTENT_TYPES.items()}
_VERSION = "rowVersion"
_RETIRED = (
    "Links of this kind were retired: they opened data to whoever had the address. Generate a data feed link from your "
    "preset, and authorize it or make a secret for it."
)


@login_not_required
@csrf_exempt
def read(request: HttpRequest, part: str = "") -> HttpResponseBase:
    """A feed as JSON, in pages, or as a file; errors are problems (RFC 9457)."""
    return _answered(request, lambda: _read(request, part))


@login_not_required
@csrf_exempt
def retired(request: HttpRequest, version: str) -> HttpResponse:
    """What the links of the feeds before answer."""
    return answer(410, _RETIRED)


@login_not_required
@csrf_exempt
def nothing(request: HttpRequest, path: str) -> HttpResponse:
    """What other addresses of the gateway answer."""
    return answer(404, f"There is nothing at this address; data feeds are at /{feeds.PATH}?datafeedID=…")


def _answered(request: HttpRequest, ask: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    try:
        found = ask()
    except Problem as error:
        found = answer(error.status, error.detail, error.places, error.headers)
    except document.TooLarge as error:
        found = answer(413, str(error))
    except UserError as error:
        found = of_user_error(error)
    found["Vary"] = "Accept, Accept-Encoding, Authorization"
    found.headers.setdefault("Cache-Control", "private, no-cache")
    return found


def _read(request: HttpRequest, part: str) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        raise Problem(405, "A data feed takes GET and HEAD.", headers={"Allow": "GET, HEAD"})
    now = timezone.now()
    feed = _found(request)
    must_open(request, feed, now)
    given = {name: request.GET[name] for name in request.GET}
    asked = Asked(feed, given, now)
    try:
        must_be_known(feed, now)
        _refuse_unknown(given)
        if part == "schema":
            return _schema(asked)
        return _given(request, asked)
    except (UserError, Problem) as error:
        feeds.note(feed, now, None, str(error))
        raise


def _found(request: HttpRequest) -> Feed:
    """The feed that is asked for; raises Problem 400 where none is, or there is none of that number."""
    number = request.GET.get("datafeedID", "")
    if not number:
        raise Problem(400, "The parameter datafeedID is missing; the link of the feed has it.", "datafeedID")
    try:
        return feeds.find(None, number)
    except UserError as error:
        raise Problem(400, f"{error} Generate the link again.", "datafeedID") from None


def _refuse_unknown(given: Mapping[str, str]) -> None:
    for name in given:
        if name not in _KNOWN:
            raise Refused(name, f"is no parameter of a data feed; there are {', '.join(sorted(_KNOWN))}")


def _format(request: HttpRequest, given: Mapping[str, str]) -> str:
    known = ("json", "v1", *_STREAMED)
    name = given.get("format", "")
    if name:
        if name not in known:
            raise Refused("format", f"{name!r:.20} is not one of {', '.join(known)}")
        return name
    accepted = (part.partition(";")[0].strip() for part in request.headers.get("Accept", "").split(","))
    return next((_ACCEPTED[one] for one in accepted if one in _ACCEPTED), "json")


def _given(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    name = _format(request, asked.given)
    limit, cursor_text = _limit(asked.given.get("limit", "")), asked.given.get("cursor", "")
    if (limit or cursor_text) and name != "json":
        raise Refused("format", f"{name} is sent whole; leave out limit and cursor, or ask for json")
    cursor = _cursor(asked, cursor_text) if cursor_text else None
    wanted = asked.wanted(utc_text(cursor.as_of_ms) if cursor else "")
    since = asked.since(wanted)
    found_tag = tag_of(asked, wanted, name, coding_of(request, name))
    headers = {"ETag": found_tag, "Last-Modified": http_date(wanted.as_of_ms / 1000)}
    if found_tag in parse_etags(request.headers.get("If-None-Match", "")):
        feeds.note(asked.feed, asked.now, asked.feed.last_rows)
        return HttpResponse(status=304, headers=headers)
    run = datasets.run(asked.feed.preset.report, asked.feed.dataset, since)
    if limit or cursor:
        page = pages.resized(cursor, limit) if cursor else _first(asked, wanted, limit, since)
        return _document(request, asked, wanted, name, headers, run, int(page.options[_VERSION][0]), page)
    if name in ("json", "v1"):
        return _document(request, asked, wanted, name, headers, run, _version(wanted, since))
    return _stream(request, asked, document.named(run(wanted), asked.report, wanted), name, headers)


def _limit(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= MOST_ROWS:
        raise Refused("limit", f"{text!r:.20} is no size of a page; write a number from 1 to {MOST_ROWS}")
    return int(text)


def _of_pages(asked: Asked) -> dict[str, list[str]]:
    """What all pages share beside the moment: what is asked, and what the preset says."""
    kept = {name: [text] for name, text in asked.given.items() if name not in ("cursor", "limit", "as_of", "format")}
    return {**kept, "version": [str(asked.feed.preset.version)]}


def _first(asked: Asked, wanted: Request, limit: int, since: int | None) -> Cursor:
    shared = {**_of_pages(asked), _VERSION: [str(_version(wanted, since))]}
    return pages.first(f"feed {asked.feed.pk}", shared, limit, wanted)


def _version(wanted: Request, since: int | None) -> int:
    """From which version of rows on the next answer has what this one may lack: never less than was asked for.

    It is read before the rows, and once for all pages: what is written while they are read has a later one.
    """
    return max(datasets.version_of(wanted), since or 0)


def _cursor(asked: Asked, text: str) -> Cursor:
    found = pages.read(text, f"feed {asked.feed.pk}")
    options = dict(found.options)
    if not options.pop(_VERSION, None) or options != _of_pages(asked):
        raise Refused("cursor", "was made for other parameters, or the preset was changed; begin without a cursor")
    return found


def _document(
    request: HttpRequest,
    asked: Asked,
    wanted: Request,
    name: str,
    headers: dict[str, str],
    run: Run,
    version: int,
    cursor: Cursor | None = None,
) -> HttpResponse:
    """A document that is sent whole, or a page of it."""
    if request.method == "HEAD":
        return HttpResponse(content_type="application/json", headers=headers)
    table, following = pages.page(wanted, cursor, run) if cursor else (run(wanted), None)
    shown = document.named(table, asked.report, wanted)
    most = (settings.SOJOURN_FEED_MAX_BYTES, settings.SOJOURN_FEED_TIME_LIMIT_S)
    body, count = document.rows(shown, *most) if cursor is None else document.rows(shown, 1 << 40, 1 << 40)
    following_address = _next(request, following) if following else None
    about = {
        "datafeedID": str(asked.feed.pk),
        "report": asked.report.replace("-", "_"),
        "generatedAt": utc_text(round(asked.now.timestamp() * 1000)),
        "account": asked.feed.owner.get_username(),
        "total": chosen(wanted).count(),
        "rowVersion": version,
        **({"rules": datasets.rules()} if asked.report.startswith("sla") else {}),
        "next": following_address,
        "nextCursor": following.text if following else None,
    }
    start = document.head(shown, wanted, about)
    if name == "v1" and (asked.report not in ("time-in-status", "status_durations") or wanted.shape != "long"):
        raise Refused("format", "v1 is of time in status in its long shape; ask with shape=long, or for json")
    content = document.older(start, body) if name == "v1" else document.whole(start, body)
    feeds.note(asked.feed, asked.now, count)
    if following_address:
        headers = {**headers, "Link": f'<{following_address}>; rel="next"'}
    coding = coding_of(request, name)
    whole = b"".join(packed(iter([content]), coding))
    return HttpResponse(whole, content_type="application/json", headers=headers | encoded(coding))


def _next(request: HttpRequest, following: Cursor) -> str:
    query = request.GET.copy()
    query["cursor"] = following.text
    query.pop("as_of", None)
    return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"


def _stream(request: HttpRequest, asked: Asked, table: Table, name: str, headers: dict[str, str]) -> HttpResponseBase:
    """A file that is sent while it is computed."""
    chosen_format = formats.parse_format(name)
    kind, coding = formats.CONTENT_TYPES[chosen_format], coding_of(request, name)
    headers = {**headers, **encoded(coding), **formats.headers(table)}
    if name in PACKED:
        headers["Content-Disposition"] = f'attachment; filename="{asked.report}.{name}"'
    if request.method == "HEAD":
        return HttpResponse(content_type=kind, headers=headers)
    counted = Counted(asked.feed, asked.now)
    seen_rows = replace(table, frames=lambda: _in_slices(counted.counting(table.frames())))
    raw = name == "csv" and asked.given.get("raw") == "1"
    pieces = formats.raw_csv(seen_rows) if raw else formats.chunks(seen_rows, chosen_format)
    begun = chain(list(islice(pieces, 2)), pieces)  # what goes wrong there is still answered as an error
    return StreamingHttpResponse(counted.noted(packed(begun, coding)), content_type=kind, headers=headers)


def _in_slices(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The frames in parts, since the text of a whole one would take hundreds of megabytes."""
    for frame in frames:
        slices = frame.iter_slices(_SLICE)
        del frame  # the next one is computed when this one is gone
        yield from slices


def _schema(asked: Asked) -> HttpResponse:
    wanted = asked.wanted()
    table = datasets.run(asked.feed.preset.report, asked.feed.dataset, None)(wanted)
    found = document.schema(document.named(table, asked.report, wanted).columns, wanted.time_format)
    return HttpResponse(orjson.dumps(found), content_type="application/schema+json")
