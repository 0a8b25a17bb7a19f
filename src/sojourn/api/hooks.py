"""`POST /hooks/jira/{connection}`: Jira says that something happened. What is refused leaves no line in the log."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sojourn.jira import webhook
from sojourn.jira.webhook import Sent, Unproven, Unreadable

_LONGEST_LENGTH = 9


@csrf_exempt
@login_not_required
@require_POST
def jira(request: HttpRequest, connection: str) -> HttpResponse:
    """200 where it is kept, or was before; 401 without the connection's secret, 413 over 1 MB, 400 for no JSON."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or len(length) > _LONGEST_LENGTH or int(length) > webhook.MOST_BYTES:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        sent = _sent(request)
        if len(sent.body) > webhook.MOST_BYTES:
            return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        webhook.accept(connection, sent, timezone.now())
    except UnreadablePostError:
        return _refused(HTTPStatus.BAD_REQUEST)
    except Unproven:
        return _refused(HTTPStatus.UNAUTHORIZED)
    except Unreadable:
        return _refused(HTTPStatus.BAD_REQUEST)
    return HttpResponse(status=HTTPStatus.OK)


def _sent(request: HttpRequest) -> Sent:
    told = request.headers
    return Sent(
        _body(request),
        told.get("X-Hub-Signature", ""),
        told.get("Authorization", ""),
        told.get("X-Atlassian-Webhook-Identifier", ""),
    )


def _body(request: HttpRequest) -> bytes:
    """The raw body; of one that comes in chunks, which Django takes for none, a little more than is taken at most."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        body: bytes = request.META["wsgi.input"].read(webhook.MOST_BYTES + 1)
        return body
    return request.body


def _refused(status: HTTPStatus) -> HttpResponse:
    """A refusal that Django does not log: whoever reaches this address could fill the log."""
    response = HttpResponse(f"{status.phrase}\n", status=status, content_type="text/plain")
    vars(response)["_has_been_logged"] = True
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="Sojourn webhooks"'
    return response
