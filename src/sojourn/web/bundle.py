"""The program that draws charts in the browser: the one vl-convert carries, so that nothing is loaded from afar."""

import gzip
import hashlib
from functools import cache
from threading import Lock

import vl_convert
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

_lock = Lock()


@cache
def _made() -> bytes:
    return gzip.compress(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").encode(), mtime=0)


def _program() -> bytes:
    """The program, gzipped; made once, whoever asks first."""
    with _lock:
        return _made()


def version() -> str:
    """What tells one release of the program from another, without making it."""
    said = f"{vl_convert.get_vega_version()} {vl_convert.get_vegalite_versions()} {vl_convert.get_vega_embed_version()}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def address() -> str:
    """Where a page finds the program."""
    return reverse("charts", args=[version()])


@login_not_required
@require_safe
def charts(request: HttpRequest, release: str) -> HttpResponse:
    """The program; a browser keeps it for good, as another release has another address."""
    if release != version():
        raise Http404
    tag = f'"{release}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=31536000, immutable"}
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    body, accepts = _program(), "gzip" in request.headers.get("Accept-Encoding", "")
    if accepts:
        headers["Content-Encoding"] = "gzip"
    response = HttpResponse(body if accepts else gzip.decompress(body), content_type="text/javascript", headers=headers)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
