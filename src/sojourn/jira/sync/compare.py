"""Comparing all ids of a project with the store's, which finds what was deleted, hidden, shown again or missed.

What Jira does not list is asked for by itself before it is taken for gone: a sweep can end early unseen.
"""

from contextlib import suppress
from datetime import timedelta

from sojourn.errors import UserError
from sojourn.history.models import Issue
from sojourn.jira.answers import Batch
from sojourn.jira.failures import CursorLost
from sojourn.jira.models import ProjectState
from sojourn.jira.sync import drift
from sojourn.jira.sync.hand import Hand
from sojourn.jira.sync.reading import Chunk
from sojourn.jira.window import Window

EVERY = timedelta(days=1)
_SWEEPS = 3
_AT_ONCE = 1_000


def is_due(hand: Hand, state: ProjectState) -> bool:
    """Whether the ids of a project are to be compared: once a day, once its past is read."""
    return state.is_whole and (state.compared_at is None or state.compared_at <= hand.context.now() - EVERY)


def compare(hand: Hand, state: ProjectState) -> None:
    """Read what the store lacks of a project, and mark what is gone."""
    window = Window(state.project)
    listed, missed = _listed(hand, window)
    for _ in range(_SWEEPS - 1):
        if hand.source.count(window) <= len(listed):
            break
        more, found = _listed(hand, window)
        if more <= listed:  # Cloud counts about right only
            break
        listed |= more
        missed += found
    hand.read(issue for issue in _stored(hand, state) if issue not in listed)
    with hand.step():
        state.compared_at = hand.context.now()
        state.save(update_fields=["compared_at"])
        drift.note(hand, [state], missed)


def _listed(hand: Hand, window: Window) -> tuple[set[str], int]:
    """All ids that Jira lists, and how many of them the store lacked and were read."""
    for _ in range(_SWEEPS - 1):
        try:
            return _list(hand, window)
        except CursorLost:
            continue
    return _list(hand, window)


def _list(hand: Hand, window: Window) -> tuple[set[str], int]:
    listed: set[str] = set()
    found = 0
    for page in hand.source.ids(window):
        listed.update(page.ids)
        found += hand.read(hand.lacking(page.ids, window))
    return listed, found


def remove(hand: Hand, state: ProjectState) -> None:
    """Mark the work items of a project that the account does not see any more as gone.

    Some of them are asked for before: where Jira gives them, its list of projects was not whole, and nothing is done.
    """
    stored = _stored(hand, state)
    for batch in hand.source.batches(stored[: _AT_ONCE // 10]):
        if _still_there(hand, batch, state):
            hand.context.log(f"Jira does not list {state.key} now, and gives its work items; it stays as it is.")
            return
    for start in range(0, len(stored), _AT_ONCE):
        hand.keep(Chunk(gone=stored[start : start + _AT_ONCE]))
    with hand.step():
        state.is_seen = False
        state.save(update_fields=["is_seen"])
        hand.context.log(f"The account sees {state.key} no more: its {len(stored):,} work items are gone from here.")


def _still_there(hand: Hand, batch: Batch, state: ProjectState) -> bool:
    for told in batch.told.values():
        with suppress(UserError):  # what makes no sense says nothing
            project = hand.source.payloads(told)["fields"].get("project")
            if isinstance(project, dict) and str(project.get("id")) == state.project:
                return True
    return False


def _stored(hand: Hand, state: ProjectState) -> list[str]:
    site = hand.connection.site_id
    found = Issue.objects.filter(site=site, project__site=site, project__jira_id=state.project, deleted_ms=None)
    return list(found.order_by("pk").values_list("jira_id", flat=True))
