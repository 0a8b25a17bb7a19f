"""The Django app of the store."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from sojourn.history.garbage import while_executing


class HistoryConfig(AppConfig):
    """Tables of the history."""

    name = "sojourn.history"

    def ready(self) -> None:
        """Have every connection set up as it is made."""
        connection_created.connect(_set_up)


def _set_up(connection: Any, **_: Any) -> None:
    """What PostgreSQL needs: no garbage looked for while it has a statement (`while_executing`), and no compiling.

    It would compile a query of many conditions for a minute that then runs for milliseconds.
    """
    if connection.vendor == "postgresql":
        if while_executing not in connection.execute_wrappers:
            connection.execute_wrappers.insert(0, while_executing)
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
