"""OAuth 2.0 (3LO): access tokens live for an hour; a new one is had for a refresh token, which then is another one too.

The new pair is stored in the transaction that holds the connection's row, before anybody uses it. Where the answer is
lost, the old refresh token still stands in the store; Atlassian takes it once more for some minutes.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import orjson
from django.db import transaction

from sojourn.jira.failures import CredentialsRefused, Unavailable
from sojourn.jira.models import Connection, Method
from sojourn.net import CallFailed, Limits, Route, Session
from sojourn.sealed import Secret

TOKEN_URL = "https://auth.atlassian.com/oauth/token"  # noqa: S105 - an address
_EARLY = timedelta(minutes=10)
_USUAL_S = 3_600
_REFUSED = "the access was withdrawn or not used for 90 days; connect again"


class GrantLost(CredentialsRefused):
    """No access token is had any more: who gave the grant has to give it again."""


def renew(connection: Connection, route: Route, now: datetime, *, always: bool = False) -> None:
    """Have an access token that holds for some minutes; other ways to sign in need none.

    Raises GrantLost where the grant is gone, Unavailable where nobody answers.
    """
    if connection.method != Method.OAUTH or connection.refresh_token is None:
        return
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if always or row.access_ends_at is None or row.access_ends_at - _EARLY <= now:
            _take(row, _ask(row, route), now)
            row.save(update_fields=["secret", "refresh_token", "access_ends_at"])
    connection.secret, connection.refresh_token, connection.access_ends_at = (
        row.secret,
        row.refresh_token,
        row.access_ends_at,
    )


def obtain(row: Connection, route: Route, now: datetime) -> None:
    """Give a connection that is not kept yet its first access token; raises as `renew` does."""
    _take(row, _ask(row, route), now)


def _ask(row: Connection, route: Route) -> dict[str, Any]:
    if row.refresh_token is None or row.client_secret is None:
        raise GrantLost(f"{row.name}: {_REFUSED}")
    question = {
        "grant_type": "refresh_token",
        "client_id": row.account,
        "client_secret": row.client_secret.reveal(),
        "refresh_token": row.refresh_token.reveal(),
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        with Session(row.token_url or TOKEN_URL, route, Limits()) as session:
            answer = session.call("POST", "", headers, orjson.dumps(question))
    except CallFailed as error:
        raise Unavailable(f"{row.name}: the access token cannot be renewed: {error}") from None
    if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise GrantLost(f"{row.name}: {_REFUSED}")
    try:
        told = orjson.loads(answer.body)
    except ValueError:
        told = None
    if answer.status != HTTPStatus.OK or not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
        raise Unavailable(f"{row.name}: the access token cannot be renewed: status {answer.status}; it is tried again")
    return told


def _take(row: Connection, told: dict[str, Any], now: datetime) -> None:
    row.secret = Secret(told["access_token"])
    if isinstance(told.get("refresh_token"), str):
        row.refresh_token = Secret(told["refresh_token"])
    seconds = told.get("expires_in")
    row.access_ends_at = now + timedelta(seconds=seconds if isinstance(seconds, int) else _USUAL_S)
