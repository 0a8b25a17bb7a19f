"""What goes wrong between Sojourn and Jira. Each message names the site and says what to do; none holds a secret."""

from sojourn.errors import UserError


class JiraFailure(UserError):
    """Jira could not be read."""


class CredentialsRefused(JiraFailure):
    """Jira does not take the credentials. No further call is made with them: wrong ones can lock an account."""


class NotAllowed(JiraFailure):
    """The account may not do this one thing; others it may."""


class NotThere(JiraFailure):
    """There is nothing under that address, or the account may not see it."""


class BadRequest(JiraFailure):
    """Jira does not take the question."""


class CursorLost(BadRequest):
    """Jira no longer knows where a paging was, or turns in circles: begin the window again."""


class Unavailable(JiraFailure):
    """Jira does not answer, or too often asks to wait. It is worth trying again after `wait_s` seconds, not before."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s
