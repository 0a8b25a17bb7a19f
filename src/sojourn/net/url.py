"""Addresses as people type them, read strictly: what two programs could read in two ways is refused."""

import re
from ipaddress import IPv4Address

import httpx

from sojourn.net.errors import AddressRefused

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SCHEMES = ("http", "https")


def read_url(text: str) -> httpx.URL:
    """The address, its host in lower case, international names as `xn--…`, without a dot at the end.

    Raises AddressRefused where the scheme is not http or https, a name or password stands in it, or the host is
    spelled in a way that others may read differently, such as `http://2130706433/` for 127.0.0.1.
    """
    text = text.strip()
    if "\\" in text or not text.isprintable() or " " in text:
        raise AddressRefused("The address holds blanks, backslashes or control characters; write https://host/path.")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise AddressRefused("The address cannot be read; write https://host/path.") from error
    if url.scheme not in _SCHEMES:
        raise AddressRefused(f"{url.scheme or 'An address without a scheme'}: only http:// and https:// are called.")
    if "@" in re.split("[/?#]", text.partition("://")[2])[0]:
        raise AddressRefused(f"{url.host}: a user name or password in an address is not sent; leave it out.")
    return url.copy_with(host=_checked(url.raw_host.decode()))


def canonical_host(name: str) -> str:
    """A host name as read_url writes it; raises AddressRefused where it is none."""
    return read_url(f"http://{name}").raw_host.decode()


def origin(url: httpx.URL) -> str:
    """Scheme, host and port: all of an address that messages tell."""
    return f"{url.scheme}://{url.netloc.decode()}"


def _checked(host: str) -> str:
    if ":" in host:  # IPv6, which httpx has read
        if "%" in host:
            raise AddressRefused("An IPv6 address with a zone (%) is not called; leave the zone out.")
        return host
    host = host.removesuffix(".")
    if not _NAME.fullmatch(host):
        raise AddressRefused("The address has no host, or one that is not a name; write https://host/path.")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            IPv4Address(host)
        except ValueError:
            raise AddressRefused(f"{host}: write an IPv4 address as four decimal numbers, such as 192.0.2.1.") from None
    return host
