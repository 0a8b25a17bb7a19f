"""The Django app of access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Tables of tokens, wrong attempts, rights and grants."""

    name = "sojourn.access"
