"""Segments of few work items, so that small stores have several."""

import pytest

from sojourn.history import condense, read, segments


def make_small(patch: pytest.MonkeyPatch) -> None:
    """Four work items to a block, two blocks to a batch and to a step; segments are used however few hold."""
    patch.setattr(segments, "SHIFT", 2)
    patch.setattr(segments, "_WORTH", 0)
    patch.setattr(condense, "_AT_ONCE", 2)
    patch.setattr(read, "BATCH", 8)
