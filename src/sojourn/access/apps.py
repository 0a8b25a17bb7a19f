"""The Django app of access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Tables of tokens and of wrong attempts."""

    name = "sojourn.access"
