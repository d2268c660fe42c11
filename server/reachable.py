"""Where an address that somebody else gave us may lead: the internet, never our own machines (SSRF).

The answer is the very address to connect to: a name that answers differently a moment later then leads nowhere.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
STRANGERS = ThreadPoolExecutor(8, thread_name_prefix="names-of-strangers")
"""Whoever names a host may also run its name server, which takes as long as it likes. A lookup can't be ended, so these
wait for each other only: the process's other threads check passwords, and the lines to 112 look up their own names."""
_NAT64, _COMPATIBLE = ip_network("64:ff9b::/96"), ip_network("::/96")


class NotReachable(Exception):
    """`code`: private_address, not_encrypted."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def networks_of(text: str) -> list[Network]:
    """Of a setting: CIDR, comma-separated."""
    return [ip_network(one.strip(), strict=False) for one in text.split(",") if one.strip()]


def both(first: Sequence[Network], second: Sequence[Network]) -> list[Network]:
    """What lies in one of either."""
    found = []
    for one in first:
        for other in second:
            if one.version == other.version:
                if one.subnet_of(other):  # type: ignore[arg-type]
                    found.append(one)
                elif other.subnet_of(one):  # type: ignore[arg-type]
                    found.append(other)
    return found


async def where(url: httpx.URL, networks: Sequence[Network], *, threads: Executor | None = None) -> Address:
    """The address to connect to. Outside `networks` it must be public and encrypted. Raises NotReachable, OSError.
    `threads`: STRANGERS for what anybody may have given us."""
    port = url.port or (443 if url.scheme == "https" else 80)
    ask = partial(socket.getaddrinfo, url.host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(threads, ask)
    address = ip_address(found[0][4][0])
    if any(address in network for network in networks):
        return address
    if not is_public(address):
        raise NotReachable("private_address")
    if url.scheme != "https":
        raise NotReachable("not_encrypted")
    return address


def is_public(address: Address) -> bool:
    """Whether it is somewhere on the internet: also where an IPv4 address is written inside an IPv6 one (mapped,
    compatible, 6to4, NAT64), which Python holds for public by its prefix alone."""
    if isinstance(address, IPv6Address):
        if address.is_site_local or address in _COMPATIBLE:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast
