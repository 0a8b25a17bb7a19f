"""The address at which tools read a feed: credentials, what is asked, and what HTTP wants of the answer."""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

import orjson
import zstandard
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import http_date, parse_etags
from django.views.decorators.csrf import csrf_exempt

from sojourn import __version__
from sojourn.access import attempts
from sojourn.access.visible import fingerprint
from sojourn.api.errors import Problem, answer, of_user_error
from sojourn.core.instants import utc_text
from sojourn.errors import Refused, UserError
from sojourn.feeds import datasets, document, feeds, presets
from sojourn.feeds.models import Feed
from sojourn.history import freshness, seen
from sojourn.history.models import Site
from sojourn.reports import formats, pages
from sojourn.reports.items import chosen
from sojourn.reports.pages import Cursor, Run
from sojourn.reports.request import Request
from sojourn.reports.table import Table
from sojourn.sla import definitions

MOST_ROWS = 10_000
_CHALLENGE = 'Bearer realm="Sojourn data feed", Basic realm="Sojourn data feed", charset="UTF-8"'
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
_PACKED = ("parquet", "arrow", "xlsx")
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a feed: as whom, what, in which format, and what parts of it."""

    feed: Feed
    given: Mapping[str, str]
    now: datetime

    @property
    def report(self) -> str:
        """What names the answer: the data set, or the report."""
        return self.feed.dataset or self.feed.preset.report

    def wanted(self, as_of: str = "") -> Request:
        """The request, at the moment that is asked for, or else at the last whole minute."""
        options = {name: list(texts) for name, texts in self.feed.preset.options.items()}
        moment = as_of or self.given.get("as_of", "") or (options.get("as_of") or [""])[0]
        minute = self.now.replace(second=0, microsecond=0)
        options["as_of"] = [moment or minute.astimezone(UTC).isoformat()]
        if shape := self.given.get("shape"):
            options["shape"] = [shape]
        begin, end = self.given.get("created_from", ""), self.given.get("created_to", "")
        if begin or end:
            if options.get("created"):
                raise Refused("created_from", "the preset has a range of created itself; change that one")
            options["created"] = [f"{begin}..{end}"]
        return presets.request(self.feed.owner, self.feed.preset.report, options, self.now)

    def since(self, wanted: Request) -> int | None:
        """The version of rows from which on they are asked for."""
        text = self.given.get("updated_since", "")
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Refused("updated_since", f"{text!r:.40} is no version; send the rowVersion of the last answer")
        sites = seen.sites(wanted.sight)
        if (sites.filter(name__in=wanted.sites) if wanted.sites else sites).count() > 1:
            raise Refused(
                "updated_since", "versions count within a site; have the preset choose one by its option site"
            )
        return int(text)


def _read(request: HttpRequest, part: str) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        raise Problem(405, "A data feed takes GET and HEAD.", headers={"Allow": "GET, HEAD"})
    now = timezone.now()
    feed = _opened(request, now)
    given = {name: request.GET[name] for name in request.GET}
    asked = _Asked(feed, given, now)
    try:
        _refuse_unknown(given)
        if part == "schema":
            return _schema(asked)
        return _given(request, asked)
    except (UserError, Problem) as error:
        feeds.note(feed, now, None, str(error))
        raise


def _refuse_unknown(given: Mapping[str, str]) -> None:
    for name in given:
        if name not in _KNOWN:
            raise Refused(name, f"is no parameter of a data feed; there are {', '.join(sorted(_KNOWN))}")


def _opened(request: HttpRequest, now: datetime) -> Feed:
    """The feed that is asked for and that the credentials open; raises Problem 400, 401, 403 or 410."""
    number = request.GET.get("datafeedID", "")
    if not number:
        raise Problem(400, "The parameter datafeedID is missing; the link of the feed has it.", "datafeedID")
    try:
        feed = feeds.find(None, number)
    except UserError as error:
        raise Problem(400, f"{error} Generate the link again.", "datafeedID") from None
    secret = _secret(request, feed)
    over = feeds.over(feed, now)
    if not over and (not secret or not feeds.opens(feed, secret, now)):
        raise _unauthorized(request, now, is_wrong=bool(secret))
    if not feeds.is_on():
        raise Problem(403, feeds.SWITCHED_OFF)
    if over:
        raise Problem(410, over)
    return feed


def _secret(request: HttpRequest, feed: Feed) -> str:
    """What is sent as Bearer, or as the password of Basic with the feed's id for a name."""
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() != "basic":
        return ""
    try:
        name, _, secret = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "unreadable"
    return secret if name == str(feed.pk) and secret.startswith(feeds.SECRET_PREFIX) else "of another name"


def _unauthorized(request: HttpRequest, now: datetime, *, is_wrong: bool) -> Problem:
    """401, or 429 where the address was wrong too often."""
    address = request.META.get("REMOTE_ADDR", "")
    wait = attempts.wait_s(address, now) if is_wrong else 0
    if wait:
        return Problem(
            429, f"Too many wrong credentials; wait {wait} seconds.", headers={"Retry-After": str(min(wait, 120))}
        )
    if is_wrong:
        attempts.note(address, now)
    what = "are wrong, expired, or of another feed" if is_wrong else "are missing"
    how = "Send an access token as Bearer, or as Basic the feed's id and a secret of it."
    error = ', error="invalid_token"' if is_wrong else ""
    return Problem(
        401, f"The credentials {what}. {how}", headers={"WWW-Authenticate": _CHALLENGE.replace(",", error + ",", 1)}
    )


def _format(request: HttpRequest, given: Mapping[str, str]) -> str:
    known = ("json", "v1", *_STREAMED)
    name = given.get("format", "")
    if name:
        if name not in known:
            raise Refused("format", f"{name!r:.20} is not one of {', '.join(known)}")
        return name
    accepted = (part.partition(";")[0].strip() for part in request.headers.get("Accept", "").split(","))
    return next((_ACCEPTED[one] for one in accepted if one in _ACCEPTED), "json")


def _given(request: HttpRequest, asked: _Asked) -> HttpResponseBase:
    name = _format(request, asked.given)
    limit, cursor_text = _limit(asked.given.get("limit", "")), asked.given.get("cursor", "")
    if (limit or cursor_text) and name != "json":
        raise Refused("format", f"{name} is sent whole; leave out limit and cursor, or ask for json")
    cursor = _cursor(asked, cursor_text) if cursor_text else None
    wanted = asked.wanted(utc_text(cursor.as_of_ms) if cursor else "")
    since = asked.since(wanted)
    tag = _tag(request, asked, wanted, name)
    headers = {"ETag": tag, "Last-Modified": http_date(wanted.as_of_ms / 1000)}
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        feeds.note(asked.feed, asked.now, asked.feed.last_rows)
        return HttpResponse(status=304, headers=headers)
    run = datasets.run(asked.feed.preset.report, asked.feed.dataset, since)
    if limit or cursor:
        page = pages.resized(cursor, limit) if cursor else _first(asked, wanted, limit)
        return _document(request, asked, wanted, name, headers, run, page)
    if name in ("json", "v1"):
        return _document(request, asked, wanted, name, headers, run, None)
    return _stream(request, asked, document.named(run(wanted), asked.report, wanted), name, headers)


def _limit(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= MOST_ROWS:
        raise Refused("limit", f"{text!r:.20} is no size of a page; write a number from 1 to {MOST_ROWS}")
    return int(text)


def _of_pages(asked: _Asked) -> dict[str, list[str]]:
    """What all pages share beside the moment: what is asked, and what the preset says."""
    kept = {name: [text] for name, text in asked.given.items() if name not in ("cursor", "limit", "as_of", "format")}
    return {**kept, "version": [str(asked.feed.preset.version)]}


def _first(asked: _Asked, wanted: Request, limit: int) -> Cursor:
    return pages.first(f"feed {asked.feed.pk}", _of_pages(asked), limit, wanted)


def _cursor(asked: _Asked, text: str) -> Cursor:
    found = pages.read(text, f"feed {asked.feed.pk}")
    if dict(found.options) != _of_pages(asked):
        raise Refused("cursor", "was made for other parameters, or the preset was changed; begin without a cursor")
    return found


def _tag(request: HttpRequest, asked: _Asked, wanted: Request, name: str) -> str:
    """What tells whether the answer would be another: the question, the data, the calendar, what may be seen."""
    versions = list(Site.objects.order_by("pk").values_list("pk", "row_version"))
    fresh = {site: one.as_of_ms for site, one in freshness.of_sites().items()}
    may = fingerprint(asked.feed.owner, asked.now)
    what = (__version__, str(asked.feed.pk), asked.feed.preset.version, sorted(asked.given.items()), name)
    coding = _coding(request, name)
    slas = definitions.fingerprint() if asked.report.startswith(("sla", "calendars")) else ""
    whole = repr((what, wanted.as_of_ms, versions, fresh, pages.digest(wanted.calendar), may, coding, slas))
    return f'"{hashlib.sha256(whole.encode()).hexdigest()[:32]}"'


def _document(
    request: HttpRequest,
    asked: _Asked,
    wanted: Request,
    name: str,
    headers: dict[str, str],
    run: Run,
    cursor: Cursor | None,
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
        "rowVersion": datasets.version_of(wanted),
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
    coding = _coding(request, name)
    packed = b"".join(_packed(iter([content]), coding))
    return HttpResponse(packed, content_type="application/json", headers=headers | _encoded(coding))


def _next(request: HttpRequest, following: Cursor) -> str:
    query = request.GET.copy()
    query["cursor"] = following.text
    query.pop("as_of", None)
    return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"


def _stream(request: HttpRequest, asked: _Asked, table: Table, name: str, headers: dict[str, str]) -> HttpResponseBase:
    """A file that is sent while it is computed."""
    chosen_format = formats.parse_format(name)
    kind, coding = formats.CONTENT_TYPES[chosen_format], _coding(request, name)
    headers = {**headers, **_encoded(coding), **formats.headers(table)}
    if name in _PACKED:
        headers["Content-Disposition"] = f'attachment; filename="{asked.report}.{name}"'
    if request.method == "HEAD":
        return HttpResponse(content_type=kind, headers=headers)
    counted = _Counted(asked.feed, asked.now)
    seen_rows = replace(table, frames=lambda: counted.counting(table.frames()))
    raw = name == "csv" and asked.given.get("raw") == "1"
    pieces = formats.raw_csv(seen_rows) if raw else formats.chunks(seen_rows, chosen_format)
    begun = chain(list(islice(pieces, 2)), pieces)  # what goes wrong there is still answered as an error
    return StreamingHttpResponse(counted.noted(_packed(begun, coding)), content_type=kind, headers=headers)


@dataclass
class _Counted:
    """Counts the rows that are sent, and keeps how many they were."""

    feed: Feed
    now: datetime
    rows: int = 0

    def counting(self, frames: Iterator[Any]) -> Iterator[Any]:
        """The frames."""
        for frame in frames:
            self.rows += frame.height
            yield frame

    def noted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks; after the last one it is kept that all were sent."""
        yield from chunks
        feeds.note(self.feed, self.now, self.rows)


def _coding(request: HttpRequest, name: str) -> str:
    """How the answer is compressed: as the tool says it can read; files that are compressed inside are not."""
    if name in _PACKED:
        return ""
    offered = {
        part.partition(";")[0].strip().lower()
        for part in request.headers.get("Accept-Encoding", "").split(",")
        if not part.replace(" ", "").endswith((";q=0", ";q=0.0"))
    }
    return next((coding for coding in ("zstd", "gzip") if coding in offered), "")


def _encoded(coding: str) -> dict[str, str]:
    return {"Content-Encoding": coding} if coding else {}


def _packed(chunks: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """The chunks, compressed as they come."""
    if not coding:
        yield from chunks
        return
    packer: Any = (
        zstandard.ZstdCompressor(3).compressobj() if coding == "zstd" else zlib.compressobj(5, zlib.DEFLATED, 31)
    )
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def _schema(asked: _Asked) -> HttpResponse:
    wanted = asked.wanted()
    table = datasets.run(asked.feed.preset.report, asked.feed.dataset, None)(wanted)
    found = document.schema(document.named(table, asked.report, wanted).columns, wanted.time_format)
    return HttpResponse(orjson.dumps(found), content_type="application/schema+json")
