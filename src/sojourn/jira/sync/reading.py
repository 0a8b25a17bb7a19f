"""Reading work items into chunks, and reading ahead: threads do it while the run's own thread writes."""

import gc
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from typing import Generic, Protocol, TypeVar

from sojourn.errors import UserError
from sojourn.history.record import IssueRecord, Label, Ref
from sojourn.jira.answers import IdPage, Told
from sojourn.jira.payload import Reader
from sojourn.jira.source import JiraSource, Payloads
from sojourn.jira.sync.pauses import Pauses
from sojourn.jira.window import Window

MOST_ITEMS = 500
MOST_S = 2.0
"""How many work items are written at once, and for how long they are gathered at most where Jira is slow."""

_FEW_ITEMS = 100
"""Those that webhooks name are written by fewer, since more come meanwhile, and wait for SQLite's one writer."""

R = TypeVar("R")
T = TypeVar("T")
_AHEAD = 2
_AHEAD_APART = 4
"""So many chunks wait to be written: of those that were read apart more, since they are packed until then."""
_RARELY = 50_000
_LOOK_S = 1.0
log = logging.getLogger(__name__)


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Let Python look for garbage less often: many values are made, and it would look through them all each time."""
    usual = gc.get_threshold()
    gc.set_threshold(_RARELY, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@dataclass(slots=True)
class Chunk(Generic[R]):
    """Work items that were read, and where the reading goes on once they are written.

    `records` has what was read by id, and `labels` the names that all of them use. `unread` tells why some could not be
    read, `gone` names those that are deleted or hidden. The place is the cursor of a page of ids, and the last id of
    that page that was read; where the page was read whole, the cursor of the next.
    """

    records: dict[str, R] = field(default_factory=dict)
    labels: dict[Ref, Label] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    cursor: str = ""
    last_id: str = ""
    is_end_of_page: bool = False

    @property
    def ids(self) -> list[str]:
        """All that were asked for, whatever became of them."""
        return [*self.records, *self.unread, *self.gone]


class Chunks:
    """Asks one source for work items, in the thread that asks; what is told of them is not read yet."""

    def __init__(self, source: JiraSource) -> None:
        self._source = source

    def window(self, window: Window, cursor: str, last_id: str, reconcile: Sequence[str] = ()) -> Iterator[Chunk[Told]]:
        """The work items of a window, from a page's cursor on, after that id of the page."""
        return self.pages(self._source.ids(window, cursor or None, reconcile), cursor, last_id, MOST_ITEMS)

    def pages(self, pages: Iterable[IdPage], cursor: str, last_id: str, most: int) -> Iterator[Chunk[Told]]:
        """The work items of pages of ids, of which the first is that of a cursor, so many in a chunk."""
        for page in pages:
            ids = list(dict.fromkeys(page.ids))
            ids = ids[ids.index(last_id) + 1 :] if last_id in ids else ids
            chunk, begun = Chunk[Told](cursor=cursor), time.monotonic()
            for batch in self._source.batches(ids):
                chunk.records.update(batch.told)
                chunk.unread.update(batch.unread)
                chunk.gone.extend(batch.gone)
                chunk.last_id = batch.asked[-1]
                if len(chunk.ids) >= most or time.monotonic() - begun > MOST_S:
                    yield chunk
                    chunk, begun = Chunk[Told](cursor=cursor), time.monotonic()
            cursor, last_id = page.cursor or "", ""
            chunk.cursor, chunk.last_id, chunk.is_end_of_page = cursor, "", True
            yield chunk


class Understanding(Generic[R]):
    """Makes something of the record of each work item that was told; those of one chunk share the names they use."""

    def __init__(self, reader: Reader, payloads: Payloads, make: Callable[[IssueRecord], R]) -> None:
        self._reader = reader
        self._payloads = payloads
        self._make = make

    def __call__(self, told: Chunk[Told]) -> Chunk[R]:
        """The chunk with what was made. What cannot be read is told in it, and never ends the sync."""
        place = (told.cursor, told.last_id, told.is_end_of_page)
        chunk = Chunk[R]({}, {}, dict(told.unread), told.gone, *place)
        unread = len(chunk.unread)
        for jira_id, one in told.records.items():
            try:
                chunk.records[jira_id] = self._make(self._reader.read(self._payloads(one), chunk.labels))
            except UserError as error:
                chunk.unread[jira_id] = str(error)
            except Exception as error:
                log.exception("work item %s", jira_id)
                chunk.unread[jira_id] = f"it cannot be read: {type(error).__name__}; the log says more"
        if len(chunk.unread) == unread:
            return chunk
        # What could not be read has taught some names, which nothing uses: the others are made once more without it.
        read = {jira_id: told.records[jira_id] for jira_id in chunk.records}
        return self(Chunk(read, {}, chunk.unread, told.gone, *place))


