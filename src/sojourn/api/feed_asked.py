"""What is asked of a feed, in whatever format."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sojourn import __version__
from sojourn.access.visible import fingerprint
from sojourn.errors import Refused
from sojourn.feeds import presets
from sojourn.feeds.models import Feed
from sojourn.history import freshness, seen
from sojourn.history.models import Site
from sojourn.reports import pages
from sojourn.reports.request import Request
from sojourn.sla import definitions


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a feed: as whom, what, in which format, and what parts of it."""

    feed: Feed
    given: Mapping[str, str]
    now: datetime

    @property
    def report(self) -> str:
        """What names the answer: the data set, or the report."""
        return self.feed.dataset or self.feed.preset.report

    def wanted(self, as_of: str = "") -> Request:
        """The request, at the moment that is asked for, or else at the last whole minute."""
        options = {name: list(texts) for name, texts in self.feed.preset.options.items()}
        moment = as_of or self.given.get("as_of", "") or (options.get("as_of") or [""])[0]
        minute = self.now.replace(second=0, microsecond=0)
        options["as_of"] = [moment or minute.astimezone(UTC).isoformat()]
        if shape := self.given.get("shape"):
            options["shape"] = [shape]
        begin, end = self.given.get("created_from", ""), self.given.get("created_to", "")
        if begin or end:
            if options.get("created"):
                raise Refused("created_from", "the preset has a range of created itself; change that one")
            options["created"] = [f"{begin}..{end}"]
        return presets.request(self.feed.owner, self.feed.preset.report, options, self.now)

    def since(self, wanted: Request) -> int | None:
        """The version of rows from which on they are asked for."""
        text = self.given.get("updated_since", "")
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Refused("updated_since", f"{text!r:.40} is no version; send the rowVersion of the last answer")
        sites = seen.sites(wanted.sight)
        if (sites.filter(name__in=wanted.sites) if wanted.sites else sites).count() > 1:
            raise Refused(
                "updated_since", "versions count within a site; have the preset choose one by its option site"
            )
        return int(text)


def tag_of(asked: Asked, wanted: Request, name: str, coding: str) -> str:
    """What tells whether the answer would be another: the question, the data, the calendar, what may be seen."""
    versions = list(Site.objects.order_by("pk").values_list("pk", "row_version"))
    fresh = {site: one.as_of_ms for site, one in freshness.of_sites().items()}
    may = fingerprint(asked.feed.owner, asked.now)
    what = (__version__, str(asked.feed.pk), asked.feed.preset.version, sorted(asked.given.items()), name)
    slas = definitions.fingerprint() if asked.report.startswith(("sla", "calendars")) else ""
    whole = repr((what, wanted.as_of_ms, versions, fresh, pages.digest(wanted.calendar), may, coding, slas))
    return f'"{hashlib.sha256(whole.encode()).hexdigest()[:32]}"'
