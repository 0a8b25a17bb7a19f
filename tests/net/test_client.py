"""Outgoing calls: only checked addresses are connected to, and every call comes to an end."""

import gzip
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import pytest

from sojourn.net import AddressRefused, CallFailed, Limits, Openings, get, request
from sojourn.net.dialer import Dialer
from sojourn.net.ranges import METADATA, NOT_PUBLIC
from tests.net.serving import Listener, http, listening

CLOSED = Openings()


@pytest.fixture
def canary() -> Iterator[Listener]:
    """A listener that nobody may reach."""
    with listening(http(b"secret")) as listener:
        yield listener
        assert listener.seen == []


def opened(listener: Listener, *more: str) -> Openings:
    return Openings.of([("127.0.0.1", listener.port), *((name, listener.port) for name in more)])


def answering(*answers: list[str]) -> Any:
    """A resolver that gives these answers in turn, and must not be asked more often."""
    left = list(answers)
    return lambda host: left.pop(0)


class Network(httpcore.NetworkBackend):
    """A network that keeps what was dialled and connects nowhere."""

    def __init__(self) -> None:
        self.dialled: list[tuple[str, int]] = []

    def connect_tcp(self, host: str, port: int, *_: Any) -> httpcore.NetworkStream:
        self.dialled.append((host, port))
        raise httpcore.ConnectError("nobody there")


def dialled(answer: Iterable[str], openings: Openings = CLOSED, port: int = 443) -> list[tuple[str, int]]:
    """Which addresses are connected to where a name has these."""
    network = Network()
    with pytest.raises(httpcore.ConnectError):
        Dialer(openings, 5, resolve=lambda host: answer, network=network).connect_tcp("a.example", port)
    return network.dialled


# Who may be called.


@pytest.mark.parametrize("text", [text.partition("/")[0] for text, _ in NOT_PUBLIC])
def test_a_name_with_an_address_that_is_not_public_is_not_called(text: str) -> None:
    for answer in ([text], ["8.8.8.8", text], [text, "2606:4700::1111"]):
        network = Network()
        with pytest.raises(AddressRefused, match=r"a\.example: has an address") as error:
            Dialer(CLOSED, 5, resolve=lambda host, answer=answer: answer, network=network).connect_tcp("a.example", 80)
        assert network.dialled == []
        assert text not in str(error.value).replace("a.example", "") or text == "::"


_THIS_MACHINE = """
127.0.0.1 [::1] [::ffff:7f00:1] [::ffff:127.0.0.1] [::127.0.0.1] localhost localhost. 127。0。0。1 2130706433 0x7f000001
0177.0.0.1 127.1 a.example@127.0.0.1 [64:ff9b::7f00:1] 0.0.0.0
"""


@pytest.mark.parametrize("host", _THIS_MACHINE.split())
def test_this_machine_is_not_called_however_it_is_spelled(canary: Listener, host: str) -> None:
    with pytest.raises(AddressRefused):
        get(f"http://{host}:{canary.port}/", openings=CLOSED)


@pytest.mark.parametrize("text", [text.partition("/")[0] for text in METADATA])
def test_credentials_of_a_machine_stay_closed_whatever_is_open(text: str) -> None:
    everything = Openings.of([("0.0.0.0/0", None), ("::/0", None), ("a.example", None), (text, None)])
    with pytest.raises(AddressRefused, match="keeps credentials; it is never called"):
        Dialer(everything, 5, resolve=lambda host: [text], network=Network()).connect_tcp("a.example", 80)


def test_public_names_are_called_on_the_usual_ports_only() -> None:
    assert dialled(["8.8.8.8", "2606:4700::1111", "8.8.8.8"]) == [("8.8.8.8", 443), ("2606:4700::1111", 443)]
    with pytest.raises(AddressRefused, match=r"port 22 is not called.*SOJOURN_ALLOW_PRIVATE=a\.example:22"):
        Dialer(CLOSED, 5, resolve=lambda host: ["8.8.8.8"], network=Network()).connect_tcp("a.example", 22)
    assert dialled(["8.8.8.8"], Openings.of([("a.example", 22)]), 22) == [("8.8.8.8", 22)]


