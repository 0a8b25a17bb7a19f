"""How the answer of a feed is sent: compressed as the tool can read it, and counted."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import zstandard
from django.http import HttpRequest

from sojourn.feeds import feeds
from sojourn.feeds.models import Feed

PACKED = ("parquet", "arrow", "xlsx")
"""The formats that are compressed inside."""


@dataclass
class Counted:
    """Counts the rows that are sent, and keeps how many they were."""

    feed: Feed
    now: datetime
    rows: int = 0

    def counting(self, frames: Iterator[Any]) -> Iterator[Any]:
        """The frames."""
        for frame in frames:
            self.rows += frame.height
            yield frame
            del frame

    def noted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks; after the last one it is kept that all were sent."""
        yield from chunks
        feeds.note(self.feed, self.now, self.rows)


def coding_of(request: HttpRequest, name: str) -> str:
    """How the answer is compressed: as the tool says it can read; files that are compressed inside are not."""
    if name in PACKED:
        return ""
    offered = {
        part.partition(";")[0].strip().lower()
        for part in request.headers.get("Accept-Encoding", "").split(",")
        if not part.replace(" ", "").endswith((";q=0", ";q=0.0"))
    }
    return next((coding for coding in ("zstd", "gzip") if coding in offered), "")


def encoded(coding: str) -> dict[str, str]:
    """The header that tells how."""
    return {"Content-Encoding": coding} if coding else {}


def packed(chunks: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """The chunks, compressed as they come."""
    if not coding:
        yield from chunks
        return
    packer: Any = (
        zstandard.ZstdCompressor(3).compressobj() if coding == "zstd" else zlib.compressobj(5, zlib.DEFLATED, 31)
    )
    for chunk in chunks:
        if some := packer.compress(chunk):
            yield some
    yield packer.flush()
