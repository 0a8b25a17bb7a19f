"""A small issuer of OpenID Connect, and Atlassian's own addresses, over real HTTP: strict about what it is asked."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "sojourn", "a secret of the client"


@dataclass
class Issuer:
    """`person` is who signs in; `id_token` replaces what the token tells; `callback` is where it may lead back to."""

    url: str = ""
    callback: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    id_token: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def get(self, path: str, query: dict[str, str], headers: Any) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            found = {f"{name}_endpoint": f"{self.url}/{where}" for name, where in names.items()}
            ways = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
            return 200, {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **found, **ways}
        if path == "/authorize":
            return self._authorize(query)
        if path in ("/userinfo", "/me"):
            if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
                return 401, {"error": "invalid_token"}
            return 200, self.person
        return 404, {}

    def _authorize(self, query: dict[str, str]) -> tuple[int, Any]:
        wanted = {"client_id": CLIENT, "response_type": "code", "redirect_uri": self.callback}
        self.problems += [f"{name} is {query.get(name)}" for name, value in wanted.items() if query.get(name) != value]
        if self.error:
            return 302, f"{self.callback}?{urlencode({'error': self.error, 'state': query['state']})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return 302, f"{self.callback}?{urlencode({'code': code, 'state': query['state']})}"

    def post(self, path: str, form: dict[str, str], headers: Any) -> tuple[int, Any]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        is_client = headers.get("Authorization") == f"Basic {basic}" or form.get("client_secret") == SECRET
        asked = self.codes.pop(form.get("code", ""), None)
        if path not in ("/token", "/oauth/token") or not is_client or asked is None:
            return 400, {"error": "invalid_grant"}
        if "code_challenge" in asked:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
                return 400, {"error": "invalid_grant"}
        elif path == "/token":
            self.problems.append("no PKCE")
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        now = round(time.time())
        told = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, **self.person, **self.id_token}
        signed = jwt.encode(told, self.key, "RS256", headers={"kid": "1"})
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@contextmanager
def issuing() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._send(*issuer.get(parts.path, _flat(parts.query), self.headers))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(*issuer.post(self.path, _flat(body), self.headers))

        def _send(self, status: int, told: Any) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", told)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"" if status == 302 else json.dumps(told).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _flat(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
