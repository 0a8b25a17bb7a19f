"""Personal access tokens, of which only a hash is kept, and wrong attempts of the last minute."""

from django.conf import settings
from django.db import models


class Token(models.Model):
    """Lets a program ask in the name of a user. The secret itself is nowhere; `digest` is its SHA-256, in hex."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=16, unique=True)  # the part of the token that may be shown
    digest = models.CharField(max_length=64)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class WrongAttempt(models.Model):
    """A credential that was wrong, by the address it came from; kept for a minute."""

    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "at"])]
