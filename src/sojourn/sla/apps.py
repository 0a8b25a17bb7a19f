"""The Django app of SLAs."""

from django.apps import AppConfig
from django.db.models.signals import pre_delete


class SlaConfig(AppConfig):
    """Tables of the SLAs; a calendar that one uses is not deleted."""

    name = "sojourn.sla"

    def ready(self) -> None:
        """Hear of calendars that are about to be deleted."""
        from sojourn.calendars.models import StoredCalendar  # noqa: PLC0415 - the models are there only now
        from sojourn.sla.uses import keep_calendar  # noqa: PLC0415

        pre_delete.connect(keep_calendar, sender=StoredCalendar)
