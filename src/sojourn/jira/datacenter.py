"""What is asked of Jira Data Center and Server 8.14 or later (REST v2).

Pages are told by their first row, so a work item that leaves the window while it is paged through moves all after it
one place forward, and the next page would miss one. Each page therefore reaches back into the one before; where they
do not meet, it is asked for again from further back.
"""

from collections.abc import Sequence
from typing import Any

from sojourn.errors import Refused
from sojourn.jira import answers, values
from sojourn.jira.answers import IGNORED, Account, Batch, IdPage, Permission
from sojourn.jira.failures import NotThere
from sojourn.jira.holders import PORTAL, UNKNOWN, Permits, browse_holders
from sojourn.jira.request import Talk, all_pages, get, number, objects, post, text

MOST_IDS = 1_000
MOST_ISSUES = 100
_OVERLAP = 20
_MOST_HISTORIES = 100
_MOST_COMMENTS = 1_000


class DataCenter:
    """Jira Data Center. Where `texts` is false, descriptions and other long texts are not asked for."""

    batch_size = MOST_ISSUES
    most_permits = 20

    def __init__(self, *, texts: bool) -> None:
        self._fields = ["*all"] if texts else ["*all", *(f"-{name}" for name in IGNORED)]

    def ids(self, jql: str, cursor: str | None, _: Sequence[str] = ()) -> Talk[IdPage]:
        """One page of the ids that the JQL finds; a page may tell some of the one before again."""
        start, seen = _read(cursor)
        while True:
            question = {"jql": jql, "startAt": start, "maxResults": MOST_IDS, "fields": ["id"]}
            answer = yield post("/rest/api/2/search", question)
            ids = [str(one.get("id")) for one in objects(answer, "issues")]
            if not start or not ids or not seen or seen & set(ids):
                break
            start = max(0, start - MOST_IDS)
        end = start + len(ids)
        is_last = not ids or end >= number(answer, "total")
        return IdPage(ids, None if is_last else _write(end, ids))

    def count(self, jql: str) -> Talk[int]:
        """How many work items the JQL finds."""
        question = {"jql": jql, "startAt": 0, "maxResults": 0, "fields": ["id"]}
        return number((yield post("/rest/api/2/search", question)), "total")

    def batch(self, ids: Sequence[str]) -> Talk[Batch]:
        """Up to 100 work items by id, with their whole changelogs and comments."""
        batch = Batch()
        found = yield from self._issues(ids, batch)
        batch.gone.extend(one for one in ids if one not in found and one not in batch.unread)
        for key, issue in ((key, found[key]) for key in ids if key in found):
            try:
                histories, total = yield from _histories(issue)
                comments = yield from _comments(issue)
            except NotThere:
                batch.gone.append(key)
            except Refused as error:
                batch.unread[key] = str(error)
            else:
                batch.issues.append(answers.payload(issue, histories, total, comments))
        return batch

    def _issues(self, ids: Sequence[str], batch: Batch) -> Talk[dict[str, dict[str, Any]]]:
        found: dict[str, dict[str, Any]] = {}
        question: dict[str, Any] = {
            "jql": f"id in ({', '.join(ids)})",
            "fields": self._fields,
            "expand": ["changelog"],
            "validateQuery": False,  # else one work item that is gone spoils the search for the others
        }
        read = 0
        while read < len(ids):
            answer = yield post("/rest/api/2/search", {**question, "startAt": read, "maxResults": len(ids)})
            page = objects(answer, "issues")
            read += len(page)
            for issue in page:
                if answers.is_work_item(issue):
                    found[str(issue["id"])] = issue
                else:
                    batch.unread[str(issue.get("id"))] = "Jira gives it without id, key or fields"
            if not page or read >= number(answer, "total"):
                break
        return found

    def statuses(self) -> Talk[list[dict[str, Any]]]:
        """Every status, with its category."""
        return objects((yield get("/rest/api/2/status")))

    def priorities(self) -> Talk[list[dict[str, Any]]]:
        """Every priority."""
        return objects((yield get("/rest/api/2/priority")))

    def projects(self) -> Talk[list[dict[str, Any]]]:
        """Every project that the account may see."""
        return objects((yield get("/rest/api/2/project")))

    def users(self) -> Talk[list[dict[str, Any]]]:
        """Every account; raises NotAllowed where the caller may not browse users."""
        return (yield from all_pages(get("/rest/api/2/user/search", username=".", includeInactive="true"), "", 1_000))

    def fields(self) -> Talk[list[dict[str, Any]]]:
        """Every field."""
        return objects((yield get("/rest/api/2/field")))

    def now_ms(self) -> Talk[int]:
        """Jira's clock, in ms UTC."""
        return answers.server_ms((yield get("/rest/api/2/serverInfo")))

    def myself(self) -> Talk[Account]:
        """Whom Jira takes the caller for."""
        return answers.account((yield get("/rest/api/2/myself")))

    def missing_permissions(self, project: str = "") -> Talk[list[Permission]]:
        """Which of `answers.PERMISSIONS` the caller lacks, in a project by id or anywhere."""
        where = {"projectId": project} if project else {}
        return answers.missing((yield get("/rest/api/2/mypermissions", **where)))

    def browse_holders(self, project: str) -> Talk[list[str]]:
        """Who holds Browse in a project by id (`holders`); raises NotAllowed for whoever is no administrator.

        What customers hold is left out: Data Center says no where they are asked about elsewhere than in the portal.
        """
        here = {"projectKeyOrId": project}
        try:
            answer = yield get("/rest/api/2/project/{projectKeyOrId}/permissionscheme", here, expand="permissions")
        except NotThere:
            return [UNKNOWN]
        return [one for one in browse_holders(answer) if one != PORTAL]

    def level_holders(self) -> Talk[dict[str, list[str]]]:
        """Nothing: Data Center does not tell who is in a security level."""
        yield from ()
        return {}

    def permitted(self, account: str, ids: Sequence[str]) -> Talk[Permits]:
        """Which of some work items an account, by its key, may browse; whether it serves them is not told."""
        question = {"jql": f"id in ({', '.join(ids)})", "fields": ["id"], "maxResults": len(ids)}
        answer = yield post("/rest/api/2/search", {**question, "startAt": 0, "validateQuery": False})
        keys = {text(one, "id"): text(one, "key") for one in objects(answer, "issues")}
        name = text((yield get("/rest/api/2/user", key=account)), "name")
        browsed = set()
        for jira_id, key in keys.items():
            asked = get("/rest/api/2/user/viewissue/search", username=name, issueKey=key, maxResults=1_000)
            people = objects((yield asked))
            if any(text(one, "key") == account for one in people):
                browsed.add(jira_id)
        return Permits(set(keys), browsed)


