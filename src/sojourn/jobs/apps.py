"""The Django app of jobs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Tables of jobs, of their logs, and of the workers and loops that run."""

    name = "sojourn.jobs"
