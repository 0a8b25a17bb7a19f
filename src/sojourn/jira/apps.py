"""The Django app of the source."""

from django.apps import AppConfig


class JiraConfig(AppConfig):
    """Tables of connections to Jira, and of how far each is read."""

    name = "sojourn.jira"

    def ready(self) -> None:
        """Have it told how fresh connected sites are, and what their accounts may see."""
        from sojourn.history import freshness, permitted  # noqa: PLC0415 - the models are there only now
        from sojourn.jira import freshness as of_jira  # noqa: PLC0415
        from sojourn.jira import permissions  # noqa: PLC0415

        freshness.hand_in(of_jira.tell)
        permitted.hand_in(permissions.tell)
