"""SLA definitions and their versions, the clocks of work items, what people did to them, and who changed what.

Instants are integer milliseconds since 1970-01-01T00:00Z, UTC.
"""

from django.db import models
from django.db.models import Q

from sojourn.history.models import Issue, Site


class AppliesTo(models.TextChoices):
    """Which cycles a version is published for (docs/semantics.md 30)."""

    NEW = "new"
    OPEN = "open"
    ALL = "all"


class Definition(models.Model):
    """One SLA; what it says stands in its versions, and the one published last holds.

    Its id is the one that the Time to SLA services tell. Several may have one name. Without a site it is for all sites.
    One that is removed keeps its versions, clocks and numbers, and is shown nowhere.
    """

    name = models.CharField(max_length=255)
    site = models.ForeignKey(Site, null=True, on_delete=models.CASCADE)
    enabled = models.BooleanField(default=True)
    published = models.ForeignKey("Version", null=True, on_delete=models.PROTECT, related_name="+")
    removed_ms = models.BigIntegerField(null=True)
    # Why its clocks cannot be counted: a field or a calendar that is not there any more.
    problem = models.TextField(default="")


class Version(models.Model):
    """What a definition said from one save to the next; it never changes, but that a draft is published once.

    `policy` is the JSON of docs/sla.md; `legacy` the JSON a client of the Time to SLA services saved, where it was made
    by one: the policy is what that means.
    """

    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    name = models.CharField(max_length=255)
    policy = models.JSONField()
    legacy = models.JSONField(null=True)
    saved_ms = models.BigIntegerField()
    saved_by = models.CharField(max_length=255)
    reason = models.TextField(default="")
    published_ms = models.BigIntegerField(null=True)
    published_by = models.CharField(max_length=255, default="")
    applies_to = models.CharField(max_length=4, choices=AppliesTo, default=AppliesTo.NEW)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["definition", "number"], name="sla_version_unique")]


class Clock(models.Model):
    """What an SLA shows of one work item, as it was counted at `counted_ms`, and the version that says so.

    `clocks` holds all that is shown, packed: int64, a row for each clock in the order of `core.sla.columns.Clocks`;
    under all cycle rules but *each* there is one. The columns here are those of the last one. `calendars` are the names
    that the numbers of calendars in it mean. There is no row where nothing ever started, but where a date is awaited:
    that one has no clocks, state 0 and goal -1. Until `due_ms` nothing happens to it but that time passes; None where
    nothing will.
    """

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", db_index=False)
    counted_ms = models.BigIntegerField()
    state = models.SmallIntegerField()
    verdict = models.SmallIntegerField()
    goal = models.SmallIntegerField()
    start_ms = models.BigIntegerField(null=True)
    end_ms = models.BigIntegerField(null=True)
    deadline_ms = models.BigIntegerField(null=True)
    due_ms = models.BigIntegerField(null=True)
    clocks = models.BinaryField()
    calendars = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "definition"], name="sla_clock_unique")]
        indexes = [
            models.Index(fields=["due_ms"], condition=Q(due_ms__isnull=False), name="sla_clock_due"),
            models.Index(fields=["definition", "deadline_ms", "issue"], name="sla_clock_deadline"),
        ]


class Happening(models.Model):
    """Something that happened to a clock while it was watched: `started`, `paused`, `resumed`, `stopped`, `critical` …

    `at_ms` is when it happened, `noted_ms` when it was noticed. What only a recount under other rules shows is none.
    """

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="+")
    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10)
    start_ms = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    noted_ms = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "definition", "kind", "start_ms", "at_ms"], name="sla_happening_unique"
            )
        ]
        indexes = [models.Index(fields=["definition", "noted_ms"], name="sla_happening_noted")]


class Revision(models.Model):
    """A clock as it was before it was counted anew under another version, calendar, or by request."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="+")
    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", db_index=False)
    counted_ms = models.BigIntegerField()
    replaced_ms = models.BigIntegerField()
    why = models.TextField()
    clocks = models.BinaryField()
    calendars = models.JSONField()


class ByHand(models.Model):
    """What somebody did to the clock of a work item (docs/semantics.md 25, 27); void from `undone_ms` on."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="+")
    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="+", db_index=False)
    made_ms = models.BigIntegerField()
    who = models.CharField(max_length=255)
    why = models.TextField(default="")
    undone_ms = models.BigIntegerField(null=True)
    undone_by = models.CharField(max_length=255, default="")

    class Meta:
        abstract = True


class Reset(ByHand):
    """A reset, for an instant."""

    at_ms = models.BigIntegerField()
    kind = models.CharField(max_length=10, default="restart")
    finished = models.CharField(max_length=10, default="nothing")


class Generation(ByHand):
    """All cycles of a work item are counted, also those that no version that there was by then was published for."""


class Extension(ByHand):
    """A later deadline: after the old target, or from the instant it was made."""

    by_ms = models.BigIntegerField()
    basis = models.CharField(max_length=6, default="target")


class Change(models.Model):
    """The log of who changed what: before and after, None where it was not there."""

    at_ms = models.BigIntegerField()
    who = models.CharField(max_length=255)
    what = models.CharField(max_length=255)
    definition = models.ForeignKey(Definition, null=True, on_delete=models.CASCADE, related_name="changes")
    issue = models.ForeignKey(Issue, null=True, on_delete=models.CASCADE, related_name="+")
    reason = models.TextField(default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
