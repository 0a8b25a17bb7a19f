"""Connections to Jira, how far each project is read, what is to be read again, and which webhooks came.

Instants in ms are Jira's, UTC; those that are datetimes are this machine's.
"""

from datetime import datetime, timedelta

from django.db import models

from sojourn.history.models import Site
from sojourn.sealed import SealedField, Secret


class Method(models.TextChoices):
    """How a connection tells Jira who asks (`credentials`)."""

    API_TOKEN = "api-token"  # noqa: S105 - a word for it
    OAUTH = "oauth"
    PERSONAL_TOKEN = "personal-token"  # noqa: S105
    PASSWORD = "password"  # noqa: S105


class Connection(models.Model):
    """A Jira that a site is kept in step with. Its name is its address in `/hooks/jira/{name}`."""

    name = models.SlugField(max_length=64, unique=True)
    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="connection")
    kind = models.CharField(max_length=10, choices=[("cloud", "Cloud"), ("datacenter", "Data Center")])
    url = models.CharField(max_length=1000)

    method = models.CharField(max_length=14, choices=Method)
    # The e-mail address or the name of the account; of OAuth the client's id.
    account = models.CharField(max_length=255, default="")
    # The token or the password; of OAuth the access token, and then how it is renewed and until when it holds.
    secret: "SealedField[Secret, Secret]" = SealedField()
    refresh_token: "SealedField[Secret | None, Secret | None]" = SealedField(null=True)
    client_secret: "SealedField[Secret | None, Secret | None]" = SealedField(null=True)
    token_url = models.CharField(max_length=1000, default="")
    access_ends_at = models.DateTimeField(null=True)
    # The last day of an API token or a personal token, and at how many days before it was announced last.
    token_ends = models.DateField(null=True)
    announced_days = models.SmallIntegerField(null=True)
    # What was said when Jira refused the credentials. Until they are renewed no call is made; empty: they are taken.
    refused = models.TextField(default="")
    refused_at = models.DateTimeField(null=True)

    # None: no webhook is taken.
    webhook_secret: "SealedField[Secret | None, Secret | None]" = SealedField(null=True)
    webhook_at = models.DateTimeField(null=True)
    # When one came last that did not prove to be Jira's, to the minute.
    webhook_refused_at = models.DateTimeField(null=True)

    interval_min = models.PositiveSmallIntegerField(default=5)
    last_run_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    last_problem = models.TextField(default="")
    # When the names of people were read last; they are many, so it is not done each time.
    people_at = models.DateTimeField(null=True)

    # Who holds Browse and is in which security level, and when that was read (`permissions`).
    permissions = models.JSONField(null=True)

    @property
    def due_at(self) -> datetime | None:
        """When it is read next; None is at once."""
        return None if self.last_run_at is None else self.last_run_at + timedelta(minutes=self.interval_min)


class ProjectState(models.Model):
    """How far a project of a connection is read; changed in the transactions that write its work items.

    What was updated in `[floor_ms, swept_to_ms)` was read, all the time before where `is_whole`. A new project is read
    backwards from the instant it was found, window by window; `window_ms`, `cursor` and `last_id` say where the reading
    of the next one goes on. Then only `swept_to_ms`, the watermark, moves.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="projects")
    project = models.CharField(max_length=255)  # Jira's id
    key = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    # Whether the account sees the project; where it does not, nobody here sees its work items.
    is_seen = models.BooleanField(default=True)

    swept_to_ms = models.BigIntegerField(null=True)
    floor_ms = models.BigIntegerField(null=True)
    is_whole = models.BooleanField(default=False)
    # The window that is being read: where it begins (None: with the first work item), Jira's cursor of the page, and
    # the last work item of that page that was written.
    is_in_window = models.BooleanField(default=False)
    window_ms = models.BigIntegerField(null=True)
    cursor = models.TextField(default="")
    last_id = models.CharField(max_length=255, default="")
    width_days = models.PositiveIntegerField(default=1)

    # How many work items Jira counted when the reading began, and how many were read since.
    items = models.BigIntegerField(null=True)
    done = models.BigIntegerField(default=0)
    # How many work items a sweep had missed, the last time one had, and when that was found.
    drift = models.BigIntegerField(default=0)
    drift_at = models.DateTimeField(null=True)
    # When all ids were compared last, to find what was deleted, hidden or missed.
    compared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "project"], name="project_state_unique")]


class Again(models.Model):
    """A work item that is to be read again: a webhook named it, or it could not be read and `problem` says why.

    `marks` counts how often that was asked for: a row is worked off where it is still what it was before the reading.
    Change it by `again.ask`.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="again")
    issue = models.CharField(max_length=255)  # Jira's id; its key where a webhook names no id
    why = models.CharField(max_length=32)
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    marks = models.PositiveIntegerField(default=1)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "issue"], name="again_issue_unique")]
        indexes = [models.Index(fields=["connection", "due_at"])]


class Delivery(models.Model):
    """A webhook that came, so that it is known when it comes again: what Jira calls it, and its body, both hashed."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="deliveries")
    identifier = models.CharField(max_length=64, null=True)
    body = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "identifier"], name="delivery_identifier_unique"),
            models.UniqueConstraint(fields=["connection", "body"], name="delivery_body_unique"),
        ]
