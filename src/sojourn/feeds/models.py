"""Presets, consents, and feeds with their secrets."""

from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models


class Preset(models.Model):
    """A report with all its options under a name of its owner; `options` holds the texts of each option."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    report = models.CharField(max_length=64)
    options = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="preset_name_unique")]


class PresetVersion(models.Model):
    """What a preset said in one of its versions."""

    preset = models.ForeignKey(Preset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    options = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["preset", "number"], name="preset_version_unique")]


class Share(models.Model):
    """Lets a user, the members of a group, who has a role, or where none is named everyone, open a preset."""

    preset = models.ForeignKey(Preset, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=16, default="")

    @property
    def holder(self) -> str:
        """With whom it is shared, as `presets.save` reads it."""
        if self.user:
            return f"user:{self.user.get_username()}"
        if self.group:
            return f"group:{self.group.name}"
        return f"role:{self.role}" if self.role else "everyone"


class Default(models.Model):
    """The preset with which a report opens for a user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    report = models.CharField(max_length=64)
    preset = models.ForeignKey(Preset, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "report"], name="default_preset_unique")]


class Consent(models.Model):
    """A user let a client have tokens; `code_checksum` tells of which code, `token_family` of which refresh tokens."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    application = models.ForeignKey("oauth2_provider.Application", on_delete=models.CASCADE, related_name="+")
    scope = models.TextField()
    code_checksum = models.CharField(max_length=64, unique=True)
    token_family = models.UUIDField(null=True, db_index=True)
    accepted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class Feed(models.Model):
    """An address at which tools read a preset, or a data set chosen by it, as its owner sees it.

    `application` is the client of the authorization server that was made for it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    preset = models.ForeignKey(Preset, on_delete=models.CASCADE, related_name="feeds")
    dataset = models.CharField(max_length=32, default="")
    application = models.OneToOneField(
        "oauth2_provider.Application", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_called_at = models.DateTimeField(null=True)
    last_rows = models.BigIntegerField(null=True)
    last_problem = models.TextField(default="")


class FeedSecret(models.Model):
    """A secret of a feed, of which the SHA-256 is kept; several hold at once while one takes the place of another."""

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class Switch(models.Model):
    """Something that is off until an administrator switches it on; there is a row where it is."""

    name = models.CharField(max_length=32, primary_key=True)
