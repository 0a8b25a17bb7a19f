"""The public face of a Jira, the same for Cloud and Data Center: what a sync reads from.

    jira = Jira("cloud", "https://acme.atlassian.net", ApiToken("bot@acme.com", token))
    with JiraSource.open(jira, Route(openings)) as source:
        account = source.myself()                                     # its zone is that of all JQL
        started_ms = source.now_ms()                                  # Jira's clock: the next watermark
        window = Window(project="10000", since_ms=watermark_ms)
        for page in source.ids(window):                               # page.cursor resumes a sweep that was ended
            for batch in source.batches(page.ids):                    # in the order of the ids, in flat memory
                writer.write([reader.read(source.payloads(told)) for told in batch.told.values()])
        source.count(window)                                          # to compare: a sweep can end early unseen

A sweep can name one id twice, and can miss what moves while it is swept; whoever sweeps counts, and sweeps with an
overlap. A work item in `Batch.gone` is deleted or hidden; in `Batch.unread`, one to report and ask for again.

Waiting is inside: a call returns when it was made, with all the manners of `manners`. It raises Unavailable when Jira
fails for long, CredentialsRefused when no call may be made any more with these credentials, CursorLost when a window
has to begin again. To end it early, hand `Manners` a sleep that raises.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import Any, Literal, TypeVar

from sojourn.errors import UserError
from sojourn.jira.answers import Account, Batch, IdPage, Permission, Told
from sojourn.jira.client import Client
from sojourn.jira.cloud import Cloud
from sojourn.jira.credentials import Credentials
from sojourn.jira.datacenter import DataCenter
from sojourn.jira.failures import CredentialsRefused, CursorLost, JiraFailure, Unavailable
from sojourn.jira.holders import Permits
from sojourn.jira.manners import Manners
from sojourn.jira.request import Talk
from sojourn.jira.transport import Transport
from sojourn.jira.window import Window
from sojourn.net import Route

Kind = Literal["cloud", "datacenter"]
T = TypeVar("T")
PARALLEL = 3
"""Calls at once: enough to keep a machine busy, few enough that revoked credentials lock no account."""
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Jira:
    """Which Jira, who asks, and whether long texts are asked for."""

    kind: Kind
    url: str
    credentials: Credentials
    texts: bool = False


_APIS: dict[Kind, type[Cloud] | type[DataCenter]] = {"cloud": Cloud, "datacenter": DataCenter}


@dataclass(frozen=True, slots=True)
class Payloads:
    """Makes payloads of what a Jira told; `names` are those of its custom fields by id."""

    kind: Kind
    names: Mapping[str, str]

    def __call__(self, told: Told) -> dict[str, Any]:
        """One payload, as `payload.Reader` reads it; raises Refused or JiraFailure where Jira told something else."""
        issue = _APIS[self.kind].payload(*told)
        names = {name: self.names[name] for name in issue["fields"] if name in self.names}
        return {**issue, "names": names} if names else issue


class JiraSource:
    """One Jira. Its methods raise JiraFailure, or AddressRefused or CallFailed of net."""

    def __init__(self, kind: Kind, client: Client, *, texts: bool = False, parallel: int = PARALLEL) -> None:
        self._kind: Kind = kind
        self._api = _APIS[kind](texts=texts)
        self._client = client
        self._parallel = parallel
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="jira")
        self._transport: Transport | None = None

    @classmethod
    def open(
        cls,
        jira: Jira,
        route: Route,
        manners: Manners | None = None,
        *,
        parallel: int = PARALLEL,
        seconds: float = _SECONDS,
    ) -> "JiraSource":
        """A source of that Jira; `seconds` is how long one call may take. Close it in the end."""
        transport = Transport(jira.url, jira.credentials, route, connections=parallel, seconds=seconds)
        client = Client(transport.name, jira.credentials, transport, manners or Manners(transport.name))
        source = cls(jira.kind, client, texts=jira.texts, parallel=parallel)
        source._transport = transport
        return source

    def __enter__(self) -> "JiraSource":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all calls and connections."""
        self._pool.shutdown(cancel_futures=True)
        if self._transport:
            self._transport.close()

    def ids(self, window: Window, cursor: str | None = None, reconcile: Sequence[str] = ()) -> Iterator[IdPage]:
        """The ids of the work items in a window, page by page, from a cursor on."""
        jql = window.jql(self.zone)
        while True:
            page = self._client.run(self._api.ids(jql, cursor, reconcile))
            yield page
            cursor = page.cursor
            if cursor is None:
                return

    def batches(self, ids: Sequence[str]) -> Iterator[Batch]:
        """The work items by id, fetched a few batches at once and given in the order of the ids."""
        waiting: deque[Future[Batch]] = deque()
        try:
            for some in _batched(ids, self._api.batch_size):
                waiting.append(self._pool.submit(self._batch, some))
                if len(waiting) > self._parallel:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _batch(self, ids: Sequence[str], *, is_part: bool = False) -> Batch:
        """What became of some work items. One that makes the answer senseless is told, and the others are read."""
        try:
            batch = self._client.run(self._api.batch(ids))
        except (CredentialsRefused, CursorLost):
            raise
        except Unavailable as error:
            return self._without_poison(ids, error, is_part=is_part)
        except JiraFailure as error:
            if len(ids) == 1:
                return _unread(ids, error)
            batch = self._batch(ids[: len(ids) // 2])
            batch.add(self._batch(ids[len(ids) // 2 :]))
            return batch
        batch.asked.extend(ids)
        return batch

    def _without_poison(self, ids: Sequence[str], error: Unavailable, *, is_part: bool) -> Batch:
        """Read work items by halves where Jira breaks over one of them, and tell which half it is.

        Raises the error where Jira itself is down, asks to wait, or breaks over both halves.
        """
        if error.wait_s or (len(ids) == 1 and is_part):
            raise error
        self.now_ms()
        if len(ids) == 1:
            return _unread(ids, error)
        whole, broken = Batch(), 0
        for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
            try:
                whole.add(self._batch(half, is_part=True))
            except Unavailable as again:
                if again.wait_s or broken:
                    raise
                broken += 1
                whole.add(_unread(half, again))
        return whole

    def count(self, window: Window) -> int:
        """How many work items are in a window; about how many, from Cloud."""
        return self._client.run(self._api.count(window.condition(self.zone)))

    def statuses(self) -> list[dict[str, Any]]:
        """Every status there is now, with its category."""
        return self._client.run(self._api.statuses())

    def priorities(self) -> list[dict[str, Any]]:
        """Every priority there is now."""
        return self._client.run(self._api.priorities())

    def projects(self) -> list[dict[str, Any]]:
        """Every project that the account may see."""
        return self._client.run(self._api.projects())

    def users(self) -> list[dict[str, Any]]:
        """Every account; raises NotAllowed where the caller may not browse users."""
        return self._client.run(self._api.users())

    def fields(self) -> list[dict[str, Any]]:
        """Every field."""
        return self._client.run(self._api.fields())

    def browse_holders(self, projects: Sequence[str]) -> dict[str, list[str]]:
        """Who holds Browse in projects, by id, as `holders` tells it."""
        found = self._pool.map(lambda project: self._client.run(self._api.browse_holders(project)), projects)
        return dict(zip(projects, found, strict=True))

    def level_holders(self) -> dict[str, list[str]]:
        """Who is in each security level, by id; those that Jira does not tell of are missing."""
        return self._client.run(self._api.level_holders())

    def permitted(self, account: str, ids: Sequence[str]) -> Permits:
        """What an account may do with work items."""
        permits = Permits()
        some = _batched(ids, self._api.most_permits)
        for one in self._pool.map(lambda part: self._client.run(self._api.permitted(account, part)), some):
            permits.add(one)
        return permits

    def now_ms(self) -> int:
        """Jira's clock, in ms UTC."""
        return self._client.run(self._api.now_ms())

    def myself(self) -> Account:
        """Whom Jira takes the caller for, and the zone in which it reads JQL."""
        return self._client.run(self._api.myself())

    def missing_permissions(self, project: str = "") -> list[Permission]:
        """Which permissions the account lacks, in a project by id or anywhere, and what for."""
        return self._client.run(self._api.missing_permissions(project))

    def run(self, talk: Talk[T]) -> T:
        """What some other talk with this Jira comes to."""
        return self._client.run(talk)

    @cached_property
    def zone(self) -> tzinfo:
        """The zone of the account, asked once."""
        return self.myself().zone

    @cached_property
    def payloads(self) -> Payloads:
        """Makes payloads of what was told. What custom fields are called is asked once: Data Center's changelogs know
        them by name only."""
        names = {str(one.get("id")): str(one.get("name")) for one in self.fields() if one.get("custom")}
        return Payloads(self._kind, names)


def _unread(ids: Sequence[str], error: UserError) -> Batch:
    return Batch(unread=dict.fromkeys(ids, str(error)), asked=list(ids))


def _batched(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
