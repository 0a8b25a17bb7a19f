"""The Django app of access."""

from typing import Any

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Tables of tokens, wrong attempts, rights and grants, and of what Jira lets people see."""

    name = "sojourn.access"

    def ready(self) -> None:
        """Listen to where permissions changed."""
        from sojourn.access import browsing  # noqa: PLC0415 - the models are there only now
        from sojourn.history.signals import permissions_changed  # noqa: PLC0415

        def forget(site: int, **_: Any) -> None:
            browsing.forget(site)

        permissions_changed.connect(forget, weak=False, dispatch_uid="sojourn.access")
