"""`/search`: the work items that a query finds, in its order, page by page."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from django.core import signing
from django.db.models import Max, Q
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from sojourn.api.errors import of_jql
from sojourn.api.issues import PARTS, RELATED, described
from sojourn.api.jql import Lenient, Moment, Wrong, Zone
from sojourn.api.security import asker_of, need
from sojourn.core.instants import utc_text
from sojourn.errors import Refused
from sojourn.history import freshness
from sojourn.history.models import Issue
from sojourn.jql import pages
from sojourn.jql.pages import Position
from sojourn.reports import notes, search
from sojourn.reports.columns import key_of
from sojourn.reports.query import Asker
from sojourn.reports.search import Search

router = Router(tags=["work items"])
MOST_PER_PAGE = 1_000
_SALT = "sojourn.api.search"


class SearchIn(Schema):
    """What is searched for, and what is answered of each work item."""

    model_config = ConfigDict(extra="forbid")

    jql: Annotated[str, Field(description="The query; a blank one finds all.")] = ""
    fields: Annotated[
        list[str],
        Field(
            default_factory=lambda: list(search.FIELDS),
            description=f"What is answered of each: {', '.join(PARTS)}, or fields of the import by key or name. "
            f"The default is {', '.join(search.FIELDS)}.",
        ),
    ]
    per_page: Annotated[int, Field(strict=True, ge=1, le=MOST_PER_PAGE, description="Work items on a page.")] = 50
    cursor: Annotated[
        str, Field(description="`next_cursor` of the page before. It holds all that was asked, and the moment.")
    ] = ""
    count: Annotated[bool, Field(strict=True, description="Whether to count all that the query finds.")] = False
    lenient: Lenient = False
    tz: Zone = "UTC"
    as_of: Moment = ""


class Found(Schema):
    """A page of work items, each as `/issues/{key}` shows it, with the fields that were asked for.

    `data_as_of` is the instant up to which the data is whole; it is null where nobody knows.
    `total` is null unless it was asked for, `next_cursor` on the last page. `jql` is the query in canonical form.
    """

    jql: str
    as_of: str
    data_as_of: str | None
    total: int | None
    issues: list[dict[str, Any]]
    warnings: list[Wrong]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page begins, and what all pages share; `last` is the last work item in the store at the first page."""

    jql: str
    fields: list[str]
    lenient: bool
    tz: str
    as_of_ms: int
    last: int
    position: Position | None = None

    @property
    def text(self) -> str:
        """The cursor as clients see it; signed, so that it comes back as it was sent."""
        return signing.dumps(asdict(self), salt=_SALT, compress=True)


@router.post("/search", auth=need("read"), response=Found, operation_id="search", summary="Search for work items")
def found(request: HttpRequest, body: SearchIn) -> dict[str, Any]:
    """The work items that a query in JQL finds, in the order it names, or in that in which they were first stored.

    All pages speak of one moment: what is imported meanwhile is not seen, and no work item comes twice unless it was
    changed meanwhile.
    """
    asker = asker_of(request)
    cursor = _read(body) if body.cursor else _first(body, asker)
    issues, meaning = search.find(Search(cursor.jql, cursor.as_of_ms, cursor.tz, asker, cursor.lenient))
    if cursor.position and len(cursor.position) != len(meaning.order):
        raise Refused("cursor", "is of another version of Sojourn; begin without a cursor")
    issues = issues.filter(pk__lte=cursor.last)
    keys = _keys(cursor.fields, asker.sight)
    parts = [name for name in cursor.fields if name not in keys]
    rows, after = pages.page(issues.select_related(*RELATED), meaning.order, cursor.position, body.per_page)
    return {
        "jql": str(meaning.query),
        "as_of": utc_text(cursor.as_of_ms),
        "data_as_of": notes.instant(freshness.of(sight=asker.sight)),
        "total": issues.count() if body.count else None,
        "issues": [described(issue, parts) | ({"fields": _chosen(issue, keys)} if keys else {}) for issue in rows],
        "warnings": [of_jql(warning) for warning in meaning.warnings],
        "next_cursor": replace(cursor, position=after).text if after else None,
    }


def _first(body: SearchIn, asker: Asker) -> _Cursor:
    """The cursor of the first page; raises Refused where a zone, a moment or a field is not known."""
    asked = Search.of(body.jql, body.tz, body.as_of, timezone.now())
    last = Issue.objects.filter(asker.sight).aggregate(last=Max("pk"))["last"] or 0
    return _Cursor(body.jql, body.fields, body.lenient, body.tz, asked.as_of_ms, last)


def _read(body: SearchIn) -> _Cursor:
    """The cursor that was sent; raises Refused where it is none, or something else is asked than on the first page."""
    try:
        cursor = _Cursor(**signing.loads(body.cursor, salt=_SALT))
    except (signing.BadSignature, TypeError):
        raise Refused("cursor", "is not one that was given out; send next_cursor as it came") from None
    for name in body.model_fields_set & {"jql", "fields", "lenient", "tz"}:
        if getattr(body, name) != getattr(cursor, name):
            raise Refused("cursor", f"was made for another {name}; repeat that of the first page, or send none")
    if body.as_of:
        raise Refused("as_of", "is held by the cursor; leave it out")
    return cursor


def _keys(names: list[str], sight: Q) -> dict[str, str]:
    """The fields of the import that are asked for: what they are called, and their keys. Raises Refused for others."""
    keys = {name: key_of(name, sight) for name in names if name not in PARTS}
    for name, key in keys.items():
        if not key:
            known = ", ".join(PARTS)
            raise Refused("fields", f"no work item has {name!r:.60}; there are {known}, and the fields of the import")
    return keys


def _chosen(issue: Issue, keys: dict[str, str]) -> dict[str, Any]:
    return {name: issue.fields.get(key) for name, key in keys.items()}
