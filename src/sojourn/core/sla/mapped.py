"""A policy with other single conditions in the places of its own."""

from collections.abc import Callable
from dataclasses import replace

from sojourn.core.sla.conditions import All, Any, Condition, Leaf, leaves
from sojourn.core.sla.policy import Policy

PARTS = ("start", "pause", "stop", "reset", "cancel")
"""The conditions of a policy, by name."""


def mapped(policy: Policy, change: Callable[[Leaf], Leaf]) -> Policy:
    """The policy with every single condition changed."""
    start, pause, stop, reset, cancel = (_mapped(getattr(policy, part), change) for part in PARTS)
    return replace(policy, start=start, pause=pause, stop=stop, reset=reset, cancel=cancel)


def _mapped(condition: Condition, change: Callable[[Leaf], Leaf]) -> Condition:
    if isinstance(condition, All | Any):
        return replace(condition, parts=tuple(_mapped(part, change) for part in condition.parts))
    return change(condition)


def all_leaves(policy: Policy) -> list[Leaf]:
    """Every single condition of a policy."""
    return [leaf for part in PARTS for leaf in leaves(getattr(policy, part))]
