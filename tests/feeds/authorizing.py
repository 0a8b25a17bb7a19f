"""Clients of the authorization server in tests, and the way to a code by the consent page."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth import get_user_model
from django.test import Client

from sojourn.feeds import consents

BACK = "https://tool.example.com/callback?from=sojourn"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Tool:
    """A client, its secret where it has one, and the browser of somebody who has signed in."""

    browser: Client
    client_id: str
    secret: str
    redirect: str = BACK

    @classmethod
    def made(cls, browser: Client, *, public: bool = False, name: str = "Tool") -> "Tool":
        user, _ = get_user_model().objects.get_or_create(username="ann")
        browser.force_login(user)
        made, secret = consents.add_client(name, [BACK], public=public)
        return cls(browser, made.client_id, secret)

    def asked(self, **more: str | None) -> dict[str, str]:
        given = {"response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect, "state": "xyz"}
        challenge = {} if self.secret else {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        return {name: text for name, text in {**given, "scope": "report:read", **challenge, **more}.items() if text}

    def consent(self, **more: str | None) -> Any:
        return self.browser.get("/oauth/authorize", self.asked(**more))

    def accepted(self, **more: str | None) -> dict[str, str]:
        """What comes back with the browser after Accept."""
        page = self.consent(**more)
        assert page.status_code == 200, page.content
        html = page.content.decode()
        fields = {name: unescape(text) for name, text in re.findall(r'name="(\w+)"(?: value="([^"]*)")?', html)}
        answer = self.browser.post("/oauth/authorize", {**fields, "allow": "Authorize"})
        assert answer.status_code == 302, answer.content
        assert answer["Location"].startswith(self.redirect)
        return {name: texts[0] for name, texts in parse_qs(urlsplit(answer["Location"]).query).items()}

    def code(self, **more: str | None) -> str:
        return self.accepted(**more)["code"]

    def token(self, **given: str) -> Any:
        """What the token endpoint answers to a program, which has no cookies."""
        headers = {}
        if self.secret:
            pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            given = {"client_id": self.client_id, **given}
        return Client().post("/oauth/token", given, headers=headers)

    def change(self, code: str, **more: str) -> Any:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect}
        verifier = {} if self.secret else {"code_verifier": VERIFIER}
        return self.token(**{name: text for name, text in {**given, **verifier, **more}.items() if text})

    def tokens(self, **more: str | None) -> dict[str, Any]:
        answer = self.change(self.code(**more))
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = json.loads(answer.content)
        return found

    def refresh(self, token: str) -> Any:
        return self.token(grant_type="refresh_token", refresh_token=token)


def reads(token: str, path: str = "/projects") -> int:
    """The status with which the API answers to an access token."""
    return Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}).status_code
