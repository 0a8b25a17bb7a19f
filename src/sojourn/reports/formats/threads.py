"""Writing in a thread of its own, while the store is read."""

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import polars as pl


@contextmanager
def handing_over(
    consume: Callable[[Iterator[pl.DataFrame]], None],
) -> Iterator[Callable[[pl.DataFrame], None]]:
    """A consumer of frames in a thread of its own, at most two frames behind.

    The store is read in the caller's thread, which owns the connection.
    """
    frames: queue.Queue[pl.DataFrame | None] = queue.Queue(maxsize=2)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(consume, _until_none(frames))

        def hand_over(frame: pl.DataFrame) -> None:
            while not done.done():
                try:
                    frames.put(frame, timeout=1)
                except queue.Full:
                    continue
                return
            done.result()

        try:
            yield hand_over
        finally:
            while not done.done():
                try:
                    frames.put(None, timeout=1)
                except queue.Full:
                    continue
                break
        done.result()


def _until_none(frames: "queue.Queue[pl.DataFrame | None]") -> Iterator[pl.DataFrame]:
    while (frame := frames.get()) is not None:
        yield frame
