"""The Django app of the store."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Tables of the history."""

    name = "sojourn.history"