class Elsewhere(Protocol):
    """Other processes that read (`apart.Apart`)."""

    def chunks(self, window: Window, cursor: str, last_id: str, then: Window | None = None) -> Iterator[bytes]:
        """What a window holds, from a place on, packed, while that of the window `then` is read ahead."""

    def unpack(self, packed: bytes) -> Chunk[IssueRecord]:
        """One of those chunks."""

    @property
    def is_running(self) -> bool:
        """Whether they are there already."""

    def forget(self) -> None:
        """Have nothing read ahead: what is there is changed by others."""

    def close(self) -> None:
        """End them."""


class Reading:
    """Reads from one source. `waits` is called each second in which nothing comes; it may raise."""

    def __init__(
        self,
        source: JiraSource,
        reader: Reader,
        pauses: Pauses,
        waits: Callable[[], None],
        apart: Elsewhere | None = None,
    ) -> None:
        self._source = source
        self._chunks = Chunks(source)
        self._reader = reader
        self._apart = apart
        self._pauses = pauses
        self._waits = waits

    def these(self, ids: list[str]) -> Iterator[Chunk[IssueRecord]]:
        """Work items by id."""
        return self._here(self._chunks.pages([IdPage(ids, None)], "", "", _FEW_ITEMS)) if ids else iter(())

    def window(
        self,
        window: Window,
        cursor: str,
        last_id: str,
        reconcile: Sequence[str] = (),
        *,
        is_long: bool = False,
        then: Window | None = None,
    ) -> Iterator[Chunk[IssueRecord]]:
        """The work items of a window, from a page's cursor on, after that id of the page; a long one is read apart.

        Of the window `then` some is read ahead there, for the call that asks for it next. Raises what the source
        raises. Where the caller stops early, or asks for something else, what was read ahead is forgotten.
        """
        if self._apart and not reconcile and (is_long or self._apart.is_running):
            return self._there(self._apart, self._apart.chunks(window, cursor, last_id, then))
        return self._here(self._chunks.window(window, cursor, last_id, reconcile))

    def _here(self, chunks: Iterator[Chunk[Told]]) -> Iterator[Chunk[IssueRecord]]:
        if self._apart:
            self._apart.forget()
        return self._ahead(self._understood(chunks), _AHEAD)

    def _understood(self, chunks: Iterator[Chunk[Told]]) -> Iterator[Chunk[IssueRecord]]:
        for chunk in chunks:
            yield Understanding(self._reader, self._source.payloads, lambda record: record)(chunk)

    def _there(self, apart: Elsewhere, chunks: Iterator[bytes]) -> Iterator[Chunk[IssueRecord]]:
        with closing(self._ahead(chunks, _AHEAD_APART)) as ahead:
            for packed in ahead:
                yield apart.unpack(packed)

    def _ahead(self, chunks: Iterator[T], most: int) -> Generator[T]:
        found: Queue[T | BaseException | None] = Queue(most)
        ended = self._pauses.ended = threading.Event()
        thread = threading.Thread(target=_fill, args=(found, ended, chunks), name="reading", daemon=True)
        thread.start()
        is_done = False
        try:
            while True:
                try:
                    told = found.get(timeout=_LOOK_S)
                except Empty:
                    self._waits()
                    continue
                if told is None:
                    is_done = True
                    return
                if isinstance(told, BaseException):
                    raise told
                yield told
        finally:
            ended.set()
            if not is_done and self._apart:
                self._apart.close()  # the thread may wait for it
            thread.join(_LOOK_S)


def _fill(found: "Queue[T | BaseException | None]", ended: threading.Event, chunks: Iterator[T]) -> None:
    try:
        for chunk in chunks:
            if not _put(found, chunk, ended):
                return
        _put(found, None, ended)
    except BaseException as error:  # it is the caller's, who raises it
        _put(found, error, ended)


def _put(found: "Queue[T | BaseException | None]", told: T | BaseException | None, ended: threading.Event) -> bool:
    """Whether the caller still wants it."""
    while not ended.is_set():
        with suppress(Full):
            found.put(told, timeout=0.2)
            return True
    return False
