"""Which addresses a device may have, and whose stream it may name; pure.

An administrator tells us where a camera is, and the server goes there from inside the city's networks: an address that
is no camera's would let him (or a device that lies) reach what he should not. So devices live in private networks, or
in those of `CAMERA_NETWORKS`, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit, urlunsplit

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

PRIVATE: tuple[Network, ...] = tuple(
    ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""Private use, and the carriers' shared range that leased camera lines come in. Not loopback, not link-local."""
LARGEST_PREFIX_BITS = 10  # a /22
MOST_PORTS = 4
DEVICE_PATH = "/onvif/device_service"


class BadWhere(ValueError):
    """The text is no address, network or URL as we need it; the message is for programmers, the code for people."""


def networks_of(setting: str) -> tuple[Network, ...]:
    """`CAMERA_NETWORKS`; empty: the private ranges. ValueError names what is no network."""
    named = [one.strip() for one in setting.split(",") if one.strip()]
    return tuple(ip_network(one, strict=False) for one in named) or PRIVATE


def is_inside(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address (no name) lies in one of the networks; an IPv4 address mapped into IPv6 counts as itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(plain.version == one.version and plain in one for one in networks)


def subnet_of(text: str, networks: tuple[Network, ...]) -> Network:
    """A subnet to look through: at most a /22, inside `networks`. Raises BadWhere."""
    try:
        subnet = ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise BadWhere(str(error)) from None
    if subnet.max_prefixlen - subnet.prefixlen > LARGEST_PREFIX_BITS:
        raise BadWhere("too large")
    if not any(subnet.version == one.version and subnet.subnet_of(one) for one in networks):  # type: ignore[arg-type]
        raise BadWhere("not a camera network")
    return subnet


@dataclass(frozen=True, slots=True)
class DeviceUrl:
    """`http://host:port/path`, checked: no credentials, no query."""

    scheme: str
    host: str
    port: int
    path: str

    def text(self, host: str = "") -> str:
        """With another way of writing the host, if given (its resolved address)."""
        return f"{self.scheme}://{_bracketed(host or self.host)}:{self.port}{self.path}"


def device_url(text: str) -> DeviceUrl:
    """`10.1.2.3`, `10.1.2.3:8000` or a URL. Raises BadWhere when it is anything else, or carries credentials."""
    whole = text.strip()
    try:
        parts = urlsplit(whole if "://" in whole else f"http://{whole}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadWhere(str(error)) from None
    if parts.scheme not in ("http", "https") or not host or not _is_host(host):
        raise BadWhere("no http address")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadWhere("credentials or query in the address")
    path = parts.path if parts.path not in ("", "/") else DEVICE_PATH
    return DeviceUrl(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def _is_host(host: str) -> bool:
    return host.isascii() and all(letter.isalnum() or letter in ".:-_" for letter in host) and len(host) <= 253


def service_url(told: str, device: DeviceUrl, host: str) -> str:
    """Where a service of the device is: its own path and port, at the address that was allowed. A device behind a
    translator names an address that only it knows, and one that lies names somebody else's: neither is gone to."""
    try:
        parts = urlsplit(told.strip())
        told_port = parts.port
    except ValueError:
        raise BadWhere("no address") from None
    path = "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")  # a path like `@elsewhere` is none
    if parts.hostname not in (device.host, host) or parts.scheme not in ("http", "https"):
        return f"{device.scheme}://{_bracketed(host)}:{device.port}{path}"
    port = told_port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{_bracketed(host)}:{port}{path}"


def stream_host(uri: str) -> str:
    """The host of an RTSP address. Raises BadWhere when it is none."""
    try:
        parts = urlsplit(uri.strip())
        _ = parts.port
    except ValueError as error:
        raise BadWhere(str(error)) from None
    if parts.scheme not in ("rtsp", "rtsps") or not parts.hostname:
        raise BadWhere("no rtsp address")
    return parts.hostname


def is_theirs(host: str, device_hosts: tuple[str, ...], subnet: Network | None) -> bool:
    """Whether a stream of `host` may belong to this device: its own host, or inside what the administrator named."""
    return host in device_hosts or (subnet is not None and is_inside(host, (subnet,)))


def without_credentials(uri: str) -> str:
    """The address without user and password."""
    parts = urlsplit(uri.strip())
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def with_credentials(uri: str, user: str, password: str) -> str:
    """The address with user and password in it, percent-encoded; for a sealed column and nothing else."""
    parts = urlsplit(without_credentials(uri))
    if not user:
        return urlunsplit(parts)
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
