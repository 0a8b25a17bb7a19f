"""How fresh the data of sites is: up to which instant it is whole, what is still being fetched, and what stops that.

Of a site that is kept in step with its source, the source says so: it hands in a teller, since nobody here knows where
histories come from. Of any other site all that is known is when it was imported last.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q

from sojourn.history import seen
from sojourn.history.models import Site
from sojourn.history.seen import EVERYTHING


@dataclass(frozen=True, slots=True)
class Fetching:
    """A project whose past is still being fetched: its key, or the name of a site of which nothing is known yet."""

    project: str
    percent: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh the data is; `as_of_ms` is None where nobody knows, `stopped` says why no more comes and what to do."""

    as_of_ms: int | None
    fetching: tuple[Fetching, ...] = ()
    stopped: tuple[str, ...] = ()


Teller = Callable[[], Mapping[int, Freshness]]
"""Tells the freshness of the sites of a source, by their primary keys."""

_tellers: list[Teller] = []


def hand_in(teller: Teller) -> None:
    """Have a source asked about its sites from now on; handing it in again changes nothing."""
    if teller not in _tellers:
        _tellers.append(teller)


def of_sites() -> dict[str, Freshness]:
    """How fresh each site is, by its name."""
    told = {key: one for teller in _tellers for key, one in teller().items()}
    return {site.name: told.get(site.pk) or _of_import(site) for site in Site.objects.order_by("name")}


def of(sites: Sequence[str] = (), projects: Sequence[str] = (), sight: Q = EVERYTHING) -> Freshness:
    """How fresh the data of some sites is as a whole, by their names, or of all: as fresh as the oldest of them.

    Where projects are named, by key, only these of what is being fetched matter. Of sites and projects of which nothing
    is seen nothing is told.
    """
    every = of_sites()
    if sight:
        told = set(seen.sites(sight).values_list("name", flat=True))
        every = {name: one for name, one in every.items() if name in told}
    found = _oldest([one for name, one in every.items() if not sites or name in sites], projects)
    if sight and found.fetching:
        keys = set(seen.projects(sight).values_list("key", flat=True))
        return replace(found, fetching=tuple(one for one in found.fetching if one.project in keys))
    return found


def _oldest(every: Iterable[Freshness], projects: Sequence[str]) -> Freshness:
    found = list(every)
    fetching = [one for part in found for one in part.fetching if not projects or one.project in projects]
    known = [one.as_of_ms for one in found if one.as_of_ms is not None]
    stopped = tuple(text for one in found for text in one.stopped)
    return Freshness(min(known, default=None), tuple(fetching), stopped)


def _of_import(site: Site) -> Freshness:
    at = site.imported_at
    return Freshness(None if at is None else round(at.timestamp() * 1000))
