"""The Django app of SLAs."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import pre_delete

from sojourn.calendars.signals import calendars_changed
from sojourn.history.signals import issue_written


class SlaConfig(AppConfig):
    """Tables of the SLAs, and what they listen to; a calendar that one uses is not deleted."""

    name = "sojourn.sla"

    def ready(self) -> None:
        """Listen to histories and calendars."""
        issue_written.connect(_on_issue_written, dispatch_uid="sla")
        calendars_changed.connect(_on_calendars_changed, dispatch_uid="sla")
        pre_delete.connect(_on_delete, sender="calendars.StoredCalendar", dispatch_uid="sla")


# What listens is loaded when there is something to hear: most commands write nothing.


def _on_issue_written(**told: Any) -> None:
    import_module("sojourn.sla.recount").on_issue_written(told["issues"], gone=told["gone"])


def _on_calendars_changed(**told: Any) -> None:
    import_module("sojourn.sla.background").on_calendars_changed(told["names"])


def _on_delete(**told: Any) -> None:
    import_module("sojourn.sla.uses").keep_calendar(told["instance"])
