"""What an administrator opens beyond the public internet: the setting SOJOURN_ALLOW_PRIVATE."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from sojourn.net.ranges import Address, Network, plain
from sojourn.net.url import canonical_host

USUAL_PORTS = (80, 443)


@dataclass(frozen=True, slots=True)
class Openings:
    """Host names and networks that may be called on a port though they are not public, or the port not usual."""

    names: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[tuple[Network, int], ...] = ()

    @classmethod
    def of(cls, entries: Iterable[tuple[str, int | None]]) -> "Openings":
        """The openings of entries as the setting reads them: a name, an address or a network, and a port.

        An entry without a port opens 80 and 443.
        """
        names: set[tuple[str, int]] = set()
        networks: list[tuple[Network, int]] = []
        for target, port in entries:
            for each in (port,) if port else USUAL_PORTS:
                try:
                    networks.append((ip_network(target), each))
                except ValueError:
                    names.add((canonical_host(target), each))
        return cls(frozenset(names), tuple(networks))

    def admit(self, host: str, address: Address, port: int) -> bool:
        """Whether the host, at this address and on this port, was opened."""
        address = plain(address)
        return (host, port) in self.names or any(address in network and port == each for network, each in self.networks)
