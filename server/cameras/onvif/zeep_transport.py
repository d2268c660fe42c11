"""Our transport under the library's services. Importing this imports onvif-zeep-async: 0.6 s, so it is done in a
thread by whoever needs it first (`zeep_client`)."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import zeep.exceptions
from lxml import etree
from onvif.client import _WSDL_PATH, AsyncTransportProtocolErrorHandler, ONVIFService
from onvif.definition import SERVICES
from onvif.exceptions import ONVIFError
from onvif.util import create_no_verify_ssl_context, is_auth_error
from zeep.wsdl.utils import etree_to_string

from server.cameras.onvif.port import DeviceAddress, DeviceTrouble

__all__ = ["SERVICES", "service", "trouble_of"]

MOST_ANSWER_BYTES = 2 * 1024 * 1024
# What these say of a device's answers may hold its addresses, and zeep's debug lines whole messages.
for _name in ("onvif", "zeep", "aiohttp"):
    logging.getLogger(_name).setLevel(logging.ERROR)


class Bounded(AsyncTransportProtocolErrorHandler):
    """POST and GET without redirects, without proxies, and no answer larger than we read."""

    async def _post_internal(self, address: str, message: str | bytes, headers: dict[str, str]) -> Any:
        data = message.encode() if isinstance(message, str) else message
        asked = self.session.post(
            address, data=data, headers={"Content-Type": 'text/xml; charset="utf-8"'} | headers, allow_redirects=False
        )
        async with asked as response:
            return response, await _content(response, MOST_ANSWER_BYTES)

    async def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> Any:
        response, content = await self._post_internal(address, etree_to_string(envelope), headers)
        return self._aiohttp_to_requests_response(response, content)

    async def fetch(self, address: str, most_bytes: int) -> bytes:
        """A file of the device, with HTTP Digest when it asks for that."""
        async with self.session.get(address, allow_redirects=False) as response:
            content = await _content(response, most_bytes)
            if response.status == 401:
                raise DeviceTrouble("wrong_password")
            if response.status != 200:
                raise DeviceTrouble("no_snapshot")
            return content


async def _content(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    if 300 <= response.status < 400:
        raise DeviceTrouble("redirected")
    read = bytearray()
    async for piece in response.content.iter_chunked(65_536):
        read += piece
        if len(read) > most_bytes:
            raise DeviceTrouble("device_answer")
    return bytes(read)


class Service(ONVIFService):
    """The library's service on our transport."""

    async def close(self) -> None:
        await self.transport.session.close()
        await super().close()


def service(name: str, place: str, address: DeviceAddress, offset: timedelta | None, call_s: float) -> Service:
    """A service proxy of the device; `setup` it before use."""
    about = SERVICES[name]
    made = Service(
        place,
        address.user,
        address.password,
        str(Path(_WSDL_PATH) / about["wsdl"]),
        no_cache=True,  # the library's cache of files is a database in somebody's home directory
        dt_diff=offset,
        binding_name=f"{{{about['ns']}}}{about['binding']}",
    )
    digest = (aiohttp.DigestAuthMiddleware(address.user, address.password),) if address.user else ()
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=create_no_verify_ssl_context(), limit=4),  # devices sign their own
        timeout=aiohttp.ClientTimeout(total=call_s, sock_connect=min(3.0, call_s)),
        middlewares=digest,
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,  # a small answer that unpacks to a large one
    )
    made.transport = Bounded(session=session, verify_ssl=False, cache=None)
    return made


def trouble_of(error: Exception) -> DeviceTrouble | None:
    """What went wrong, in our words; None: it is our own mistake."""
    if isinstance(error, DeviceTrouble):
        return error
    if isinstance(error, ONVIFError) and error.__cause__ is not None:
        error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if isinstance(error, zeep.exceptions.Fault):
        return _fault(error)
    if isinstance(error, zeep.exceptions.TransportError):
        return DeviceTrouble("wrong_password" if error.status_code == 401 else "not_onvif")
    if isinstance(error, TimeoutError | aiohttp.ClientError | OSError):
        return DeviceTrouble("device_unreachable")
    if isinstance(error, zeep.exceptions.XMLSyntaxError | etree.XMLSyntaxError | etree.ParserError):
        return DeviceTrouble("not_onvif")
    if isinstance(error, zeep.exceptions.Error | ONVIFError | AttributeError | LookupError | TypeError | ValueError):
        return DeviceTrouble("device_answer")  # it answered, and nothing that fits the standard
    return None


def _fault(error: zeep.exceptions.Fault) -> DeviceTrouble:
    said = " ".join(str(error.message or "").split())
    words = f"{said} {error.detail if isinstance(error.detail, str) else ''}".lower()
    if any(word in words for word in ("timestamp", "clock", "time difference", "expired")):
        return DeviceTrouble("clock_refused", said)
    if is_auth_error(error):
        return DeviceTrouble("wrong_password", said)
    return DeviceTrouble("device_refused", said)
