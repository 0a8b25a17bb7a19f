"""Many calls to one server: connections are kept, and each call is guarded and ends like a single one."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sojourn.net import AddressRefused, CallFailed, Limits, NoAnswer, Openings, Route, Session
from tests.net.serving import http, listening


class Handler(BaseHTTPRequestHandler):
    """Answers with the path; a proxy's request, which names the whole address, too."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.peers.append(self.client_address)  # type: ignore[attr-defined]
        body = self.path.encode()
        is_packed = "gzip" in self.headers.get("Accept-Encoding", "")
        body = gzip.compress(body * 1000) if is_packed else body
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if is_packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server() -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """The port of a web server that keeps connections, and who called."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.peers = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield made.server_port, made.peers  # type: ignore[attr-defined]
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def open_to(port: int) -> Route:
    return Route(Openings.of([("127.0.0.1", port)]))


def test_a_connection_is_kept_from_call_to_call() -> None:
    with server() as (port, peers), Session(f"http://127.0.0.1:{port}/base/", open_to(port), Limits()) as session:
        assert [session.call("GET", path).body for path in ("/a", "/b?c=1")] == [b"/base/a", b"/base/b?c=1"]
        assert len(set(peers)) == 1


def test_a_session_calls_no_address_that_may_not_be_called() -> None:
    with server() as (port, peers):
        with (
            Session(f"http://127.0.0.1:{port}", Route(), Limits()) as session,
            pytest.raises(AddressRefused, match="not public"),
        ):
            session.call("GET", "/a")
        assert peers == []


def test_answers_may_be_compressed_where_that_is_asked_for_and_are_limited_as_they_are_unpacked() -> None:
    with server() as (port, _):
        url = f"http://127.0.0.1:{port}"
        with Session(url, open_to(port), Limits(max_bytes=2000), is_compressed=True) as session:
            assert session.call("GET", "/a").body == b"/a" * 1000
            with pytest.raises(CallFailed, match="more than 2,000 bytes"):
                session.call("GET", "/abc")


def test_each_call_of_a_session_has_its_own_time() -> None:
    with server() as (port, _), Session(f"http://127.0.0.1:{port}", open_to(port), Limits(seconds=0.3)) as session:
        for _ in range(4):
            assert session.call("GET", "/a").status == 200
            threading.Event().wait(0.1)


@pytest.mark.parametrize("answer", [http(b"secret")[:-3], b"", b"SSH-2.0-secret\r\n"])
def test_no_answer_or_half_of_one_is_told_apart_from_an_answer_of_no_use(answer: bytes) -> None:
    with listening(answer) as listener:
        route = Route(Openings.of([("127.0.0.1", listener.port)]))
        with Session(f"http://127.0.0.1:{listener.port}", route, Limits()) as session, pytest.raises(NoAnswer):
            session.call("GET")


def test_a_stream_that_httpcore_lost_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object) -> None:
        raise KeyError(15)

    monkeypatch.setattr("httpcore.ConnectionPool.handle_request", lose)
    with (
        server() as (port, _),
        Session(f"http://127.0.0.1:{port}/", open_to(port), Limits()) as session,
        pytest.raises(NoAnswer, match="does not answer as a web server does"),
    ):
        session.call("GET")


def test_a_proxy_is_called_in_place_of_the_server() -> None:
    with server() as (port, peers):
        route = Route(proxy=f"http://user:secret@127.0.0.1:{port}")
        assert "secret" not in repr(route)
        with Session("http://jira.example", route, Limits()) as session:
            assert session.call("GET", "/a").body == b"http://jira.example/a"
        assert peers


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]"])
def test_behind_a_proxy_addresses_in_numbers_are_still_checked(host: str) -> None:
    with server() as (port, peers):
        route = Route(proxy=f"http://127.0.0.1:{port}")
        with Session(f"http://{host}", route, Limits()) as session, pytest.raises(AddressRefused):
            session.call("GET", "/a")
        assert peers == []


@pytest.mark.parametrize("proxy", ["proxy.example", "socks5://proxy.example:1080", "ftp://proxy.example"])
def test_a_proxy_that_cannot_be_used_is_refused(proxy: str) -> None:
    with pytest.raises(CallFailed, match="The proxy's address cannot be read"):
        Session("http://jira.example", Route(proxy=proxy), Limits())


def test_a_file_of_authorities_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(CallFailed, match="is no file of certificates in PEM"):
            Session("https://jira.example", Route(authorities=tmp_path / name), Limits())
