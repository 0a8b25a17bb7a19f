"""What is there now in a Jira: projects, and what statuses, priorities, fields and people are called (semantics 6)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sojourn.jira import values
from sojourn.jira.failures import NotAllowed
from sojourn.jira.models import ProjectState
from sojourn.jira.sync.hand import Hand

_LONGEST = 255
_PEOPLE_EVERY = timedelta(days=1)


def refresh(hand: Hand) -> None:
    """Take all names there are; what a Jira no longer lists is deleted. People are asked for once a day."""
    statuses, priorities, fields = hand.source.statuses(), hand.source.priorities(), hand.source.fields()
    with hand.step():
        for kind, told in (("status", statuses), ("priority", priorities)):
            labels = _labels(told)
            if labels:
                hand.writer.declare(kind, labels)
        hand.writer.name_fields(
            {str(one.get("id"))[:_LONGEST]: str(one.get("name")) for one in fields if one.get("name")}
        )
    people_at = hand.connection.people_at
    if people_at is None or people_at <= hand.context.now() - _PEOPLE_EVERY:
        _people(hand)


def _people(hand: Hand) -> None:
    try:
        users = hand.source.users()
    except NotAllowed:
        users = []  # `connect` says that the permission is lacking, and what for
    with hand.step():
        labels = {key: (values.name_of(user), "") for user in users if (key := values.user_key(user))}
        hand.writer.declare("user", labels, is_whole=False)
        hand.connection.people_at = hand.context.now()
        hand.connection.save(update_fields=["people_at"])


def _labels(told: Iterable[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    return {key: (values.name_of(one), values.category_of(one)) for one in told if (key := values.key_of(one))}


def projects(hand: Hand) -> tuple[list[ProjectState], list[ProjectState], list[ProjectState]]:
    """The projects that the account sees, by key; of them those that are to be read anew; and those it sees no more."""
    told = {str(one["id"]): one for one in hand.source.projects() if one.get("id") and one.get("key")}
    known = {state.project: state for state in hand.connection.projects.all()}
    with hand.step():
        for jira_id, one in told.items():
            state = known.setdefault(jira_id, ProjectState(connection=hand.connection, project=jira_id, is_seen=False))
            _learn(state, str(one["key"])[:_LONGEST], str(one.get("name") or one["key"])[:_LONGEST])
        hand.writer.name_projects({jira_id: (known[jira_id].key, known[jira_id].name) for jira_id in told})
    seen = sorted((known[jira_id] for jira_id in told), key=lambda state: state.key)
    lost = [state for jira_id, state in known.items() if jira_id not in told and state.is_seen]
    return seen, [state for state in seen if state.swept_to_ms is None], lost


def _learn(state: ProjectState, key: str, name: str) -> None:
    """Keep a project that is seen; one that was not seen before is to be read anew."""
    if not state.is_seen:
        state.swept_to_ms = None
    elif (state.key, state.name) == (key, name):
        return
    state.key, state.name, state.is_seen = key, name, True
    state.save()
