"""From a stored connection to a Jira that can be asked: its credentials, and the way to it."""

from django.conf import settings

from sojourn.jira.credentials import ApiToken, Credentials, OAuthToken, Password, PersonalToken
from sojourn.jira.models import Connection, Method
from sojourn.jira.source import Jira, Kind
from sojourn.net import Openings, Route


def route() -> Route:
    """How the settings lead calls to Jira out of this machine."""
    openings = Openings.of(settings.SOJOURN_ALLOW_PRIVATE)
    return Route(openings, settings.SOJOURN_JIRA_PROXY, settings.SOJOURN_JIRA_AUTHORITIES)


def jira(connection: Connection) -> Jira:
    """What `JiraSource.open` takes; raises UserError where the secret cannot be opened."""
    kind: Kind = "cloud" if connection.kind == "cloud" else "datacenter"
    return Jira(kind, connection.url, credentials(connection), texts=settings.SOJOURN_KEEP_TEXTS)


def credentials(connection: Connection) -> Credentials:
    """Who a connection is to Jira; raises UserError where the secret cannot be opened."""
    secret = connection.secret.reveal()
    match Method(connection.method):
        case Method.API_TOKEN:
            return ApiToken(connection.account, secret)
        case Method.OAUTH:
            return OAuthToken(secret)
        case Method.PERSONAL_TOKEN:
            return PersonalToken(secret)
        case Method.PASSWORD:
            return Password(connection.account, secret)
