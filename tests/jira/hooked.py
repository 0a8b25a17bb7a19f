"""Sending webhooks to Sojourn over real HTTP, as a Jira does."""

import hmac
import http.client
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sojourn.history.models import Site
from sojourn.jira.models import Connection
from sojourn.sealed import Secret

SECRET = "a secret of thirty-two characters"


def connected(name: str = "acme", kind: str = "cloud", secret: str | None = SECRET) -> Connection:
    site = Site.objects.create(name=name)
    told = {"kind": kind, "url": "https://acme.example.com", "method": "api-token", "account": "bot@example.com"}
    hook = Secret(secret) if secret else None
    return Connection.objects.create(name=name, site=site, secret=Secret("x"), webhook_secret=hook, **told)


def signature(body: bytes, secret: str = SECRET, method: str = "sha256") -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def signed(body: bytes, secret: str = SECRET, **more: str) -> dict[str, str]:
    return {"X-Hub-Signature": signature(body, secret), **more}


def basic(secret: str = SECRET, name: str = "jira") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"}


def send(server: str, name: str, body: bytes, headers: dict[str, str], method: str = "POST") -> int:
    """The status of the answer, which is never longer than its status's own words."""
    address = urlsplit(server)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    try:
        told = {"Content-Type": "application/json", **headers}
        connection.request(method, f"/hooks/jira/{name}", body, told)
        answer = connection.getresponse()
        assert len(answer.read()) < 40
        return answer.status
    finally:
        connection.close()


def event(kind: str = "jira:issue_updated", **more: Any) -> bytes:
    told = {"timestamp": round(datetime.now(UTC).timestamp() * 1000), "webhookEvent": kind}
    return json.dumps({**told, **more}).encode()
