"""The Django app of stored calendars."""

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    """Tables of the calendars."""

    name = "sojourn.calendars"
