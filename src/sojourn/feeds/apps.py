"""The Django app of feeds."""

from django.apps import AppConfig


class FeedsConfig(AppConfig):
    """Tables of presets and feeds."""

    name = "sojourn.feeds"
