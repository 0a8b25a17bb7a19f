"""Views."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from sojourn.feeds.presets import default
from sojourn.web.presets import account_of, address


def home(request: HttpRequest) -> HttpResponse:
    """Go to the reports, as the preset says with which they open."""
    preset = default(account_of(request), "time-in-status")
    return HttpResponseRedirect(address(preset) if preset else "/reports/time-in-status")


@login_not_required
def health(_: HttpRequest) -> HttpResponse:
    """Whether the service can serve: 200 when the store answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