@pytest.mark.parametrize(
    ("entry", "address", "port", "is_open"),
    [
        (("10.0.0.0/8", None), "10.1.2.3", 443, True),
        (("10.0.0.0/8", None), "10.1.2.3", 80, True),
        (("10.0.0.0/8", None), "10.1.2.3", 8080, False),
        (("10.0.0.0/8", None), "::ffff:10.1.2.3", 80, True),
        (("10.0.0.0/8", 8080), "10.1.2.3", 8080, True),
        (("10.0.0.0/8", 8080), "10.1.2.3", 80, False),
        (("10.0.0.0/8", None), "192.168.0.1", 80, False),
        (("fd12::/16", None), "fd12::1", 443, True),
        (("fd12::/16", None), "fd13::1", 443, False),
        (("a.example", None), "10.1.2.3", 443, True),
        (("A.Example.", None), "10.1.2.3", 443, True),
        (("b.example", None), "10.1.2.3", 443, False),
        (("example", None), "10.1.2.3", 443, False),
    ],
)
def test_what_is_opened_is_open_and_nothing_beside(
    entry: tuple[str, int | None], address: str, port: int, is_open: bool
) -> None:
    openings = Openings.of([entry])
    if is_open:
        assert dialled([address], openings, port) == [(address.removeprefix("::ffff:"), port)]
    else:
        with pytest.raises(AddressRefused, match="not public"):
            dialled([address], openings, port)


def test_an_opened_name_in_letters_of_any_language_is_open() -> None:
    assert ("xn--bcher-kva.example", 80) in Openings.of([("Bücher.example", None)]).names


def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_called() -> None:
    with listening(http(b"here")) as listener, listening(http(b"there")) as other:
        rebinding = answering(["127.0.0.1"], ["169.254.169.254"])
        answer = get(f"http://a.example:{listener.port}/", openings=opened(listener), resolve=rebinding)
        assert (answer.body, len(listener.seen), other.seen) == (b"here", 1, [])


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    with listening(http(b"here")) as listener:
        openings = Openings.of([("127.0.0.0/8", listener.port)])
        answer = get(
            f"http://a.example:{listener.port}/", openings=openings, resolve=lambda _: ["127.0.0.2", "127.0.0.1"]
        )
        assert answer.body == b"here"


def test_a_name_without_an_address_is_told() -> None:
    def unknown(host: str) -> list[str]:
        raise socket.gaierror

    for resolve in (unknown, lambda host: []):
        with pytest.raises(CallFailed, match=r"a\.example: the name has no address; check how it is spelled"):
            get("http://a.example/", openings=CLOSED, resolve=resolve)


