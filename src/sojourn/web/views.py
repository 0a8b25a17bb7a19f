"""Views."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse


def home(_: HttpRequest) -> HttpResponse:
    """Go to the reports."""
    return HttpResponseRedirect("/reports/time-in-status")


@login_not_required
def health(_: HttpRequest) -> HttpResponse:
    """Whether the service can serve: 200 when the store answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
