"""Reading feeds in tests as tools do."""

import base64
import io
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import openpyxl
import polars as pl
from django.contrib.auth import get_user_model
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from sojourn.feeds import feeds, presets
from sojourn.feeds.models import Feed
from tests.api.asking import content

AS_OF = "2024-01-20T00:00Z"


@dataclass
class Reader:
    """A feed, and a secret of it."""

    feed: Feed
    secret: str

    @classmethod
    def of(cls, name: str, report: str = "time-in-status", dataset: str = "", **options: str) -> "Reader":
        """A feed of an account, on a preset that is made for it."""
        account, _ = get_user_model().objects.get_or_create(username=name)
        given = {"as_of": [AS_OF], **{option: [text] for option, text in options.items()}}
        label = f"{report} {dataset} {sorted(options.items())}"
        preset = presets.listed(account).filter(owner=account, name=label).first()
        preset = preset or presets.save(account, label, report, given, timezone.now())
        feed = feeds.generate(account, preset, timezone.now(), dataset)
        return cls(feed, feeds.renew_secret(feed, timezone.now()))

    @property
    def basic(self) -> str:
        return f"Basic {base64.b64encode(f'{self.feed.pk}:{self.secret}'.encode()).decode()}"

    def __call__(self, method: str = "GET", credentials: str | None = None, part: str = "", **given: str) -> Any:
        """What a tool is answered; its parameters are `given`, its headers those that begin with a capital."""
        sent = self.basic if credentials is None else credentials
        headers = {name.replace("_", "-"): text for name, text in given.items() if name[0].isupper()}
        query = {"datafeedID": str(self.feed.pk)} | {n: t for n, t in given.items() if not n[0].isupper() and t}
        address = f"/{feeds.PATH}{part}?{urlencode(query)}"
        return Client().generic(method, address, headers={"Authorization": sent, **headers} if sent else headers)

    def json(self, **given: str) -> Any:
        response = self(**given)
        assert response.status_code == 200, content(response)
        return json.loads(content(response))

    def rows(self, **given: str) -> list[dict[str, Any]]:
        """The rows, in whatever format they are asked for."""
        response = self(**given)
        found = content(response)
        assert response.status_code == 200, found
        match given.get("format", "json"):
            case "json":
                return list(json.loads(found)["rows"])
            case "ndjson":
                return [json.loads(line) for line in found.splitlines()]
            case "csv":
                return pl.read_csv(io.BytesIO(found), infer_schema=False).to_dicts()
            case "parquet":
                return pl.read_parquet(io.BytesIO(found)).to_dicts()
            case "arrow":
                return pl.read_ipc_stream(io.BytesIO(found)).to_dicts()
            case _:
                names, *lines = openpyxl.load_workbook(io.BytesIO(found)).worksheets[0].values
                return [dict(zip(map(str, names), line, strict=True)) for line in lines]


def problem(response: HttpResponseBase, status: int) -> dict[str, Any]:
    """The problem an answer is (RFC 9457)."""
    text = content(response)
    assert response.status_code == status, text
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(text)
    assert (found["status"], bool(found["detail"])) == (status, True)
    assert (status == 401) == ("WWW-Authenticate" in response)
    if "Retry-After" in response:
        assert 0 < int(response["Retry-After"]) <= 120
    return found
