"""Definitions and their versions as JSON, for all who show them."""

from typing import Any

from sojourn.core.instants import utc_text
from sojourn.core.sla.parse import read_policy
from sojourn.core.sla.write import write_policy
from sojourn.sla.models import Definition, Extension, Reset, Version


def definition_as_json(one: Definition, latest: Version) -> dict[str, Any]:
    """A definition, and what it says: as published, or, where nothing is, as the last draft has it."""
    shown = one.published or latest
    return {
        "id": one.pk,
        "name": shown.name,
        "site": one.site.name if one.site else None,
        "enabled": one.enabled,
        "published": one.published.number if one.published else None,
        "latest": latest.number,
        "policy": policy_as_json(shown),
    }


def policy_as_json(one: Version) -> dict[str, Any]:
    """What a version says, with its keys in the order of docs/sla.md, which not every database keeps."""
    return write_policy(read_policy(one.policy))


def version_as_json(one: Version) -> dict[str, Any]:
    """A version with who saved and published it; instants are texts in UTC, null where it was not published."""
    is_published = one.published_ms is not None
    return {
        "version": one.number,
        "name": one.name,
        "policy": policy_as_json(one),
        "legacy": one.legacy,
        "saved": utc_text(one.saved_ms),
        "saved_by": one.saved_by,
        "reason": one.reason,
        "published": utc_text(one.published_ms) if one.published_ms is not None else None,
        "published_by": one.published_by if is_published else None,
        "applies_to": one.applies_to if is_published else None,
    }


def by_hand_as_json(one: Reset | Extension) -> dict[str, Any]:
    """A reset or an extension, with who made and undid it; instants are texts in UTC."""
    own: dict[str, Any]
    if isinstance(one, Reset):
        own = {"what": "reset", "at": utc_text(one.at_ms), "reset_kind": one.kind, "finished": one.finished}
    else:
        own = {"what": "extension", "by_ms": one.by_ms, "basis": one.basis}
    return {
        "id": one.pk,
        **own,
        "made": utc_text(one.made_ms),
        "who": one.who,
        "reason": one.why,
        "undone": utc_text(one.undone_ms) if one.undone_ms is not None else None,
        "undone_by": one.undone_by or None,
    }
