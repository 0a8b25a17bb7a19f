"""Addresses as people type them: what can be read in two ways is refused."""

import pytest

from sojourn.net import AddressRefused
from sojourn.net.url import origin, read_url

WRONG = [
    ("file:///etc/passwd", "only http:// and https://"),
    ("ftp://a.example/x", "only http:// and https://"),
    ("gopher://a.example:70/_x", "only http:// and https://"),
    ("javascript:alert(1)", "only http:// and https://"),
    ("//a.example/x", "only http:// and https://"),
    ("a.example", "only http:// and https://"),
    ("", "only http:// and https://"),
    ("http://", "has no host"),
    ("http:///x", "has no host"),
    ("http:a.example", "has no host"),
    ("http://./", "has no host"),
    ("http://a..example/", "has no host"),
    ("http://a%2eexample/", "has no host"),
    ("http://a!b/", "has no host"),
    (f"http://{'a' * 64}.example/", "has no host"),
    ("http://ann:secret@a.example/", "a user name or password"),
    ("http://ann@a.example/", "a user name or password"),
    ("http://@a.example/", "a user name or password"),
    ("http://a.example@127.0.0.1/", "a user name or password"),
    ("http://a.example\\@127.0.0.1/", "backslashes"),
    ("http://a.example /x", "blanks"),
    ("http://a.example/x y", "blanks"),
    ("http://a.example\t/", "control characters"),
    ("http://a.example/\r\nHost: b", "control characters"),
    ("http://2130706433/", "four decimal numbers"),
    ("http://0x7f000001/", "four decimal numbers"),
    ("http://0x7f.0x0.0x0.0x1/", "four decimal numbers"),
    ("http://017700000001/", "four decimal numbers"),
    ("http://127.1/", "four decimal numbers"),
    ("http://127.0.1/", "four decimal numbers"),
    ("http://127.0.0.1.1/", "four decimal numbers"),
    ("http://a.example.1/", "four decimal numbers"),
    ("http://0x/", "four decimal numbers"),
    ("http://0177.0.0.1/", "cannot be read"),
    ("http://127.0.0.01/", "cannot be read"),
    ("http://999.0.0.1/", "cannot be read"),
    ("http://１２７.０.０.１/", "cannot be read"),
    ("http://①②⑦.0.0.1/", "cannot be read"),
    ("http://[::1", "cannot be read|has no host"),
    ("http://[::g]/", "cannot be read|has no host"),
    ("http://[fe80::1%25eth0]/", "with a zone"),
    ("http://[fe80::1%eth0]/", "with a zone"),
    ("http://a.example:port/", "cannot be read"),
    ("http://-\u200b.example/", "cannot be read|control"),
]


@pytest.mark.parametrize(("text", "reason"), WRONG)
def test_an_address_that_may_mean_two_things_is_refused_with_what_would_be_right(text: str, reason: str) -> None:
    with pytest.raises(AddressRefused, match=reason):
        read_url(text)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(AddressRefused) as error:
        read_url("https://ann:hunter2@a.example/")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://A.Example/x", "a.example"),
        ("HTTPS://a.example", "a.example"),
        (" https://a.example ", "a.example"),
        ("http://a.example./", "a.example"),
        ("http://my_host/", "my_host"),
        ("http://Bücher.example/", "xn--bcher-kva.example"),
        ("http://127。0。0。1/", "127.0.0.1"),
        ("http://8.8.8.8/", "8.8.8.8"),
        ("http://[2606:4700::1111]/", "2606:4700::1111"),
        ("http://[::ffff:7f00:1]/", "::ffff:7f00:1"),
        ("http://a.example/@b", "a.example"),
        ("http://a.example?x=@b", "a.example"),
    ],
)
def test_a_host_has_one_spelling(text: str, host: str) -> None:
    assert read_url(text).raw_host.decode() == host


def test_messages_tell_an_address_without_its_path_and_query() -> None:
    assert origin(read_url("https://a.example:8443/private-abc/basic.ics?token=x")) == "https://a.example:8443"
