"""Which addresses are public: every range at both its ends, in every form it can be written."""

from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network

import pytest

from sojourn.net.ranges import METADATA, NOT_PUBLIC, is_metadata, kind_of, plain

# The ranges of Svix's table and of the IANA registries, written out once more: a row lost in the program is seen here.
_RANGES = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 ::/128 ::1/128
fe80::/10 fc00::/7 2001:db8::/32 3fff::/20 100::/64 2002::/16 64:ff9b::/96 64:ff9b:1::/48 5f00::/16 ff00::/8
"""
RANGES = _RANGES.split()
V4 = [text for text in RANGES if isinstance(ip_network(text), IPv4Network)]


@pytest.mark.parametrize("text", RANGES)
def test_no_address_of_a_special_range_is_public(text: str) -> None:
    network = ip_network(text)
    assert kind_of(network[0])
    assert kind_of(network[-1])


@pytest.mark.parametrize("text", V4)
def test_ipv4_written_as_ipv6_is_what_it_is_as_ipv4(text: str) -> None:
    for address in (ip_network(text)[0], ip_network(text)[-1]):
        for form in (f"::ffff:{address}", f"::{address}", f"64:ff9b::{address}", f"::ffff:0:{address}"):
            assert kind_of(ip_address(form)), form
        assert plain(ip_address(f"::ffff:{address}")) == address


_BESIDE = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
::ffff:8.8.8.8 2606:4700:4700::1111 2a00:1450::1 2001:200::1 2003::1 4000::1
"""


@pytest.mark.parametrize("text", _BESIDE.split())
def test_the_addresses_beside_are_public(text: str) -> None:
    assert kind_of(ip_address(text)) is None
    assert not is_metadata(ip_address(text))


_CREDENTIALS = """
169.254.169.254 169.254.170.2 169.254.170.23 100.100.100.200 168.63.129.16 192.0.0.192 fd00:ec2::254 fd00:ec2::23
fd20:ce::254 fd00:42::42 fe80::a9fe:a9fe ::ffff:169.254.169.254 ::ffff:a9fe:a9fe ::169.254.169.254
64:ff9b::169.254.169.254 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe::1 ::ffff:0:169.254.169.254
"""


@pytest.mark.parametrize("text", _CREDENTIALS.split())
def test_credentials_of_a_machine_are_never_public_in_any_form(text: str) -> None:
    assert is_metadata(ip_address(text))


def test_an_address_that_only_looks_like_one_that_carries_another_is_not_metadata() -> None:
    assert not is_metadata(ip_address("2a00::a9fe:a9fe"))
    assert not is_metadata(IPv4Address("10.0.0.1"))


def test_the_tables_are_well_formed_and_say_what_each_range_is() -> None:
    assert len({text for text, _ in NOT_PUBLIC}) == len(NOT_PUBLIC)
    assert all(kind for _, kind in NOT_PUBLIC)
    assert all(ip_network(text) for text in METADATA)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("::1", "this machine"), ("::", "no address"), ("255.255.255.255", "broadcast"), ("10.1.2.3", "private")],
)
def test_the_narrowest_range_names_the_kind(text: str, kind: str) -> None:
    assert kind_of(ip_address(text)) == kind
