"""What the source said about work items, as it was kept."""

from collections.abc import Iterator
from typing import Any

import orjson
import zstandard
from django.db.models import QuerySet

from sojourn.history.models import Issue, RawIssue

_AT_ONCE = 500


def payloads(issues: QuerySet[Issue]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The numbers of work items in the store, in order, each with the JSON it was read from."""
    unpack = zstandard.ZstdDecompressor().decompress
    rows = RawIssue.objects.filter(issue__in=issues).order_by("issue").values_list("issue", "payload")
    for number, packed in rows.iterator(_AT_ONCE):
        yield number, orjson.loads(unpack(bytes(packed)))
