"""What is asked of Jira Cloud (REST v3): which requests, in which order, and what their answers mean.

Ids come one page after the other, since each page names the next. Work items and their histories are then fetched in
bulk, in any number of threads. Histories never come with `expand=changelog`, which Jira cuts to the recent ones.
"""

from collections.abc import Sequence
from typing import Any

from sojourn.jira import answers
from sojourn.jira.answers import IGNORED, Account, Batch, Came, IdPage, Permission
from sojourn.jira.changelogs import in_ms
from sojourn.jira.failures import BadRequest, CursorLost, NotThere
from sojourn.jira.holders import UNKNOWN, Permits, browse_holders, holders
from sojourn.jira.request import Talk, all_pages, get, id_of, number, objects, part, parts, post, text

MOST_IDS = 5_000
MOST_ISSUES = 100
MOST_RECONCILED = 50
_MOST_HISTORIES = 2_000
"""Histories a page. Jira gives up to 10,000, but each can hold two long texts, and a page is held in memory."""
_MOST_COMMENTS = 100


class Cloud:
    """Jira Cloud. Where `texts` is false, descriptions and other long texts are not asked for."""

    batch_size = MOST_ISSUES
    most_permits = 1_000

    def __init__(self, *, texts: bool) -> None:
        self._fields = ["*all"] if texts else ["*all", *(f"-{name}" for name in IGNORED)]

    def ids(self, jql: str, cursor: str | None, reconcile: Sequence[str] = ()) -> Talk[IdPage]:
        """One page of the ids that the JQL finds.

        The search lags behind; `reconcile` names up to 50 work items, the same for each page, that it must not get
        wrong. Raises CursorLost where Jira does not know the cursor any more, or gives it as the next one again.
        """
        question: dict[str, Any] = {"jql": jql, "fields": ["id"], "maxResults": MOST_IDS}
        if cursor:
            question["nextPageToken"] = cursor
        if reconcile:
            question["reconcileIssues"] = [int(one) for one in reconcile[:MOST_RECONCILED]]
        try:
            answer = yield post("/rest/api/3/search/jql", question)
        except BadRequest as error:
            raise (CursorLost(f"{error}; the sweep begins again") if cursor else error) from None
        page = IdPage([text(one, "id") for one in objects(answer, "issues")], text(answer, "nextPageToken") or None)
        if page.cursor and page.cursor == cursor:
            raise CursorLost("Jira gives the same page of a search again and again; the sweep begins again")
        return page

    def count(self, jql: str) -> Talk[int]:
        """About how many work items the JQL finds."""
        return number((yield post("/rest/api/3/search/approximate-count", {"jql": jql})), "count")

    def batch(self, ids: Sequence[str]) -> Talk[Batch]:
        """Up to 100 work items by id, with their whole changelogs and comments."""
        batch = Batch()
        found = yield from self._issues(ids, batch)
        batch.gone.extend(one for one in ids if one not in found and one not in batch.unread)
        histories = yield from self._histories(list(found))
        for key, came in ((key, found[key]) for key in ids if key in found):
            try:
                comments = (yield from _comments(key)) if came.lacks_comments else None
            except NotThere:
                batch.gone.append(key)
            else:
                batch.told[key] = (came.json, histories.get(key, []), comments)
        return batch

    @staticmethod
    def payload(came: bytes, changelogs: list[bytes], comments: list[dict[str, Any]] | None) -> dict[str, Any]:
        """The payload of a work item (`Batch.told`); raises Refused or JiraFailure where Jira told something else."""
        issue = part(came)
        pages = (objects(part(one).get("changeHistories") or []) for one in changelogs)
        histories = [in_ms(history) for page in pages for history in page]
        return answers.payload(issue, histories, len(histories), comments)

    def _issues(self, ids: Sequence[str], batch: Batch) -> Talk[dict[str, Came]]:
        """The work items by id. One that Jira could not give with the others is asked for once more by itself."""
        found, errors = yield from self._bulk(ids, batch)
        for key in errors:
            alone, why = yield from self._bulk([key], batch)
            found |= alone
            batch.unread.update(why)
        return found

    def _bulk(self, ids: Sequence[str], batch: Batch) -> Talk[tuple[dict[str, Came], dict[str, str]]]:
        """Work items by id, and why Jira could not give some."""
        question = {"issueIdsOrKeys": list(ids), "fields": self._fields}
        answer = yield post("/rest/api/3/issue/bulkfetch", question, split="issues")
        found: dict[str, Came] = {}
        for one in parts(answer, "issues"):
            issue = part(one)
            if answers.is_work_item(issue):
                found[id_of(issue)] = Came(one, answers.lacks_comments(issue))
            else:
                batch.unread[id_of(issue)] = "Jira gives it without key or fields"
        errors = objects(answer.get("issueErrors") or [])
        return found, {id_of(error): text(error, "errorMessage") or "Jira does not say why" for error in errors}

    def _histories(self, ids: Sequence[str]) -> Talk[dict[str, list[bytes]]]:
        """The whole changelogs by work item: of all fields, so that a field can be tracked later."""
        found: dict[str, list[bytes]] = {}
        question: dict[str, Any] = {"issueIdsOrKeys": list(ids), "maxResults": _MOST_HISTORIES}
        while ids:
            answer = yield post("/rest/api/3/changelog/bulkfetch", question, split="issueChangeLogs")
            for one in parts(answer, "issueChangeLogs"):
                found.setdefault(id_of(part(one), "issueId"), []).append(one)
            token = text(answer, "nextPageToken")
            if not token:
                break
            if token == question.get("nextPageToken"):
                raise CursorLost("Jira gives the same page of changelogs again and again")
            question = {**question, "nextPageToken": token}
        return found

    def statuses(self) -> Talk[list[dict[str, Any]]]:
        """Every status of an active workflow, with its category."""
        return objects((yield get("/rest/api/3/status")))

    def priorities(self) -> Talk[list[dict[str, Any]]]:
        """Every priority."""
        return (yield from all_pages(get("/rest/api/3/priority/search"), "values", 50))

    def projects(self) -> Talk[list[dict[str, Any]]]:
        """Every project that the account may see."""
        return (yield from all_pages(get("/rest/api/3/project/search"), "values", 50))

    def users(self) -> Talk[list[dict[str, Any]]]:
        """Every account; raises NotAllowed where the caller may not browse users."""
        return (yield from all_pages(get("/rest/api/3/users/search"), "", 1_000))

    def fields(self) -> Talk[list[dict[str, Any]]]:
        """Every field."""
        return objects((yield get("/rest/api/3/field")))

    def now_ms(self) -> Talk[int]:
        """Jira's clock, in ms UTC."""
        return answers.server_ms((yield get("/rest/api/3/serverInfo")))

    def myself(self) -> Talk[Account]:
        """Whom Jira takes the caller for."""
        return answers.account((yield get("/rest/api/3/myself")))

    def missing_permissions(self, project: str = "") -> Talk[list[Permission]]:
        """Which of `answers.PERMISSIONS` the caller lacks, in a project by id or anywhere."""
        where = {"projectId": project} if project else {}
        keys = ",".join(one.key for one in answers.PERMISSIONS)
        return answers.missing((yield get("/rest/api/3/mypermissions", permissions=keys, **where)))

    def browse_holders(self, project: str) -> Talk[list[str]]:
        """Who holds Browse in a project by id (`holders`); raises NotAllowed for whoever is no administrator."""
        here = {"projectKeyOrId": project}
        try:
            answer = yield get("/rest/api/3/project/{projectKeyOrId}/permissionscheme", here, expand="permissions")
        except NotThere:  # the project is no more, or is of a kind that has none
            return [UNKNOWN]
        return browse_holders(answer)

    def level_holders(self) -> Talk[dict[str, list[str]]]:
        """Who is in each security level by id (`holders`): levels of team-managed projects are not told of."""
        pages = get("/rest/api/3/issuesecurityschemes/level/member")
        found: dict[str, list[dict[str, Any]]] = {}
        for one in (yield from all_pages(pages, "values", 100)):
            found.setdefault(text(one, "issueSecurityLevelId"), []).append(one)
        return {level: holders(members) for level, members in found.items()}

    def permitted(self, account: str, ids: Sequence[str]) -> Talk[Permits]:
        """What an account may do with up to 1,000 work items; raises NotAllowed for whoever is no administrator."""
        there = (yield from self._permitted({}, ids)).get("BROWSE_PROJECTS", set())
        told = yield from self._permitted({"accountId": account}, ids)
        return Permits(there, told.get("BROWSE_PROJECTS", set()), told.get("SERVICEDESK_AGENT", set()))

    def _permitted(self, whose: dict[str, str], ids: Sequence[str]) -> Talk[dict[str, set[str]]]:
        wanted = {"permissions": ["BROWSE_PROJECTS", "SERVICEDESK_AGENT"], "issues": [int(one) for one in ids]}
        answer = yield post("/rest/api/3/permissions/check", {**whose, "projectPermissions": [wanted]})
        grants = objects(answer, "projectPermissions")
        return {text(one, "permission"): {str(issue) for issue in one.get("issues") or ()} for one in grants}


def _comments(issue: str) -> Talk[list[dict[str, Any]]]:
    """All comments of a work item by id."""
    request = get("/rest/api/3/issue/{issueIdOrKey}/comment", {"issueIdOrKey": issue}, orderBy="created")
    return (yield from all_pages(request, "comments", _MOST_COMMENTS))
