"""Calendars as they are stored: each save is a version that stays readable."""

from django.db import models


class StoredCalendar(models.Model):
    """A calendar by name. What it says stands in its versions; the last one holds."""

    name = models.CharField(max_length=255, unique=True)


class CalendarVersion(models.Model):
    """What a calendar said from one save to the next: its JSON (docs/calendars.md), naming its holiday sets."""

    calendar = models.ForeignKey(StoredCalendar, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    definition = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_unique")]


class HolidaySet(models.Model):
    """Holidays under one name, in the form of a calendar's `holidays`, shared by the calendars that name the set."""

    name = models.CharField(max_length=255, unique=True)
    holidays = models.JSONField()

    # Where the set is read from anew, and how: empty where it is not.
    source_url = models.TextField(default="")
    tz = models.CharField(max_length=255, default="")
    first_year = models.IntegerField(null=True)
    last_year = models.IntegerField(null=True)
    refreshed_at = models.DateTimeField(null=True)
