"""`/issues/{key}/slas/{number}/resets` and `/extensions`: what people do to the clock of one work item, and undo."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Path, Router, Schema, Status
from pydantic import ConfigDict

from sojourn.access.roles import Area
from sojourn.api.bodies import expect_none
from sojourn.api.errors import Problem
from sojourn.api.issues import find
from sojourn.api.security import account_of, need, sight_of
from sojourn.api.slas import Number, Reason
from sojourn.api.slas import find as find_sla
from sojourn.history.models import Issue
from sojourn.reports.options import instant_ms
from sojourn.sla import by_hand
from sojourn.sla.models import Definition, Extension, Reset
from sojourn.sla.shown import by_hand_as_json

router = Router(tags=["SLAs"])
_AREA: Area = "issue-actions"
_ONE = "/issues/{key}/slas/{number}"
Done = Annotated[int, Path(ge=1, le=(1 << 63) - 1, description="The number of the reset or extension.")]
Which = Literal["resets", "extensions"]
_MODELS: dict[Which, type[Reset] | type[Extension]] = {"resets": Reset, "extensions": Extension}


class ResetIn(Schema):
    """A reset: `at` is an instant of the past, now if not given; `finished` is what becomes of finished cycles."""

    model_config = ConfigDict(extra="forbid")

    at: str = ""
    kind: Literal["restart", "invalidate"] = "restart"
    finished: Literal["nothing", "restart", "invalidate"] | None = None
    reason: Reason = ""


class ExtensionIn(Schema):
    """More time for an open clock."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[str, Field(description="Working time, such as 4h or 1d 4h; a day is the calendar's business day.")]
    basis: Annotated[Literal["target", "now"], Field(description="After the old target, or from now on.")] = "target"
    reason: Reason = ""


class DoneOut(Schema):
    """What was done: `at`, `reset_kind` and `finished` are a reset's, `by_ms` and `basis` an extension's."""

    id: int
    what: Literal["reset", "extension"]
    made: str
    who: str
    reason: str
    undone: str | None
    undone_by: str | None
    at: str | None = None
    reset_kind: str | None = None
    finished: str | None = None
    by_ms: int | None = None
    basis: str | None = None


@router.get(
    f"{_ONE}/by-hand",
    auth=need("read"),
    response=dict[str, list[DoneOut]],
    operation_id="sla-by-hand",
    summary="What was done to a clock by hand",
)
def listed(request: HttpRequest, key: str, number: Number, site: str = "") -> dict[str, Any]:
    """All resets and extensions of a clock, the first first; also those that were undone."""
    issue, definition = _found(request, key, number, site)
    return {"values": [by_hand_as_json(one) for one in by_hand.done_to(issue, definition)]}


@router.post(
    f"{_ONE}/resets",
    auth=need("write", _AREA),
    response={201: DoneOut},
    operation_id="reset-sla",
    summary="Reset a clock",
)
def was_reset(request: HttpRequest, key: str, number: Number, body: ResetIn, site: str = "") -> Any:
    """Begin a clock anew, for an instant."""
    issue, definition = _found(request, key, number, site)
    at_ms = instant_ms(body.at, ZoneInfo("UTC"), "at") if body.at else None
    made = by_hand.reset(
        issue, definition, **_who(request), why=body.reason, at_ms=at_ms, kind=body.kind, finished=body.finished
    )
    return Status(201, by_hand_as_json(made))


@router.post(
    f"{_ONE}/extensions",
    auth=need("write", _AREA),
    response={201: DoneOut},
    operation_id="extend-sla",
    summary="Extend the deadline of a clock",
)
def extended(request: HttpRequest, key: str, number: Number, body: ExtensionIn, site: str = "") -> Any:
    """Give an open clock more time; a breach that no longer is one is taken back."""
    issue, definition = _found(request, key, number, site)
    from_now = body.basis == "now"
    made = by_hand.extend(issue, definition, body.by, **_who(request), why=body.reason, from_now=from_now)
    return Status(201, by_hand_as_json(made))


@router.delete(
    f"{_ONE}/{{which}}/{{done}}",
    auth=need("write", _AREA),
    response={204: None},
    operation_id="undo-sla-by-hand",
    summary="Undo a reset or an extension",
)
def undone(
    request: HttpRequest, key: str, number: Number, which: Which, done: Done, site: str = "", reason: str = ""
) -> Any:
    """Undo it: it never was. Replays to moments before know of it, and it stays in the list."""
    expect_none(request)
    issue, definition = _found(request, key, number, site)
    one = _MODELS[which]._default_manager.filter(pk=done, issue=issue, definition=definition).first()
    if one is None:
        raise Problem(404, f"There is no such one among the {which} of SLA {number} on {issue.key}.")
    by_hand.undo(one, **_who(request), why=reason)
    return Status(204, None)


def _found(request: HttpRequest, key: str, number: int, site: str) -> tuple[Issue, Definition]:
    return find(key, site, sight_of(request)), find_sla(number)


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"now_ms": round(timezone.now().timestamp() * 1000), "who": account_of(request).get_username()}
