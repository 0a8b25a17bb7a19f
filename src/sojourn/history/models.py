"""Sites, projects, the dictionary of values, work items and their packed timelines.

Instants are integer milliseconds since 1970-01-01T00:00Z, UTC.
"""

from django.db import models


class Site(models.Model):
    """One Jira, or one imported log. Jira ids are unique within it."""

    name = models.CharField(max_length=255, unique=True)
    # The last version given to a work item of this site. It is raised in the transaction that writes the items, so
    # writers of one site take turns and versions become visible in order.
    row_version = models.BigIntegerField(default=0)
    # The language the stems of its texts were made in (`text.renew`).
    text_language = models.CharField(max_length=32, default="english")
    # All that happened up to this row version is in the segments (`segments`).
    segmented = models.BigIntegerField(default=0)
    # When the last import that came to its end began.
    imported_at = models.DateTimeField(null=True)


class Project(models.Model):
    """A project as Jira names it now."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    jira_id = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    category = models.CharField(max_length=255, default="")
    lead = models.CharField(max_length=255, default="")
    # When the work item was updated that told the key and the name: the latest one's hold.
    name_rank = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "jira_id"], name="project_jira_id_unique")]


class Field(models.Model):
    """A field that work items of a site have: `status`, `assignee`, `customfield_10020` …"""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    # What its present values are (`record.FieldType`); empty where only its history is known.
    type = models.CharField(max_length=16, default="")
    # Whether there are timelines of it.
    tracked = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="field_key_unique")]


class Value(models.Model):
    """One value a field can take, and the integer that stands for it in the arrays.

    The key is Jira's id and never changes its meaning; the name is a label, as it is now (docs/semantics.md 6). The
    category is what Jira sorts values of that kind into: of a status `new`, `indeterminate` or `done`; of an issue type
    `subtask` or `standard`; of a version `released` or `unreleased`; of a sprint `active`, `closed` or `future`.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    kind = models.CharField(max_length=255)
    key = models.TextField()
    name = models.TextField()
    category = models.CharField(max_length=16, default="")
    # How much the name is worth (`record.Label`): it makes the dictionary the same in whatever order items arrive.
    name_rank = models.BigIntegerField(default=0)
    # A full list of the values was read, and this one was not in it.
    deleted = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "kind", "key"], name="value_key_unique")]


def _present(related_name: str) -> "models.ForeignKey[Value | None, Value | None]":
    return models.ForeignKey(
        Value,
        null=True,
        on_delete=models.PROTECT,
        related_name=related_name,
        db_index=False,
        db_constraint=False,
    )


class Issue(models.Model):
    """A work item as it is now. Identity is Jira's id; keys and projects move (docs/semantics.md 7)."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, db_index=False)
    jira_id = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    # The number at the end of the key, by which keys of one project are in order; 0 where there is none.
    key_number = models.BigIntegerField(default=0)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False)
    issuetype = _present("+")
    status = _present("+")
    assignee = _present("+")
    reporter = _present("+")
    priority = _present("+")
    resolution = _present("+")
    created_ms = models.BigIntegerField()
    updated_ms = models.BigIntegerField(null=True)
    resolved_ms = models.BigIntegerField(null=True)
    due = models.DateField(null=True)
    flags = models.SmallIntegerField(default=0)
    row_version = models.BigIntegerField()
    deleted_ms = models.BigIntegerField(null=True)
    # What the source said, hashed: an item that says the same again is not written again.
    digest = models.BinaryField(max_length=16)
    summary = models.TextField()
    fields = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "jira_id"], name="issue_jira_id_unique")]
        indexes = [
            models.Index(fields=["site", "key"]),
            models.Index(fields=["site", "row_version"], name="issue_by_version"),
            models.Index(fields=["project", "status", "created_ms"], name="issue_by_status"),
            models.Index(fields=["project", "updated_ms"], name="issue_by_update"),
        ]


class IssueValue(models.Model):
    """A value that a field of a work item holds now: each member of a list, each chosen option or person.

    The fields that have a column on the work item, and numbers, dates and texts, have no rows.
    """

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE)
    field = models.ForeignKey(Field, on_delete=models.PROTECT, db_index=False)
    value = models.ForeignKey(Value, on_delete=models.PROTECT, db_index=False)

    class Meta:
        indexes = [models.Index(fields=["value", "field", "issue"], name="issue_value")]


class Link(models.Model):
    """A work item as another one has it: as its parent, or by a link of some type.

    `description` says it as the work item's own page does, such as `is blocked by`; `reverse` as the other one's page.
    """

    PARENT = "parent"

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE)
    type = models.CharField(max_length=255)
    description = models.CharField(max_length=255)
    reverse = models.CharField(max_length=255)
    other_key = models.CharField(max_length=255, db_index=True)


class Timeline(models.Model):
    """One field of one work item as a step function: packed little-endian int64 arrays of equal length.

    `at` is sorted. For a field of state the first entry is the value since creation. For events (comments) every
    entry is one event. `value` and `author` hold `Value` ids, or `packing.EMPTY`.
    """

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, db_index=False)
    field = models.ForeignKey(Field, on_delete=models.PROTECT, db_index=False)
    at = models.BinaryField()
    value = models.BinaryField()
    author = models.BinaryField()
    flags = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "field"], name="timeline_unique")]


class Text(models.Model):
    """One text of one work item as `words.indexed` stores it: its summary, a comment …, for `~` (docs/jql-text.md).

    A full-text index over `words` is made by migration 0004; on SQLite triggers of this table keep it, and they go when
    a later migration makes the table anew, so that one has to make them again.
    """

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE)
    field = models.CharField(max_length=255)
    words = models.TextField()


class RawIssue(models.Model):
    """What the source said about a work item, zstd-compressed JSON, so that a field can be tracked later."""

    issue = models.OneToOneField(Issue, on_delete=models.CASCADE, primary_key=True)
    payload = models.BinaryField()


class Segment(models.Model):
    """The work items there are with numbers of one block, packed to be read at once (`segments`).

    It repeats what other tables say and can be made again from them. `upto` is the row version of each site in it, by
    primary key, up to which it holds: what was written later is not in it. `columns` has a line of JSON, a list,
    for each of `segments.COLUMNS`, by primary key as everything else.
    """

    block = models.BigIntegerField(primary_key=True)
    upto = models.JSONField()
    columns = models.BinaryField()


class SegmentLine(models.Model):
    """One field of the work items of a segment: the arrays of their timelines, one after the other, in narrow integers.

    `size` is how many entries each work item has, `flags` are the doubts about each work item and its timeline.
    """

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, db_index=False)
    field = models.CharField(max_length=255)
    size = models.BinaryField()
    flags = models.BinaryField()
    at = models.BinaryField()
    value = models.BinaryField()
    author = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "field"], name="segment_line_unique")]
