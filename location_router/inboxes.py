"""The desks' own HTTPS addresses, the second way to them: a few letters at a time, and with patience.

A desk that is slow already has what we send it on the bus, and the same letter twice makes it slower just then. So
there is one question, *may we knock now* (`_is_open`), with all reasons for leaving a desk alone in it: the letter is
young; `AT_ONCE` letters are on their way; the last ones failed (a pause, longer each time); or its receipts come over
the bus right now. The last reason does not hold for ever: this letter may be lost. Nothing waits here: a letter that
is not sent comes again. All of this is courtesy and lives in the process; with several workers a desk is asked a little
more often and nothing else changes.
"""

from __future__ import annotations

import math
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
ANSWERING_S = 1.0


@dataclass(slots=True)
class _Way:
    """To one desk: letters on it, when the next may go after failures in a row, when it last answered on the bus."""

    busy: int = 0
    failures: int = 0
    quiet_until: float = 0.0
    heard_at: float = -math.inf


class Closed(Exception):
    """The desk was not asked."""


class Inboxes:
    """`keys`: the secret shared with each installation. A letter comes here `from_s` after it was written, one to a
    desk that answers on the bus `surely_s` after."""

    def __init__(self, registry: Registry, keys: dict[str, str], *, from_s: float, surely_s: float) -> None:
        self._registry, self._keys = registry, keys
        self._from_s, self._surely_s = from_s, surely_s
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
        self._ways: defaultdict[str, _Way] = defaultdict(_Way)

    async def close(self) -> None:
        await self._http.aclose()

    def heard(self, installation: str) -> None:
        """A receipt of this desk came over the bus."""
        self._ways[installation].heard_at = time.monotonic()

    def _is_open(self, way: _Way, age_s: float) -> bool:
        now = time.monotonic()
        if age_s < self._from_s or way.busy >= AT_ONCE or now < way.quiet_until:
            return False
        return now - way.heard_at >= ANSWERING_S or age_s >= self._surely_s

    async def deliver(self, letter: Letter, *, age_s: float) -> Receipt | None:
        """The desk's receipt for a letter of that age, None when it gave none. Raises Closed where nobody was asked: no
        address, or not just now."""
        desk, key = self._registry.installations.get(letter.installation), self._keys.get(letter.installation)
        if desk is None or not desk.https_url or key is None:
            raise Closed
        way = self._ways[letter.installation]
        if not self._is_open(way, age_s):
            raise Closed
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
