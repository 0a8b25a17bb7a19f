"""What starts, stops and measures an SLA, in the types and names of the Time to SLA services."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sojourn.core.sla.conditions import Changed, Condition, Created, Happened, Leaf, Reached, leaves
from sojourn.core.sla.policy import Duration, DynamicDuration, NegotiationDate, NextBusinessDay, Policy, Target
from sojourn.sla.checks import STATUS


@dataclass(frozen=True)
class Names:
    """What a site calls statuses, by id, and fields, by key."""

    statuses: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    def of_field(self, key: str) -> str:
        """The name of a field; its key where nobody knows one."""
        return self.fields.get(key, key)


def kind_of(condition: Condition) -> str:
    """The type of what starts or stops: of several, that of the first; empty where there is nothing."""
    return next((_kind(leaf) for leaf in leaves(condition)), "")


def name_of(condition: Condition, names: Names) -> str:
    """The names of what starts or stops, each once."""
    return ", ".join(dict.fromkeys(name for leaf in leaves(condition) for name in _called(leaf, names)))


def _kind(leaf: Leaf) -> str:
    match leaf:
        case Reached():
            return "DATE"
        case Created():
            return "CREATED"
        case Happened(stream, _):
            return "COMMENT" if stream == "comment" else "SLA"
    return "STATUS" if leaf.field == STATUS else "FIELD"


def _called(leaf: Leaf, names: Names) -> list[str]:
    match leaf:
        case Created():
            return ["Created"]
        case Happened("comment", _):
            return ["Comment"]
        case Happened(stream, _):
            return [stream.replace("sla:", "SLA ")]
        case Reached(key):
            return [names.of_field(key)]
    if leaf.field != STATUS:
        return [names.of_field(leaf.field)]
    ids = (leaf.after or leaf.before or ()) if isinstance(leaf, Changed) else leaf.values
    return sorted(names.statuses.get(one, one) for one in ids if one is not None)


def value_of(target: Target, names: Names) -> tuple[str, str]:
    """The type of a goal, and the name of what it is taken from."""
    match target:
        case Duration():
            return "SLA_VALUE", "SLA Value"
        case NegotiationDate(key, _):
            return "NEGOTIATION_DATE", names.of_field(key)
        case DynamicDuration(key, _):
            return "DYNAMIC_DURATION", names.of_field(key)
        case NextBusinessDay():
            return "NEXT_BUSINESS_DAY", "Next Business Day"
    return "NO_TARGET", "No Target"


def keys_of(policy: Policy) -> set[str]:
    """The keys of the fields whose names may be told of a policy."""
    parts = [leaf for condition in (policy.start, policy.stop) for leaf in leaves(condition)]
    targets = [goal.target for goal in policy.goals]
    fields = {getattr(one, "field", STATUS) for one in (*parts, *targets)}
    return fields - {STATUS}
