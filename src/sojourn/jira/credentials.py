"""Who Sojourn is to Jira. A secret is never in a repr, a log or a message; only `header` tells it."""

from base64 import b64encode
from dataclasses import dataclass, field

from sojourn.errors import Refused


@dataclass(frozen=True, slots=True)
class ApiToken:
    """Jira Cloud: the e-mail address of an account and an API token of it."""

    email: str
    token: str = field(repr=False)

    advice = (
        "the API token is wrong, revoked or expired; make a new one at "
        "https://id.atlassian.com/manage-profile/security/api-tokens and connect again"
    )

    def header(self) -> str:
        """The value of Authorization; raises Refused where something in it cannot be sent."""
        return _basic(self.email, self.token)


@dataclass(frozen=True, slots=True)
class OAuthToken:
    """Jira Cloud: an access token of OAuth 2.0 (3LO), which lives for an hour."""

    token: str = field(repr=False)

    advice = "the access was withdrawn or has run out; connect again"

    def header(self) -> str:
        """The value of Authorization; raises Refused where something in it cannot be sent."""
        return f"Bearer {_sendable(self.token)}"


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """Data Center: a personal access token."""

    token: str = field(repr=False)

    advice = (
        "the personal access token is wrong, revoked or expired; make a new one in Jira under "
        "Profile, Personal Access Tokens, and connect again"
    )

    def header(self) -> str:
        """The value of Authorization; raises Refused where something in it cannot be sent."""
        return f"Bearer {_sendable(self.token)}"


@dataclass(frozen=True, slots=True)
class Password:
    """Data Center: the name and the password of an account."""

    name: str
    password: str = field(repr=False)

    advice = "the name or the password is wrong; sign in to Jira with a browser, put it right and connect again"

    def header(self) -> str:
        """The value of Authorization; raises Refused where something in it cannot be sent."""
        return _basic(self.name, self.password)


Credentials = ApiToken | OAuthToken | PersonalToken | Password


def _basic(name: str, secret: str) -> str:
    if ":" in name:
        raise Refused("credentials", "a name with a colon cannot be sent; use a token")
    return f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"


def _sendable(token: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise Refused("credentials", "the token is empty or holds what no token holds; copy it again, whole and alone")
    return token
