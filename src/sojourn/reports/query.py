"""A query in JQL that chooses the work items of a report."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone

from sojourn.access.visible import visible
from sojourn.history.seen import EVERYTHING
from sojourn.jql import JqlError
from sojourn.jql.compile import Selection


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the name of the account, when it signed in, and which work items it may see (`history.seen`)."""

    name: str | None = None
    login_ms: int | None = None
    sight: Q = EVERYTHING

    @classmethod
    def of(cls, user: AbstractBaseUser | AnonymousUser) -> "Asker":
        """Who asks with an account, and what it may see now."""
        login = getattr(user, "last_login", None)
        login_ms = None if login is None else round(login.timestamp() * 1000)
        return cls(user.get_username() or None, login_ms, visible(user, timezone.now()))


OPERATOR = Asker()
"""Who has the machine, and no account: sees everything."""


@dataclass(frozen=True, slots=True)
class JqlQuery:
    """The text of a query, and who asks it.

    What it means is worked out once for a request and for all requests that are made from it, such as those for its
    pages: they share the moment, the zone and the sites, and histories are read only once.
    """

    text: str
    asker: Asker = OPERATOR
    _meaning: list[Selection] = field(default_factory=list, compare=False, repr=False)

    def meaning(self, find: Callable[[], Selection]) -> Selection:
        """What the query means, found when it is first asked for."""
        if not self._meaning:
            self._meaning.append(find())
        return self._meaning[0]


def said(warnings: Iterable[JqlError]) -> list[str]:
    """What is doubtful about a query, as sentences."""
    return [text if (text := str(warning)).endswith("?") else f"{text}." for warning in warnings]
