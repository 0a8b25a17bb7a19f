"""Writing recipes: what a recipe has to know of a feed, and its files with that filled in."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.template import Context, Engine

from sojourn.feeds import datasets, document, feeds, presets
from sojourn.feeds.models import Feed
from sojourn.feeds.recipes.catalogue import Recipe
from sojourn.history import seen
from sojourn.reports.table import Column

_TEXTS = Engine(dirs=[str(Path(__file__).with_name("texts"))], autoescape=False)
_STAY = ("issueId", "statusId", "entered")
_KEYS = {
    "issues": ("issueId",),
    "status_durations": ("issueId", "statusId"),
    "time_in_status": ("issueId", "statusId"),
    "status_intervals": _STAY,
    "status_history": _STAY,
    "transitions": ("issueId", "at", "fromId", "toId"),
    "tombstones": ("issueId",),
}
_KINDS = {
    "text": {"type": ["null", "string"]},
    "integer": {"type": ["null", "integer"]},
    "number": {"type": ["null", "number"]},
    "boolean": {"type": ["null", "boolean"]},
    "instant": {"type": ["null", "string"], "format": "date-time"},
    "date": {"type": ["null", "string"], "format": "date"},
    "duration": {"type": ["null", "number", "string"]},
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What recipes know of a feed.

    `key` names the columns by which rows are told apart and changes can be merged; empty where the rows have to be read
    whole. `tombstones` is the feed of deleted work items that goes with it, empty where there is none.
    """

    feed: str
    link: str
    odata: str
    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    tombstones: str


def facts(feed: Feed, server: str, now: datetime) -> Facts:
    """What recipes know of a feed at a server, whose address ends with a slash; raises Refused as reading it would."""
    options = {name: list(texts) for name, texts in feed.preset.options.items()}
    wanted = presets.request(feed.owner, feed.preset.report, options, now)
    report = feed.dataset or feed.preset.report
    table = document.named(datasets.run(feed.preset.report, feed.dataset, None)(wanted), report, wanted)
    name = report.replace("-", "_")
    key = _KEYS.get(name, ())
    sites = seen.sites(wanted.sight)
    of_one_site = (sites.filter(name__in=wanted.sites) if wanted.sites else sites).count() <= 1
    is_whole = bool(feed.dataset) or wanted.limit is None
    has_key = of_one_site and is_whole and {column.name for column in table.columns} >= set(key)
    beside = feeds.listed(feed.owner).filter(preset=feed.preset, dataset="tombstones", revoked_at=None).first()
    tombstones = str(beside.pk) if beside and name != "tombstones" else ""
    addresses = feeds.link(feed, server), feeds.odata_root(feed, server)
    return Facts(str(feed.pk), *addresses, name, tuple(table.columns), key if has_key else (), tombstones)


def files(recipe: Recipe, known: Facts) -> dict[str, str]:
    """The files of a recipe, by name; those that do not go with the feed are left out."""
    address = urlsplit(known.link)
    names = {column.name for column in known.columns}
    about = {
        **asdict(known),
        "host": f"{address.scheme}://{address.netloc}",
        "path": address.path.removeprefix("/"),
        "key_json": _json(known.key),
        "row_key": " || ':' || ".join(f"cast({_snake(name)} as varchar)" for name in known.key),
        "schema_json": _json(_schema(known)),
        "is_measured": names >= {"ms", "statusId", "issueId"},
        **recipe.words,
    }
    written = {
        name.format(table=known.table): _TEXTS.get_template(text).render(Context(about, autoescape=False)).strip()
        for name, text in recipe.files.items()
    }
    return {name: f"{text}\n" for name, text in written.items() if text}


def _schema(known: Facts) -> dict[str, object]:
    members: dict[str, object] = {column.name: _KINDS[column.kind] for column in known.columns}
    version = {"feedVersion": {"type": ["null", "integer"]}} if known.key else {}
    return {"type": "object", "additionalProperties": True, "properties": members | version}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _snake(name: str) -> str:
    """The name as dlt writes it in a warehouse."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
