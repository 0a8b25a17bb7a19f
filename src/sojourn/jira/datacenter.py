"""What is asked of Jira Data Center and Server 8.14 or later (REST v2).

Pages are told by their first row, so a work item that leaves the window while it is paged through moves all after it
one place forward, and the next page would miss one. Each page therefore reaches back into the one before; where they
do not meet, it is asked for again from further back.
"""

from collections.abc import Sequence
from typing import Any

from sojourn.jira import answers, values
from sojourn.jira.answers import IGNORED, Account, Batch, Came, IdPage, Permission
from sojourn.jira.failures import NotThere
from sojourn.jira.holders import PORTAL, UNKNOWN, Permits, browse_holders
from sojourn.jira.request import Talk, all_pages, get, id_of, number, objects, part, parts, post, text

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
        for key, came in ((key, found[key]) for key in ids if key in found):
            try:
                changelog = (yield from _changelog(key)) if came.lacks_histories else None
                comments = (yield from _comments(key)) if came.lacks_comments else None
            except NotThere:
                batch.gone.append(key)
            else:
                batch.told[key] = (came.json, changelog, comments)
        return batch

    @staticmethod
    def payload(came: bytes, changelog: dict[str, Any] | None, comments: list[dict[str, Any]] | None) -> dict[str, Any]:
        """The payload of a work item (`Batch.told`); raises Refused or JiraFailure where Jira told something else."""
        issue = part(came)
        told = issue.get("changelog") if changelog is None else changelog
        if not isinstance(told, dict):
            return answers.payload(issue, [], None, comments)
        histories = values.objects(told.get("histories"), f"{issue['key']}.changelog.histories")
        total = told.get("total")
        return answers.payload(issue, histories, total if isinstance(total, int) else len(histories), comments)

    def _issues(self, ids: Sequence[str], batch: Batch) -> Talk[dict[str, Came]]:
        found: dict[str, Came] = {}
        question: dict[str, Any] = {
            "jql": f"id in ({', '.join(ids)})",
            "fields": self._fields,
            "expand": ["changelog"],
            "validateQuery": False,  # else one work item that is gone spoils the search for the others
        }
        read = 0
        while read < len(ids):
            asked = {**question, "startAt": read, "maxResults": len(ids)}
            answer = yield post("/rest/api/2/search", asked, split="issues")
            page = parts(answer, "issues")
            read += len(page)
            for one in page:
                issue = part(one)
                if answers.is_work_item(issue):
                    found[id_of(issue)] = Came(one, answers.lacks_comments(issue), _lacks_histories(issue))
                else:
                    batch.unread[id_of(issue)] = "Jira gives it without key or fields"
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


def _lacks_histories(issue: dict[str, Any]) -> bool:
    """Whether a changelog came cut or not at all."""
    changelog = issue.get("changelog")
    if not isinstance(changelog, dict):
        return True
    came, total = changelog.get("histories") or [], changelog.get("total")
    return isinstance(came, list) and isinstance(total, int) and len(came) < total


def _changelog(issue: str) -> Talk[dict[str, Any] | None]:
    """The changelog of a work item by id, fetched by itself; None where it is not to be had.

    Servers without that address give it with the work item, as long as they can.
    """
    here = {"issueIdOrKey": issue}
    try:
        pages = get("/rest/api/2/issue/{issueIdOrKey}/changelog", here)
        histories = yield from all_pages(pages, "values", _MOST_HISTORIES)
    except NotThere:
        answer = yield get("/rest/api/2/issue/{issueIdOrKey}", here, fields="id", expand="changelog")
        return answer.get("changelog") if isinstance(answer, dict) else None
    return {"histories": histories}


def _comments(issue: str) -> Talk[list[dict[str, Any]]]:
    """All comments of a work item by id."""
    request = get("/rest/api/2/issue/{issueIdOrKey}/comment", {"issueIdOrKey": issue}, orderBy="created")
    return (yield from all_pages(request, "comments", _MOST_COMMENTS))
