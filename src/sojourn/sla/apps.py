"""The Django app of SLAs."""

from django.apps import AppConfig


class SlaConfig(AppConfig):
    """Tables of the SLAs."""

    name = "sojourn.sla"