def test_proxies_of_the_environment_are_not_used(canary: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    with listening(http(b"here")) as listener:
        assert get(f"http://127.0.0.1:{listener.port}/", openings=opened(listener)).body == b"here"


# What is sent.


def test_the_host_is_sent_as_it_was_typed() -> None:
    with listening(http()) as listener:
        url = f"http://a.example:{listener.port}/path?q=1"
        get(url, openings=opened(listener), resolve=lambda _: ["127.0.0.1"], headers={"Accept": "text/calendar"})
        [sent] = listener.seen
        assert sent.startswith(b"GET /path?q=1 HTTP/1.1\r\n")
        assert f"\r\nHost: a.example:{listener.port}\r\n".encode() in sent
        assert b"\r\nAccept: text/calendar\r\n" in sent


def test_tls_asks_for_the_name_and_does_not_trust_just_anybody() -> None:
    with listening(b"not TLS") as listener:
        with pytest.raises(CallFailed, match="cannot be reached"):
            get(f"https://a.example:{listener.port}/", openings=opened(listener), resolve=lambda _: ["127.0.0.1"])
        [hello] = listener.seen
        assert b"a.example" in hello


def test_a_body_can_be_sent_and_any_status_is_an_answer() -> None:
    with listening(http(b"gone", "410 Gone", "Retry-After: 5")) as listener:
        url = f"http://127.0.0.1:{listener.port}/hook"
        answer = request("POST", url, openings=opened(listener), content=b"{}", headers={"X": "1"})
        assert (answer.status, answer.headers["retry-after"], answer.body) == (410, "5", b"gone")
        assert listener.seen[0].startswith(b"POST /hook ")


# What comes back.


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent", "300 Many"]
)
def test_redirects_are_not_followed(canary: Listener, status: str) -> None:
    for place in (f"http://127.0.0.1:{canary.port}/", "http://169.254.169.254/latest/meta-data/", "/elsewhere"):
        with listening(http(b"secret", status, f"Location: {place}")) as listener:
            both = Openings.of([("127.0.0.1", listener.port), ("127.0.0.1", canary.port)])
            with pytest.raises(CallFailed, match="redirects, which is not followed; write the address it leads to"):
                get(f"http://127.0.0.1:{listener.port}/", openings=both)
            assert len(listener.seen) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (http(b"secret", "404 Not Found"), "answers with status 404; check the address"),
        (http(b"secret", "500 Oh"), "answers with status 500"),
        (http(b"secret" * 100), "answers with more than 500 bytes"),
        (http(gzip.compress(b"secret", mtime=0), "200 OK", "Content-Encoding: gzip"), "answers compressed"),
        (b"SSH-2.0-secret\r\n", "does not answer as a web server does"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nsecret", "does not answer as a web server does"),
        (b"", "does not answer as a web server does"),
    ],
)
def test_an_answer_that_is_no_use_is_told_without_a_word_of_it(answer: bytes, reason: str) -> None:
    with listening(answer) as listener:
        url = f"http://127.0.0.1:{listener.port}/private-abc?token=x"
        with pytest.raises(CallFailed, match=reason) as error:
            get(url, openings=opened(listener), limits=Limits(max_bytes=500))
        for hidden in ("secret", "private-abc", "token"):
            assert hidden not in str(error.value)


def test_an_answer_of_just_the_size_is_read() -> None:
    with listening(http(b"x" * 500)) as listener:
        url = f"http://127.0.0.1:{listener.port}/"
        assert len(get(url, openings=opened(listener), limits=Limits(max_bytes=500)).body) == 500


def test_an_endless_answer_is_cut_off() -> None:
    def endless(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.sendall(b"x" * 4096)

    with listening(endless) as listener, pytest.raises(CallFailed, match="more than 65,536 bytes"):
        get(f"http://127.0.0.1:{listener.port}/", openings=opened(listener))


def silent(peer: socket.socket) -> None:
    peer.recv(1)


def dripping(start: bytes) -> Any:
    def drip(peer: socket.socket) -> None:
        peer.sendall(start)
        while True:
            time.sleep(0.05)
            peer.sendall(b"x")

    return drip


@pytest.mark.parametrize(
    "answer",
    [silent, dripping(b"HTTP/1.1 200 OK\r\nX: "), dripping(b"HTTP/1.1 200 OK\r\n\r\n")],
    ids=["says nothing", "never ends its headers", "never ends its body"],
)
def test_a_server_that_stalls_or_drips_is_left_when_the_time_is_over(answer: Any) -> None:
    begun = time.monotonic()
    with listening(answer) as listener, pytest.raises(CallFailed, match=r"has not answered within 0\.4 seconds"):
        get(f"http://127.0.0.1:{listener.port}/", openings=opened(listener), limits=Limits(seconds=0.4))
    assert time.monotonic() - begun < 3


def test_a_port_where_nobody_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(CallFailed, match="cannot be reached"):
        get(f"http://127.0.0.1:{port}/", openings=Openings.of([("127.0.0.1", port)]))


def test_an_answer_does_not_print_its_body() -> None:
    with listening(http(b"secret")) as listener:
        assert "secret" not in repr(get(f"http://127.0.0.1:{listener.port}/", openings=opened(listener)))
