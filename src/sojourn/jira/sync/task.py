"""The job that keeps one connection's site in step, and asking for it."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django_tasks import task

from sojourn.errors import Refused, UserError
from sojourn.history.write import Writer, tell_planner
from sojourn.jira import access, again, oauth
from sojourn.jira.failures import CredentialsRefused
from sojourn.jira.manners import Manners
from sojourn.jira.models import Connection, Method, ProjectState
from sojourn.jira.payload import Reader
from sojourn.jira.source import JiraSource
from sojourn.jira.sync import compare, names, past, recent
from sojourn.jira.sync.apart import Apart
from sojourn.jira.sync.hand import Hand
from sojourn.jira.sync.pauses import LongWait, Pauses
from sojourn.jira.sync.reading import Reading, rarely_collected
from sojourn.jobs import queue
from sojourn.jobs.models import Job
from sojourn.jobs.run import PutBack, Run

_MANY = 1_000
_NAMED_EVERY = timedelta(seconds=30)
"""While the past is read, what webhooks name is read so often at most: what was read ahead is read again after it."""

log = logging.getLogger(__name__)


def ask(name: str, now: datetime, *, full: bool = False, project: str = "", hints: bool = False, by: str = "") -> Job:
    """Ask for a sync of a connection, or give the one that is not finished; two of one never run at once."""
    arguments = {"connection": name, "full": full, "project": project, "hints": hints}
    return queue.ask(sync, arguments, now=now, key=f"sync {name}", by=by)


@task(takes_context=True)  # type: ignore[arg-type]  # jobs hand in a Run
def sync(context: Run, connection: str, full: bool = False, project: str = "", hints: bool = False) -> None:
    """Bring a site in step with its Jira: all of it, or one project by key. `full` reads all that is there anew.

    With `hints` only what webhooks named is read.
    """
    row = Connection.objects.filter(name=connection).first()
    if row is None:
        raise UserError(f"There is no connection {connection!r:.80}. `sojourn connect --list` shows those there are.")
    if row.refused:
        raise UserError(f"{row.refused} No call is made until then.")
    if not hints:
        _keep(row, last_run_at=context.now())
    with _telling(context, row):
        pauses = Pauses(context.look)
        oauth.renew(row, access.route(), context.now())
        reads: dict[str, Any] = {
            "custom_fields": settings.SOJOURN_CUSTOM_FIELDS,
            "keep_texts": settings.SOJOURN_KEEP_TEXTS,
        }
        apart = Apart(access.jira(row), access.route(), reads, row.name)
        with open_source(row, pauses) as source, closing(apart), rarely_collected():
            reading = Reading(source, Reader(**reads), pauses, context.look, apart)
            hand = Hand(context, row, source, reading, Writer(row.site.name))
            if hints:
                recent.work_off(hand)
                return
            _run(hand, full=full, project=project)
    _keep(row, last_problem="", last_ok_at=context.now())


def open_source(connection: Connection, pauses: Pauses) -> JiraSource:
    """The Jira of a connection."""
    target = access.jira(connection)
    return JiraSource.open(target, access.route(), Manners(connection.name, sleep=pauses.sleep))


@contextmanager
def _telling(context: Run, row: Connection) -> Iterator[None]:
    """Keep how a run ended with the connection."""
    try:
        yield
    except LongWait as wait:
        _keep(row, last_problem=str(wait))
        raise PutBack(context.now() + timedelta(seconds=wait.wait_s)) from wait
    except CredentialsRefused as refused:
        if not isinstance(refused, oauth.GrantLost) and _is_renewed(context, row):
            raise PutBack from refused
        log.error("%s: no call is made any more: %s", row.name, refused)
        _keep(row, last_problem=str(refused), refused=str(refused), refused_at=context.now())
        raise
    except UserError as error:
        _keep(row, last_problem=str(error))
        raise


def _is_renewed(context: Run, row: Connection) -> bool:
    """Whether another access token was had in place of one that was refused before its time: once in a job."""
    place = context.cursor or {}
    if row.method != Method.OAUTH or place.get("is_renewed"):
        return False
    with context.step():
        context.cursor = {**place, "is_renewed": True}
    try:
        oauth.renew(row, access.route(), context.now(), always=True)
    except CredentialsRefused:
        return False
    return True


def _keep(row: Connection, **what: object) -> None:
    Connection.objects.filter(pk=row.pk).update(**what)


def _run(hand: Hand, *, full: bool, project: str) -> None:
    """What a run does, in order (`sync`)."""
    _ = hand.source.zone  # where the credentials are not taken, asking for it is the one call
    seen, new, lost = names.projects(hand)
    states = _chosen(seen, project)
    names.refresh(hand)
    anew = [state for state in states if state in new or (full and not (hand.context.cursor or {}).get("is_begun"))]
    _begin(hand, anew)
    begun = looked = _recent(hand, states, is_all=not project)
    for state in lost:
        compare.remove(hand, state)

    def is_old() -> bool:
        return hand.context.now() - begun >= timedelta(minutes=hand.connection.interval_min)

    def is_named() -> bool:
        return hand.context.now() - looked >= _NAMED_EVERY and again.is_named(hand.connection, hand.context.now())

    older = past.Past(hand, states)
    while older.read(lambda: is_old() or is_named()):
        if is_old():
            begun = looked = _recent(hand, states, is_all=not project)
        elif is_named():
            recent.work_off(hand)
            looked = hand.context.now()
    for state in states:
        if compare.is_due(hand, state):
            compare.compare(hand, state)
    with hand.step():
        hand.context.line = f"In step; {hand.items:,} work items read"
    if hand.items >= _MANY:
        tell_planner()


def _chosen(seen: list[ProjectState], project: str) -> list[ProjectState]:
    if not project:
        return seen
    found = [state for state in seen if project in (state.key, state.project)]
    if not found:
        keys = ", ".join(state.key for state in seen[:20]) or "none"
        raise Refused("project", f"the account sees no project {project!r:.60}; it sees {keys}")
    return found


def _begin(hand: Hand, states: list[ProjectState]) -> None:
    """Read projects anew that are new, or all of a full sync: once, however often the job is begun."""
    if states:
        past.begin(hand, states)
    with hand.step():
        hand.context.cursor = {**(hand.context.cursor or {}), "is_begun": True}


def _recent(hand: Hand, states: list[ProjectState], *, is_all: bool) -> datetime:
    """Read the recent; the answer is when that began."""
    begun = hand.context.now()
    recent.catch_up(hand, states, is_all=is_all)
    recent.work_off(hand)
    return begun
