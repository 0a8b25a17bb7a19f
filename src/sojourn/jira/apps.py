"""The Django app of the source."""

from django.apps import AppConfig


class JiraConfig(AppConfig):
    """Tables of connections to Jira, and of how far each is read."""

    name = "sojourn.jira"

    def ready(self) -> None:
        """Have the freshness of connected sites told."""
        from sojourn.history.freshness import hand_in  # noqa: PLC0415 - the models are there only now
        from sojourn.jira.freshness import tell  # noqa: PLC0415

        hand_in(tell)