def _read(cursor: str | None) -> tuple[int, set[str]]:
    """Where a page begins, and the ids that the page before ended with."""
    first, _, ids = (cursor or "0").partition(":")
    return int(first), set(ids.split(",")) if ids else set()


def _write(end: int, ids: list[str]) -> str:
    tail = ids[len(ids) - min(_OVERLAP, len(ids) // 2) :]  # a server of short pages still comes forward
    return f"{end - len(tail)}:{','.join(tail)}"


def _histories(issue: dict[str, Any]) -> Talk[tuple[list[dict[str, Any]], int | None]]:
    """The changelog of a work item, and how long Jira says it is; fetched by itself where it came cut or not at all.

    Servers without that address give it with the work item, as long as they can.
    """
    told = _changelog(issue)
    if told and len(told[0]) >= told[1]:
        return told
    here = {"issueIdOrKey": str(issue["id"])}
    try:
        pages = get("/rest/api/2/issue/{issueIdOrKey}/changelog", here)
        histories = yield from all_pages(pages, "values", _MOST_HISTORIES)
        return histories, len(histories)
    except NotThere:
        answer = yield get("/rest/api/2/issue/{issueIdOrKey}", here, fields="id", expand="changelog")
        again = _changelog({**issue, "changelog": (answer or {}).get("changelog")})
        return again or ([], told[1] if told else None)


def _changelog(issue: dict[str, Any]) -> tuple[list[dict[str, Any]], int] | None:
    """The histories that came with a work item and how many there are, or None where none were told of."""
    changelog = issue.get("changelog")
    if not isinstance(changelog, dict):
        return None
    histories = values.objects(changelog.get("histories"), f"{issue['key']}.changelog.histories")
    total = changelog.get("total")
    return histories, total if isinstance(total, int) else len(histories)


def _comments(issue: dict[str, Any]) -> Talk[list[dict[str, Any]] | None]:
    """All comments of a work item; those beyond the ones that came with it are asked for."""
    comments, are_more = answers.comments_of(issue)
    if not are_more:
        return comments
    request = get("/rest/api/2/issue/{issueIdOrKey}/comment", {"issueIdOrKey": str(issue["id"])}, orderBy="created")
    return (yield from all_pages(request, "comments", _MOST_COMMENTS))
