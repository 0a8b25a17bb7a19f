"""Tokens of which only a hash is kept, wrong attempts of the last minute, who may see what, and who may do what."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from sojourn.history.models import Project, Site, Value


class Token(models.Model):
    """Lets a program ask in the name of a user. The secret itself is nowhere; `digest` is its SHA-256, in hex."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=16, unique=True)  # the part of the token that may be shown
    label = models.CharField(max_length=100, default="")  # what it is for, in its owner's words
    digest = models.CharField(max_length=64)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class WrongAttempt(models.Model):
    """A credential that was wrong, by what is counted together (`attempts.Bucket`); kept for a quarter of an hour."""

    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "at"])]


class _OfSomebody(models.Model):
    """What a user has, or each member of a group."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None),
                name="%(class)s_of_one",
            )
        ]

    @property
    def holder(self) -> str:
        """Whose it is, in words."""
        return self.user.get_username() if self.user else f"group {self.group.name if self.group else ''}"


class Right(_OfSomebody):
    """A role, or an area beyond it (`roles.ROLES`, `roles.AREAS`)."""

    name = models.CharField(max_length=16)


class JiraAccount(models.Model):
    """Who a user is in the Jira of a site, by the id of the account there."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "site"], name="jira_account_unique")]


class Grant(_OfSomebody):
    """Lets somebody see work items: of a site or of one project, without a security level, of one, or of whichever.

    `whose` leaves only those of which the one who asks is the reporter or the assignee. It ends at `ends_at`.
    """

    EVERYBODYS, REPORTER, ASSIGNEE = "", "reporter", "assignee"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="+")
    level = models.ForeignKey(Value, null=True, on_delete=models.CASCADE, related_name="+")
    every_level = models.BooleanField(default=False)
    whose = models.CharField(max_length=8, default=EVERYBODYS)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    ends_at = models.DateTimeField(null=True)


class Browsing(models.Model):
    """What Jira lets an account see at a site: `parts`, as `[project, level, whose]`, is as of `as_of`.

    `asked_at` is when it was asked last, and `problem` why it did not say; `used_at`, to the minute, when somebody
    wanted to know it; `forgotten` counts how often it was taken for known no more.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    parts = models.JSONField(default=list)
    as_of = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    problem = models.TextField(default="")
    is_lasting = models.BooleanField(default=False)
    forgotten = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="browsing_unique")]
