"""What is not built of OData."""

from sojourn.errors import Refused


class Unsupported(Refused):
    """Right by OData, and not built here; the text says what to do instead."""
