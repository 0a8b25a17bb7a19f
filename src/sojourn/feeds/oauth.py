"""What the authorization server does beside what django-oauth-toolkit does: stricter, and with an end that is fixed.

A used code revokes what it was changed into; refresh tokens hold until 90 days after somebody accepted, and rotate for
public clients only (FAPI 2.0 5.3.2.1: a lost answer must not lock a confidential client out). Addresses to go back to
are compared as they are written. Codes are kept hashed, as tokens are.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import Application, Grant, RefreshToken
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749 import errors

from sojourn.feeds import consents
from sojourn.feeds.models import Consent


class Validator(OAuth2Validator):  # type: ignore[misc]
    """The rules of this server."""

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether the address is one of the client's, letter for letter (RFC 9700 4.1.3)."""
        return redirect_uri in request.client.redirect_uris.split()

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """Public clients need PKCE; others may use it."""
        return bool(request.client.client_type == Application.CLIENT_PUBLIC)

    def rotate_refresh_token(self, request: Any) -> bool:
        """Refresh tokens of public clients are used once."""
        return bool(request.client.client_type == Application.CLIENT_PUBLIC)

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether a code may be changed into tokens; one that was used revokes what it was changed into.

        From here on the request has the code as it is kept, which is hashed.
        """
        now, consent = timezone.now(), consents.of_code(client, code)
        if consent is not None and consent.token_family is not None:
            consents.revoke(consent, now)
            return False
        if not consents.holds(consent, now):
            return False
        request.code = consents.checksum(code)
        grant = Grant.objects.filter(code=request.code, application=client).first()
        if grant is not None and request.code_verifier and not grant.code_challenge:
            return False  # a challenge was taken away on the way (RFC 9700 4.8.2)
        return bool(super().validate_code(client_id, request.code, client, request, *args, **kwargs))

    def get_authorization_code_scopes(self, client_id: str, code: str, redirect_uri: str, request: Any) -> Any:
        """What was accepted with a code."""
        return super().get_authorization_code_scopes(client_id, consents.checksum(code or ""), redirect_uri, request)

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether a refresh token is the client's, in force, and its consent holds."""
        if not super().validate_refresh_token(refresh_token, client, request, *args, **kwargs):
            return False
        family = request.refresh_token_instance.token_family
        return consents.holds(
            Consent.objects.select_related("user").filter(token_family=family).first(), timezone.now()
        )

    def save_bearer_token(self, token: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Save the tokens; of two that use one refresh token at once the second revokes the family."""
        used = getattr(request, "refresh_token_instance", None)
        with transaction.atomic():
            if used is not None:
                row = RefreshToken.objects.select_for_update().get(pk=used.pk)
                if row.revoked is not None:
                    RefreshToken.revoke_family(row.token_family)
                    used = None
            if used is not None or request.grant_type != "refresh_token":
                return super().save_bearer_token(token, request, *args, **kwargs)
        raise errors.InvalidGrantError(request=request)

    def _create_authorization_code(self, request: Any, code: Any, expires: Any = None) -> Any:
        kept = {**code, "code": consents.checksum(code["code"])}
        made = super()._create_authorization_code(request, kept, expires)
        consents.accept(request.client, request.user, code["code"], " ".join(request.scopes), timezone.now())
        return made

    def _create_refresh_token(self, request: Any, code: str, access_token: Any, previous: Any) -> Any:
        made = super()._create_refresh_token(request, code, access_token, previous)
        if previous is None:
            consents.note_family(request.client, request.code, made.token_family)
        return made
