"""Drives the talks of `cloud` and `datacenter`: sends what they yield, with manners, and hands them what comes back."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import orjson

from sojourn.jira.credentials import Credentials
from sojourn.jira.failures import BadRequest, CredentialsRefused, JiraFailure, NotAllowed, NotThere
from sojourn.jira.manners import Manners
from sojourn.jira.request import Request, Talk
from sojourn.jira.transport import Send
from sojourn.net import Answer, NoAnswer

T = TypeVar("T")
_LONGEST_REASON = 200


class Client:
    """Talks to one Jira, from any number of threads. `name` is how messages call it."""

    def __init__(self, name: str, credentials: Credentials, send: Send, manners: Manners) -> None:
        self._name = name
        self._credentials = credentials
        self._send = send
        self._manners = manners

    def run(self, talk: Talk[T]) -> T:
        """What a talk comes to; raises a JiraFailure, or AddressRefused or CallFailed of net."""
        try:
            request = next(talk)
            while True:
                try:
                    answer = self.ask(request)
                except JiraFailure as failure:
                    request = talk.throw(failure)
                else:
                    request = talk.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            talk.close()

    def ask(self, request: Request) -> Any:
        """The JSON of the answer to one request."""
        found: list[Any] = []

        def check(answer: Answer) -> None:
            self._check_credentials(answer)
            self._check_status(request, answer)
            found.append(self._json(request, answer))

        self._manners.call(request.endpoint, lambda: self._send(request), check)
        return found[-1]

    def _check_credentials(self, answer: Answer) -> None:
        """Stop all calls where the credentials are refused; Jira may answer as to a stranger then, with 200."""
        problem = _refusal(answer)
        if problem:
            refused = CredentialsRefused(f"{self._name}: {problem}: {self._credentials.advice}")
            self._manners.stop(refused)
            raise refused

    def _check_status(self, request: Request, answer: Answer) -> None:
        status = answer.status
        where = f"{self._name}: {request.endpoint}"
        if status == HTTPStatus.FORBIDDEN:
            raise NotAllowed(f"{where}: the account may not do this; give it the permission in Jira")
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise NotThere(f"{where}: there is nothing, or the account may not see it; check the address of Jira")
        if status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise BadRequest(f"{where}: answers with status {status}{_reason(answer)}")

    def _json(self, request: Request, answer: Answer) -> Any:
        try:
            found = request.read(answer.body)
        except ValueError:
            found = None
        if not isinstance(found, dict | list):
            raise NoAnswer(f"{self._name}: answers with something else than JSON; a page to sign in, or half an answer")
        return found


def _refusal(answer: Answer) -> str:
    """Why the credentials are not taken, or an empty text."""
    headers: Mapping[str, str] = answer.headers
    if "CAPTCHA" in headers.get("X-Authentication-Denied-Reason", ""):
        return "wants a CAPTCHA after wrong passwords; sign in once with a browser"
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return "refuses the credentials"
    if headers.get("X-Seraph-LoginReason", "") in ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"):
        return "refuses the credentials"
    return ""


def _reason(answer: Answer) -> str:
    """What Jira says is wrong with the question, as far as it is one of its own messages."""
    try:
        told = orjson.loads(answer.body)
        messages = told["errorMessages"] if told.get("errorMessages") else list(told["errors"].values())
        text = " ".join(str(messages[0]).split())
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return ""
    return f": {text[:_LONGEST_REASON]}" if text.isprintable() else ""
