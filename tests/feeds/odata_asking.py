"""Asking a feed by OData in tests."""

import json
from typing import Any
from urllib.parse import quote, urlsplit

from django.test import Client

from sojourn.feeds import feeds
from tests.api.asking import content
from tests.feeds.feeding import Reader


class OData:
    """A feed as a service of OData."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.root = feeds.odata_root(reader.feed, "")
        self.name = (reader.feed.dataset or reader.feed.preset.report).replace("-", "_")

    def __call__(self, path: str, method: str = "GET", credentials: str | None = None, **headers: str) -> Any:
        """What is answered at a path of the service; the headers have _ for -."""
        sent = self.reader.basic if credentials is None else credentials
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        response = Client().generic(method, self.root + path, headers={"Authorization": sent, **given})
        assert response["OData-Version"] in ("4.0", "4.01")
        return response

    def get(self, path: str, **headers: str) -> Any:
        response = self(path, **headers)
        assert response.status_code == 200, content(response)
        return json.loads(content(response))

    def page(self, **options: str) -> Any:
        """A page of rows; the options are without their $, but for those that have none."""
        plain = ("shape", "as_of", "updated_since", "created_from", "created_to")
        query = "&".join(f"{'' if name in plain else '$'}{name}={quote(text)}" for name, text in options.items())
        return self.get(f"{self.name}?{query}")

    def rows(self, **options: str) -> list[dict[str, Any]]:
        """The rows of all pages."""
        page = self.page(**options)
        found = page["value"]
        while "@odata.nextLink" in page:
            page = self.follow(page)
            found += page["value"]
        return list(found)

    def follow(self, page: Any) -> Any:
        """The next page, at the address as it came."""
        address = urlsplit(page["@odata.nextLink"])
        assert address.path == f"{self.root}{self.name}"
        return self.get(f"{self.name}?{address.query}")

    def error(self, path: str, status: int, **headers: str) -> dict[str, str]:
        """The error an answer is, in OData's shape."""
        response = self(path, **headers)
        assert response.status_code == status, content(response)
        assert response["Content-Type"] == "application/json"
        found = json.loads(content(response))
        assert list(found) == ["error"]
        assert found["error"]["code"]
        assert found["error"]["message"]
        error: dict[str, str] = found["error"]
        return error
