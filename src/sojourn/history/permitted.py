"""What the source of a site lets one of its accounts see. The source hands in who can be asked, as in `freshness`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sojourn.errors import UserError


class Untold(UserError):
    """The source did not say what an account may see; `is_lasting` where asking again is of no use."""

    def __init__(self, message: str, *, is_lasting: bool = False) -> None:
        super().__init__(message)
        self.is_lasting = is_lasting


@dataclass(frozen=True, slots=True)
class Part:
    """Work items that an account may see: of a project, without a security level or of one, by their primary keys.

    `whose` leaves only those of which the account is the `reporter` or the `assignee`.
    """

    project: int
    level: int | None = None
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Permitted:
    """All that an account may see, as of an instant before which nothing of it was learnt."""

    parts: tuple[Part, ...]
    as_of: datetime


Teller = Callable[[int, str, datetime, float], Permitted]
"""Tells what an account may see of a site, by the site's primary key and the account's id there, at an instant, within
so many seconds; raises Untold."""

_tellers: list[Teller] = []


def hand_in(teller: Teller) -> None:
    """Have a source asked from now on, in place of the one before."""
    _tellers[:] = [teller]


def ask(site: int, account: str, now: datetime, seconds: float) -> Permitted:
    """What an account may see of a site; raises Untold. It may take as many seconds: never ask within a transaction."""
    if not _tellers:
        raise Untold("nobody can be asked", is_lasting=True)
    return _tellers[0](site, account, now, seconds)
