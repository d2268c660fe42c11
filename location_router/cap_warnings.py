"""Warnings at the router: kept whole, placed, and brought to every center that they touch and to every home, once.

A warning opens nothing and shows no picture, so no agreement is asked for: who may warn is decided where senders are
registered (scope `warnings`). It is on disk before the answer; what the bus did not take is sent again by `sweep`, and
what still runs is told to an installation that begins to serve one of its centers, or to be a home, and so is the end
of what it was told before.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid5

import structlog
from sqlalchemy import ARRAY, Column, DateTime, Index, LargeBinary, Table, Text, Uuid, func, text

from location_router.bus import Bus
from location_router.cap_warning.reach import centers_of
from location_router.cap_warning.reading import check_time, read_warning
from location_router.cap_warning.values import CapWarning, digest, warning_id
from location_router.index import Jurisdictions
from location_router.registry import Registry
from location_router.request_content.values import Refused
from location_router.runtime.db import Unavailable
from location_router.runtime.pool import Pool
from location_router.runtime.problems import Problem
from location_router.store import metadata
from location_router.wire import utc_now
from location_router.wire_warnings import WarningNote

log = structlog.get_logger("cap_warnings")

cap_warning = Table(
    "cap_warning",
    metadata,
    Column("warning_id", Uuid, primary_key=True),
    Column("sender_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("centers", ARRAY(Text), nullable=False),
    Column("references", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("body", LargeBinary, nullable=False),  # as it came: what is told to everybody is no secret
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sent_at", DateTime(timezone=True)),  # when the bus had all of it; None: some of it goes again
    Column("key", Text, nullable=False),
    Column("told", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # "installation/center", "home/"
    Column("expires_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_cap_warning_expires_at", cap_warning.c.expires_at)
Index("ix_cap_warning_received_at", cap_warning.c.received_at)
Index("ix_cap_warning_agency_id", cap_warning.c.agency_id, cap_warning.c.key)
Index("ix_cap_warning_unsent", cap_warning.c.received_at, postgresql_where=text("sent_at IS NULL"))

_CLAIM = """
INSERT INTO cap_warning (warning_id, sender_id, agency_id, key, centers, "references", body, expires_at)
VALUES (%(id)s, %(sender)s, %(agency)s, %(key)s, %(centers)s, %(references)s, %(body)s, %(until)s)
ON CONFLICT DO NOTHING RETURNING received_at"""
_HELD = "SELECT sender_id, body, centers, received_at FROM cap_warning WHERE warning_id = %s"
_EARLIER = "SELECT centers FROM cap_warning WHERE agency_id = %s AND key = ANY(%s)"
_UNSENT = """
SELECT warning_id, agency_id, centers, received_at, body FROM cap_warning WHERE sent_at IS NULL
ORDER BY received_at LIMIT 20"""
_SENT = """
UPDATE cap_warning SET sent_at = coalesce(sent_at, now()), told = ARRAY(SELECT DISTINCT unnest(told || %s::text[]))
WHERE warning_id = %s"""
# Who serves one of its centers now, or is a home now, and has not heard of it: of what still runs; and of what goes on
# with, or ends, a message that was told there and would run on otherwise. The newest first: an end before what it ends.
_LATE = """
WITH desk AS (
  SELECT served_by AS name, code, served_by || '/' || code AS place FROM center WHERE served_by <> ''
  UNION ALL SELECT installation_id, '', installation_id || '/' FROM installation WHERE home_center <> ''
), due AS (
  SELECT w.warning_id, d.name FROM cap_warning w
  JOIN desk d ON (d.code = '' OR d.code = ANY(w.centers)) AND d.place <> ALL(w.told)
  WHERE w.sent_at IS NOT NULL AND w.expires_at > now() AND NOT EXISTS (
    SELECT FROM cap_warning u WHERE u.agency_id = w.agency_id AND w.key = ANY(u."references"))
  UNION SELECT u.warning_id, d.name FROM cap_warning w
  JOIN cap_warning u ON u.agency_id = w.agency_id AND w.key = ANY(u."references") AND u.sent_at IS NOT NULL
  JOIN desk d ON d.place = ANY(w.told) AND (d.code = '' OR d.code = ANY(u.centers)) AND d.place <> ALL(u.told)
  WHERE w.expires_at > now()
)
SELECT w.warning_id, w.agency_id, w.centers, w.received_at, w.body, array_agg(due.name)
FROM due JOIN cap_warning w USING (warning_id) GROUP BY w.warning_id ORDER BY w.received_at DESC LIMIT 20"""
_DESKS = "SELECT code, served_by FROM center WHERE code = ANY(%s) AND served_by <> ''"
_HOMES = "SELECT installation_id FROM installation WHERE home_center <> ''"
LATE_TURNS = 5
FORGET = "DELETE FROM cap_warning WHERE received_at < now() - interval '30 days'"


class CapWarnings:
    def __init__(self, pool: Pool, registry: Registry, bus: Bus) -> None:
        self._pool, self._registry, self._bus = pool, registry, bus

    async def take(self, body: bytes, *, sender_id: str, agency_id: str) -> tuple[dict[str, Any], bool]:
        """(what became of it, whether it is new); it is on disk. Raises Refused, Problem 409, Unavailable."""
        warning = read_warning(body)
        name = warning_id(agency_id, warning.key)
        rows = await self._pool.run(_HELD, (name,))
        if is_new := not rows:
            check_time(warning, utc_now())
            centers = await self._centers(warning, agency_id)
            said = {"id": name, "sender": sender_id, "agency": agency_id, "key": warning.key, "centers": centers}
            said |= {"references": list(warning.references), "body": body, "until": warning.expires_at}
            await self._pool.run(_CLAIM, said)
            rows = await self._pool.run(_HELD, (name,))
        (held_by, held, centers, received_at) = rows[0]
        if held_by != sender_id or not hmac.compare_digest(digest(bytes(held)), digest(body)):
            ko, en = "이미 쓴 sender, identifier, sent입니다.", "This sender, identifier and sent was another message."
            raise Problem(409, "id_used", ko, en, field="alert.identifier")
        if is_new:
            await self.sweep()
        return self._told(warning, str(name), list(centers), received_at), is_new

    async def _centers(self, warning: CapWarning, agency_id: str) -> list[str]:
        """Every center that it touches; those of what it replaces or ends, too: they have to hear of it."""
        found = set(await asyncio.to_thread(centers_of, self._registry.jurisdictions, tuple(warning.areas())))
        if warning.kind != "Cancel" and not found:
            raise Refused("no_center", "alert.info.area", "",
                          "이 구역에 닿는 지방자치단체가 없습니다. 위도가 먼저입니다.",
                          "No municipality touches this area; latitude comes first.")  # fmt: skip
        for row in await self._pool.run(_EARLIER, (agency_id, list(warning.references))):
            found.update(_now(self._registry.jurisdictions, row[0]))
        if not found:
            raise Refused("no_reference", "alert.references", " ".join(warning.references),
                          "references의 경보를 받은 적이 없습니다.", "No such warning has come here.")  # fmt: skip
        return sorted(found)

    def _told(self, warning: CapWarning, name: str, centers: list[str], received_at: datetime) -> dict[str, Any]:
        known = self._registry.jurisdictions.centers
        return {
            "warning_id": name,
            "kind": warning.kind,
            "is_drill": warning.is_drill,
            "severity": warning.severity,
            "expires_at": warning.expires_at.isoformat(),
            "received_at": received_at.isoformat(),
            "centers": [
                {"code": code, "name_ko": known[code].name_ko, "name_en": known[code].name_en}
                for code in centers
                if code in known
            ],
        }

    async def sweep(self) -> None:
        """To everybody who has to hear it; what fails stays for the next turn. Never raises for a bus that is away."""
        try:
            for row in await self._pool.run(_UNSENT):
                await self._send(row, await self._desks(row[2]))
            for _ in range(LATE_TURNS):  # the end of an update that was told late follows it at once
                rows = await self._pool.run(_LATE)
                for *row, late in rows:
                    desks = await self._desks(row[2])
                    await self._send(row, {desk: desks[desk] for desk in late if desk in desks}, is_late=True)
                if not rows:
                    break
        except Unavailable as error:
            log.warning("warning_waits", error=str(error)[:200])

    async def _send(self, row: Sequence[Any], desks: dict[str, list[str]], *, is_late: bool = False) -> None:
        """`row`: of _UNSENT. The bus takes each name once: what is told again for another center has another."""
        name, agency_id, centers, received_at, body = row
        note = WarningNote.of(
            bytes(body), warning_id=name, agency_id=agency_id, centers=centers, received_at=received_at
        )
        letters = [
            (f"home.{desk}", str(uuid5(name, ",".join(sorted(served))) if is_late else name), _letter(note, served))
            for desk, served in desks.items()
        ]
        await self._bus.publish_many(letters)
        told = [f"{desk}/{code}" for desk, served in desks.items() for code in ("", *served)]
        await self._pool.run(_SENT, (told, name))

    async def _desks(self, centers: list[str]) -> dict[str, list[str]]:
        """By installation which of the centers it serves. Homes that serve none hear of it, too: people travel."""
        desks: dict[str, list[str]] = {row[0]: [] for row in await self._pool.run(_HOMES)}
        for code, served_by in await self._pool.run(_DESKS, (centers,)):
            desks.setdefault(served_by, []).append(code)
        return desks


def _letter(note: WarningNote, served: list[str]) -> bytes:
    return note.model_copy(update={"served": sorted(served)}).model_dump_json().encode()


def _now(version: Jurisdictions, codes: Iterable[str]) -> set[str]:
    """Codes of borders that may be older, as they stand now."""
    return {heir for code in codes for heir in version.heirs(code)}
