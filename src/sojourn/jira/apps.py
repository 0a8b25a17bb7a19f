"""The Django app of the source."""

from django.apps import AppConfig


class JiraConfig(AppConfig):
    """Tables of connections to Jira, and of how far each is read."""

    name = "sojourn.jira"
