"""Pages of the authorization server: consent, the code on its way back, and which clients have access."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from oauth2_provider.models import Application
from oauth2_provider.settings import oauth2_settings
from oauth2_provider.views import AuthorizationView, IntrospectTokenView, TokenView
from oauthlib.common import Request

from sojourn.access import attempts
from sojourn.feeds import consents
from sojourn.feeds.models import Consent
from sojourn.web.presets import account_of
from sojourn.web.security import policy


@method_decorator(never_cache, name="dispatch")
class ConsentView(AuthorizationView):  # type: ignore[misc]
    """Asks whether a client may have tokens: which client, for what, for how long, and by whose permissions."""

    template_name = "web/consent.html"

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """What is shown; `ends` is when the tokens end at the latest."""
        return {**super().get_context_data(**given), "ends": timezone.now() + consents.LIFETIME}

    def render_to_response(self, context: dict[str, Any], **given: Any) -> HttpResponse:
        """The page, from which the browser may go on to the client's address and nowhere else."""
        response: HttpResponse = super().render_to_response(context, **given)
        parts = urlsplit(str(context.get("redirect_uri") or ""))
        goes_on = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        response["Content-Security-Policy"] = policy(goes_on)
        return response


class LimitedTokenView(TokenView):  # type: ignore[misc]
    """Changes codes and refresh tokens into tokens; an address may be wrong ten times a minute."""

    def post(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        """The tokens, or what is wrong (RFC 6749 5.2)."""
        address, now = request.META.get("REMOTE_ADDR", ""), timezone.now()
        wait = attempts.wait_s(address, now)
        if wait:
            text = '{"error": "slow_down", "error_description": "Too many wrong credentials came from your address."}'
            status, kind = HTTPStatus.TOO_MANY_REQUESTS, "application/json"
            return HttpResponse(text, kind, status, headers={"Retry-After": str(wait)})
        response: HttpResponse = super().post(request, *args, **given)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            attempts.note(address, now)
        return response


class OwnIntrospection(IntrospectTokenView):  # type: ignore[misc]
    """Tells a client of its own tokens (RFC 7662), and of nobody else's."""

    http_method_names = ("post", "options")

    def authenticate_client(self, request: HttpRequest) -> bool:
        """Whether a client has shown its secret; it is kept for `post`."""
        validator = self.get_validator_class()()
        asked = Request(*self.get_oauthlib_core()._extract_params(request))
        asked.client = None
        is_client = bool(validator.authenticate_client(asked))
        self.asking = asked.client.client_id if is_client and asked.client else None
        return is_client

    def post(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        """Whether a token is in force, for what, and until when."""
        secret = request.POST.get("token", "")
        found = consents.token_of(secret, timezone.now())
        is_own = found is not None and found.application is not None and found.application.client_id == self.asking
        response: HttpResponse = self.get_token_response(secret if is_own else "")
        return response


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """The code, for whoever changes it into tokens by hand: how long it holds, and commands that are ready."""
    code, error = request.GET.get("code", ""), request.GET.get("error", "")
    if not code:
        texts = {"access_denied": "You did not accept, so no code was made. Nothing has access."}
        text = texts.get(error, "No code came with this address. Begin again where you came from.")
        return render(request, "web/message.html", {"title": "Not authorized", "text": text}, status=400)
    consent = Consent.objects.filter(user=account_of(request), code_checksum=consents.checksum(code)).first()
    if consent is None:
        raise Http404
    ends = consent.accepted_at + timedelta(seconds=oauth2_settings.AUTHORIZATION_CODE_EXPIRE_SECONDS)
    is_over = consent.token_family is not None or consent.revoked_at is not None or ends <= timezone.now()
    context = {
        "code": code,
        "client": consent.application,
        "is_public": consent.application.client_type == Application.CLIENT_PUBLIC,
        "seconds": max(0, round((ends - timezone.now()).total_seconds())),
        "is_over": is_over,
        "token_address": request.build_absolute_uri(reverse("oauth2_provider:token")),
        "own_address": request.build_absolute_uri(request.path),
    }
    return render(request, "web/callback.html", context)


@never_cache
@require_safe
def apps(request: HttpRequest) -> HttpResponse:
    """Which clients have access by one's permissions."""
    rows = [(one, one.accepted_at + consents.LIFETIME) for one in consents.listed(account_of(request), timezone.now())]
    return render(request, "web/apps.html", {"rows": rows})


@require_POST
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """Take a client's access away."""
    consent = Consent.objects.filter(user=account_of(request), pk=number).first()
    if consent is None:
        raise Http404
    consents.revoke(consent, timezone.now())
    return HttpResponseRedirect(reverse("apps"))
