"""The desks' own HTTPS addresses, the second way to them: a few letters at a time, and with patience.

A desk that is slow already has what we send it on the bus. Knocking harder would make it slower just then, so at most
`AT_ONCE` letters are on their way to one desk, and after one that failed it is left alone for a while, longer each
time. Nothing waits here: a letter that finds the way taken is not sent, and comes again.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass

import httpx
import structlog
from pydantic import ValidationError

from location_router.ledger import Letter
from location_router.registry import Registry
from location_router.runtime.signing import sign
from location_router.wire import Receipt

log = structlog.get_logger("inboxes")
INBOX_PATH = "/v1/inbox"
TIMEOUT_S = 1.5
AT_ONCE = 4
QUIET_S, LONGEST_QUIET_S = 0.5, 8.0


@dataclass(slots=True)
class _Way:
    """To one desk: how many letters are on it, and when the next may go after failures in a row."""

    busy: int = 0
    failures: int = 0
    quiet_until: float = 0.0


class Inboxes:
    """`keys`: the secret shared with each installation."""

    def __init__(self, registry: Registry, keys: dict[str, str]) -> None:
        self._registry, self._keys = registry, keys
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
        self._ways: defaultdict[str, _Way] = defaultdict(_Way)

    async def close(self) -> None:
        await self._http.aclose()

    async def deliver(self, letter: Letter) -> Receipt | None:
        """The desk's receipt; None when it gave none, has no address, or is not to be asked just now."""
        desk, key = self._registry.installations.get(letter.installation), self._keys.get(letter.installation)
        if desk is None or not desk.https_url or key is None:
            return None
        way = self._ways[letter.installation]
        if way.busy >= AT_ONCE or time.monotonic() < way.quiet_until:
            return None
        way.busy += 1
        try:
            return await self._post(way, letter, desk.https_url.rstrip("/") + INBOX_PATH, key)
        finally:
            way.busy -= 1

    async def _post(self, way: _Way, letter: Letter, address: str, key: str) -> Receipt | None:
        headers = sign(
            key, installation=letter.installation, method="POST", path=INBOX_PATH, body=letter.body, now=time.time()
        )
        try:
            answer = await self._http.post(
                address, content=letter.body, headers={**headers, "Content-Type": "application/json"}
            )
            if answer.status_code == 200:
                receipt = Receipt.model_validate_json(answer.content)
                way.failures, way.quiet_until = 0, 0.0
                return receipt
            log.warning("inbox_refused", installation=letter.installation, status=answer.status_code)
            if answer.status_code >= 500 or answer.status_code == 429:
                self._leave_alone(way)
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError) as error:
            log.warning("inbox_silent", installation=letter.installation, error=repr(error)[:200])
            self._leave_alone(way)
        return None

    def _leave_alone(self, way: _Way) -> None:
        """Those that fail together count as one failure."""
        now = time.monotonic()
        if now >= way.quiet_until:
            way.failures += 1
            way.quiet_until = now + min(QUIET_S * 2 ** min(way.failures - 1, 10), LONGEST_QUIET_S)
