"""Asking the API, and what every answer has to be."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http.response import HttpResponseBase
from django.test import Client

from sojourn.api.routes import api

ROOT = "/api/v1"
FEED = "6f1c1a52-3a3f-4a53-9b8e-0c8c2f0e9f11"
FILLED = {"{name}": "7x24", "{key}": "ABC-1", "{number}": "1", "{version}": "1", "{feed}": FEED}
FILLED |= {"{which}": "resets", "{done}": "1"}


@dataclass
class Ask:
    """A client with a token."""

    client: Client
    token: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponseBase:
        given = {"data": body if isinstance(body, bytes) else json.dumps(body)} if body is not None else {}
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        return self.client.generic(
            method,
            path if path.startswith("/api") else ROOT + path,
            content_type="application/json",
            headers=headers,
            **given,
        )

    def get(self, path: str) -> Any:
        response = self("GET", path)
        text = content(response)
        assert response.status_code == 200, text
        return json.loads(text)

    def post(self, path: str, body: Any) -> Any:
        response = self("POST", path, body)
        text = content(response)
        assert response.status_code in (200, 201), text
        return json.loads(text)


def content(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def problem(response: HttpResponseBase, status: int) -> dict[str, Any]:
    """The problem an answer is; it has the shape of RFC 9457 and the headers its status demands."""
    assert response.status_code == status, content(response)
    assert response["Content-Type"] == "application/problem+json"
    assert "no-store" in response["Cache-Control"]
    found: dict[str, Any] = json.loads(content(response))
    assert list(found)[:5] == ["type", "title", "status", "detail", "errors"]
    assert list(found)[5:] in ([], ["message", "hint", "expected", "line", "column", "start", "end"])
    assert (found["type"], found["status"]) == ("about:blank", status)
    assert found["title"]
    assert found["detail"]
    assert all(list(one) == ["parameter", "detail"] and all(one.values()) for one in found["errors"])
    assert (status == 401) == ("WWW-Authenticate" in response)
    assert (status == 429) == ("Retry-After" in response)
    return found


def operations() -> Iterator[tuple[str, str]]:
    """Method and address of every operation, its placeholders filled."""
    for path, methods in api.get_openapi_schema()["paths"].items():
        for name, value in FILLED.items():
            path = path.replace(name, value)
        yield from ((method.upper(), path) for method in methods)


OPERATIONS = list(operations())
