"""Text in one order on every database, whatever the language of the server."""

from django.db import connection
from django.db.models import Expression, F
from django.db.models.functions import Collate


def by_bytes(text: str | Expression | F) -> Collate:
    """A text, compared and sorted by its bytes."""
    return Collate(text, "C" if connection.vendor == "postgresql" else "BINARY")
