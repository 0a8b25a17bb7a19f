"""Switching things on in a simulated Jira from another process: `POST /control` with `{"do": …}` and its arguments.

{"do": "transition", "issue": "10001", "status": "10002"}     any function of changes.py, by its arguments
{"do": "fault", "kind": "html", "endpoint": "search/jql", "times": 2}
{"do": "limits", "burst": 10, "points": 65000}                Cloud; {"size", "fill", "interval_s"} for Data Center
{"do": "clock", "advance_s": 3600}
{"do": "lag", "seconds": 30}                                  how far the search is behind
{"do": "webhooks", "times": 10, "delay_s": 60, "is_shuffled": true, "lost": 0.2}   what becomes of them on the way
"""

from typing import TYPE_CHECKING, Any

import orjson

from sojourn.errors import UserError
from sojourn.jira.simulator import changes
from sojourn.jira.simulator.asking import Reply, Wrong, reply
from sojourn.jira.simulator.faults import Fault
from sojourn.jira.simulator.limits import BucketLimits, CloudLimits, NoLimits
from sojourn.jira.simulator.webhooks import Mess

if TYPE_CHECKING:
    from sojourn.jira.simulator.app import Simulator

_CHANGES = {
    change.__name__: change
    for change in (
        changes.create,
        changes.edit,
        changes.transition,
        changes.move,
        changes.comment,
        changes.delete,
        changes.rename_status,
        changes.delete_status,
        changes.protect,
        changes.allow,
        changes.revoke,
        changes.hold,
    )
}


def control(simulator: "Simulator", body: bytes) -> Reply:
    """Do what the body says; answers 400 with the reason where it cannot be done."""
    try:
        asked = orjson.loads(body)
        _do(simulator, asked.pop("do"), asked)
    except (ValueError, TypeError, KeyError, AttributeError, UserError) as error:
        return Wrong(400, f"cannot be done: {error!r}").reply()
    return reply({"now_ms": simulator.site.clock.now_ms})


def _do(simulator: "Simulator", what: str, asked: dict[str, Any]) -> None:
    if what in _CHANGES:
        _CHANGES[what](simulator.site, **asked)
    elif what == "fault":
        simulator.faults.add(Fault(**asked))
    elif what == "limits":
        chosen = BucketLimits if "size" in asked else CloudLimits if asked else NoLimits
        simulator.limits = chosen(**asked)
    elif what == "clock":
        simulator.site.clock.advance(asked["advance_s"])
    elif what == "lag":
        simulator.site.lag_s = asked["seconds"]
    elif what == "webhooks":
        simulator.post.mess = Mess(**asked)
    else:
        raise KeyError(what)
