"""Services 11 to 14: what SLAs show of work items."""

from typing import Any

from sojourn.api.security import asker_of
from sojourn.api.tts import items
from sojourn.api.tts.calls import Call
from sojourn.api.tts.items import Item
from sojourn.api.tts.shapes import details, in_field, in_overview
from sojourn.errors import UserError
from sojourn.reports.search import Search
from sojourn.reports.search import find as search

_PER_PAGE = 10
_MOST = 100
_LARGEST = 1 << 53


def of_issue(call: Call) -> Any:
    """The details of one SLA, as an object, or of all that ever started, as a list."""
    call.only("slaId", "site")
    item = items.find(call)
    definition = items.wanted(call)
    found = [details(one) for _, one in items.told([item], definition, call.now_ms)]
    if definition is None:
        return found
    return found[0] if found else details(items.untold(item, definition, call.now_ms))


def by_jql(call: Call) -> Any:
    """The details of the work items that a query finds, in its order and in pages."""
    call.only("jql", "slaId", "index", "max")
    definition = items.wanted(call)
    start, most = _whole(call, "index", 0, 0, _LARGEST), _whole(call, "max", _PER_PAGE, 1, _MOST)
    found, meaning = search(Search(call.query.get("jql", ""), call.now_ms, asker=asker_of(call.request)))
    total = found.count()
    rows = found.order_by(*meaning.order).values_list("pk", "key", "site_id")
    there = [Item(*row) for row in rows[start : start + most]]
    return {
        "totalIssues": total,
        "pagesCount": -(-total // most),
        "start": start,
        "niceStart": start + 1,
        "end": min(start + most, total),
        "nextStart": start + most,
        "previousStart": max(start - most, 0),
        "slas": [details(one) | _key(item) for item, one in items.told(there, definition, call.now_ms)],
    }


def field(call: Call) -> Any:
    """The Time to SLA field of a work item."""
    call.only("slaId", "site")
    told = items.told([items.find(call)], items.wanted(call), call.now_ms)
    return [in_field(one) for _, one in told]


def overview(call: Call) -> Any:
    """The overview of a work item's SLAs."""
    call.only("slaId", "site")
    told = items.told([items.find(call)], items.wanted(call), call.now_ms)
    return [in_overview(one) for _, one in told]


def _key(item: Item) -> dict[str, str]:
    return {"issueKey": item.key}


def _whole(call: Call, name: str, default: int, least: int, most: int) -> int:
    text = call.query.get(name, str(default))
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST)) else -1
    if not least <= number <= most:
        raise UserError(f"{name}: a whole number from {least} to {most}, not {text!r:.60}")
    return number
