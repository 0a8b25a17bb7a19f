"""Which addresses are not public: an explicit table, so that nothing hangs on what a library thinks is private.

Source: the IANA special-purpose address registries for IPv4 and IPv6, and the address lists of the cloud providers.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier"),
    ("127.0.0.0/8", "this machine"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("255.255.255.255/32", "broadcast"),
    ("::/96", "IPv4 in an old form"),
    ("::/128", "no address"),
    ("::1/128", "this machine"),
    ("::ffff:0:0:0/96", "IPv4 translated"),
    ("64:ff9b::/96", "IPv4 translated (NAT64)"),
    ("64:ff9b:1::/48", "IPv4 translated (NAT64)"),
    ("100::/64", "discarded"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "IPv4 in 6to4"),
    ("3fff::/20", "for documentation"),
    ("5f00::/16", "for segment routing"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private in an old form"),
    ("ff00::/8", "multicast"),
)
"""Ranges that are not public, and what they are."""

METADATA = (
    "169.254.0.0/16",  # Amazon, Google, Azure, Oracle, OpenStack, DigitalOcean, Tencent, Scaleway; ECS and EKS
    "100.100.100.200/32",  # Alibaba
    "168.63.129.16/32",  # Azure's host: a public address that answers inside only
    "192.0.0.192/32",  # Oracle, formerly
    "fd00:ec2::/32",  # Amazon
    "fd20:ce::/32",  # Google
    "fd00:42::42/128",  # Scaleway
    "fe80::/10",  # OpenStack
)
"""Where cloud providers hand out a machine's credentials: never called, whatever the settings open."""

_NOT_PUBLIC = tuple((ip_network(text), kind) for text, kind in NOT_PUBLIC)
_METADATA = tuple(ip_network(text) for text in METADATA)
_CARRIES_IPV4 = tuple(
    ip_network(text) for text in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)


def plain(address: Address) -> Address:
    """The address; one that is IPv4 written as IPv6 (`::ffff:7f00:1`) as IPv4."""
    return getattr(address, "ipv4_mapped", None) or address


def kind_of(address: Address) -> str | None:
    """What an address is that is not public, such as `private`; None for a public one."""
    address = plain(address)
    return next((kind for network, kind in reversed(_NOT_PUBLIC) if address in network), None)


def is_metadata(address: Address) -> bool:
    """Whether an address, or the IPv4 address that it carries, may hand out a machine's credentials."""
    address = plain(address)
    return any(one in network for one in (address, *_carried(address)) for network in _METADATA)


def _carried(address: Address) -> list[IPv4Address]:
    """The IPv4 addresses that a translating network may make of an IPv6 address."""
    if not isinstance(address, IPv6Address) or not any(address in network for network in _CARRIES_IPV4):
        return []
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    return [address.sixtofour] if address.sixtofour else [last]
