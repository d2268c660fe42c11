"""Who answers for which center, and is it there: PostGIS is the truth, memory answers.

Every process keeps the compiled boundaries and a copy of centers and installations, read again each `REFRESH_S`. While
PostGIS is away the last copy stands, so that deciding goes on. An explicit list of centers beats `all`, and among
equals the installation that registered first keeps them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import structlog

from location_router.assign import Assignment, CenterState, assign
from location_router.index import Index, Jurisdictions
from location_router.runtime.db import Unavailable
from location_router.runtime.pool import Connection, Pool
from location_router.store import metadata
from location_router.wire import AlertMessage, AssignmentRecord, Candidate, CenterHealth, CenterRef, Reason

__all__ = ["Center", "Decision", "Installation", "Registry", "metadata"]

log = structlog.get_logger("registry")
REFRESH_S = 0.5
_SEED_LOCK, _SERVE_LOCK = 0x616E0001, 0x616E0002

SEED = """
INSERT INTO center (code, name_ko, name_en, place, boundary_version)
SELECT code, name_ko, name_en, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography, %s
FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[], %s::float8[]) AS t(code, name_ko, name_en, lon, lat)
ON CONFLICT (code) DO UPDATE SET name_ko = excluded.name_ko, name_en = excluded.name_en, place = excluded.place,
  boundary_version = excluded.boundary_version, updated_at = now()
WHERE center.boundary_version <> excluded.boundary_version OR center.name_ko <> excluded.name_ko
  OR center.name_en <> excluded.name_en"""
REGISTER = """
INSERT INTO installation (installation_id, https_url, public_key_pem, serves_all, serves, home_center, last_seen_at)
VALUES (%(installation)s, %(https_url)s, %(public_key_pem)s, %(serves_all)s, %(serves)s, %(home_center)s, now())
ON CONFLICT (installation_id) DO UPDATE SET https_url = excluded.https_url, public_key_pem = excluded.public_key_pem,
  serves_all = excluded.serves_all, serves = excluded.serves, home_center = excluded.home_center,
  last_seen_at = now()"""
SERVE = """
UPDATE center SET served_by = chosen.installation_id, updated_at = now() FROM (
  SELECT c.code, coalesce((SELECT i.installation_id FROM installation i WHERE i.serves_all OR c.code = ANY (i.serves)
                  ORDER BY c.code = ANY (i.serves) DESC, i.registered_at, i.installation_id LIMIT 1), '')
                  AS installation_id
  FROM center c) AS chosen
WHERE center.code = chosen.code AND center.served_by <> chosen.installation_id"""
HEARTBEAT = """
UPDATE installation SET last_seen_at = now(), operators_online = %s,
  https_url = CASE WHEN %s <> '' THEN %s ELSE https_url END
WHERE installation_id = %s RETURNING 1"""
INSTALLATIONS = """
SELECT installation_id, https_url, public_key_pem, serves_all, serves, last_seen_at,
       coalesce(last_seen_at > now() - %s * interval '1 s', false), operators_online
FROM installation ORDER BY registered_at, installation_id"""


@dataclass(frozen=True, slots=True)
class Center:
    code: str
    name_ko: str
    name_en: str
    callback: str
    served_by: str

    @property
    def ref(self) -> CenterRef:
        return CenterRef(code=self.code, name_ko=self.name_ko, name_en=self.name_en, callback=self.callback)


@dataclass(frozen=True, slots=True)
class Installation:
    installation_id: str
    https_url: str
    public_key_pem: str
    serves_all: bool
    serves: tuple[str, ...]
    last_seen_at: datetime | None
    is_online: bool
    operators_online: int


@dataclass(frozen=True, slots=True)
class Decision:
    """An assignment with the desk that answers for its center; `served_by` is empty while nobody does."""

    assignment: Assignment
    center: Center
    served_by: str

    @property
    def flags(self) -> tuple[str, ...]:
        return self.assignment.flags

    def record(self, number: int, decided_at: datetime, *, reason: Reason | None = None) -> AssignmentRecord:
        given = self.assignment
        return AssignmentRecord(
            assignment_no=number,
            center=self.center.ref,
            served_by=self.served_by,
            reason=reason or Reason(given.reason),
            distance_m=round(given.distance_m, 1),
            boundary_version=given.boundary_version,
            decided_at=decided_at,
            candidates=[
                Candidate(code=one.code, distance_m=one.distance_m, online=one.online, probability=one.probability)
                for one in given.candidates
            ],
        )


class Registry:
    """`index` are the compiled boundaries; nothing of it is read again while the process lives."""

    def __init__(self, pool: Pool, index: Index, *, offline_after_s: float = 6.0) -> None:
        self._pool, self._index, self._offline_after_s = pool, index, offline_after_s
        self.centers: dict[str, Center] = {}
        self.installations: dict[str, Installation] = {}
        self.public_keys: dict[str, str] = {}
        self._states: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def jurisdictions(self) -> Jurisdictions:
        """The boundary version in force today."""
        return self._index.version()

    async def start(self) -> None:
        """Answers from the snapshot at once; PostGIS is seeded and read as soon as it is there."""
        for place in self.jurisdictions.centers.values():
            self.centers[place.code] = Center(place.code, place.name_ko, place.name_en, "", "")
        try:
            await self.seed()
            await self.refresh()
        except Unavailable as error:
            log.warning("registry_waits_for_database", error=str(error)[:200])
        self._task = asyncio.create_task(self._run(), name="registry")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def seed(self) -> None:
        """Bring the table of centers to the boundary version in force."""
        version = self.jurisdictions
        places = list(version.centers.values())
        async with self._pool.transaction() as conn:
            await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_SEED_LOCK,))
            await conn.execute(
                SEED,
                (
                    version.boundary_version,
                    [one.code for one in places],
                    [one.name_ko for one in places],
                    [one.name_en for one in places],
                    [one.lon for one in places],
                    [one.lat for one in places],
                ),
            )
            await _serve(conn)

    async def refresh(self) -> None:
        """Read centers and installations again. Raises Unavailable."""
        async with self._pool.connection() as conn:
            rows = await (await conn.execute(INSTALLATIONS, (self._offline_after_s,))).fetchall()
            centers = await (
                await conn.execute("SELECT code, name_ko, name_en, callback, served_by FROM center")
            ).fetchall()
        self.installations = {
            row[0]: Installation(row[0], row[1], row[2], row[3], tuple(row[4]), row[5], row[6], row[7]) for row in rows
        }
        self.public_keys = {one.installation_id: one.public_key_pem for one in self.installations.values()}
        if centers:
            self.centers = {row[0]: Center(*row) for row in centers}
        self._states = {code: self.state(code) for code in self.centers}

    def state(self, code: str) -> CenterState:
        center = self.centers.get(code)
        desk = self.installations.get(center.served_by) if center else None
        return CenterState.ONLINE if desk is not None and desk.is_online else CenterState.OFFLINE

    def is_online(self, installation: str) -> bool:
        desk = self.installations.get(installation)
        return desk is not None and desk.is_online

    def decide(
        self, message: AlertMessage, *, home: str = "", previous: str = "", silent: Collection[str] = ()
    ) -> Decision:
        """The center for an alert; `silent` are installations that were tried and did not answer. Never raises for
        odd input. A center that nobody answers for counts as offline; with no center online the one that would have
        it is named, so that it gets its alert when it returns."""
        exclude = [code for code, center in self.centers.items() if silent and center.served_by in silent]
        place = message.position
        given = assign(
            self.jurisdictions,
            lat=place.lat if place else None,
            lon=place.lon if place else None,
            accuracy_m=place.accuracy_m if place else None,
            states=self._states,
            exclude=exclude,
            home=home or message.home or None,
            previous=previous or None,
        )
        if "defaulted" in given.flags and exclude and len(exclude) < len(self.centers):
            given = self._prefer_served(message, given, exclude)
        center = self.centers.get(given.center)
        if center is None:  # a snapshot newer than the table of centers
            place_of = self.jurisdictions.centers[given.center]
            center = Center(place_of.code, place_of.name_ko, place_of.name_en, "", "")
        return Decision(given, center, center.served_by)

    def _prefer_served(self, message: AlertMessage, given: Assignment, exclude: list[str]) -> Assignment:
        """Nobody is online: rather a desk that exists but is quiet than a center without any desk."""
        unserved = [code for code, center in self.centers.items() if not center.served_by]
        place = message.position
        if not unserved or len(set(unserved) | set(exclude)) >= len(self.centers):
            return given
        return assign(
            self.jurisdictions,
            lat=place.lat if place else None,
            lon=place.lon if place else None,
            accuracy_m=place.accuracy_m if place else None,
            states=self._states,
            exclude=[*exclude, *unserved],
            home=message.home or None,
        )

    def stand_in(self, code: str, *, silent: Collection[str]) -> str:
        """Another online installation that offered to serve this center, empty for none."""
        for one in self.installations.values():
            if one.is_online and one.installation_id not in silent and (one.serves_all or code in one.serves):
                return one.installation_id
        return ""

    async def register(
        self, *, installation: str, https_url: str, public_key_pem: str, serves: str | list[str], home_center: str
    ) -> None:
        """An installation announces itself; centers are shared out anew. Raises Unavailable."""
        async with self._pool.transaction() as conn:
            await conn.execute(
                REGISTER,
                {
                    "installation": installation,
                    "https_url": https_url,
                    "public_key_pem": public_key_pem,
                    "serves_all": serves == "all",
                    "serves": [] if isinstance(serves, str) else serves,
                    "home_center": home_center,
                },
            )
            await _serve(conn)
        await self.refresh()

    async def heartbeat(self, health: CenterHealth) -> bool:
        """False when the installation is not registered (it must register again). Raises Unavailable."""
        known = await self._pool.run(
            HEARTBEAT, (health.operators_online, health.https_url, health.https_url, health.installation)
        )
        mine = self.installations.get(health.installation)
        if known and (mine is None or not mine.is_online):
            await self.refresh()
        return bool(known)

    async def _run(self) -> None:
        seeded = bool(self._states)
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                if not seeded:
                    await self.seed()
                    seeded = True
                await self.refresh()
            except Unavailable:
                pass
            except psycopg.Error as error:
                log.warning("registry_refresh_failed", error=str(error)[:200])


async def _serve(conn: Connection) -> None:
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_SERVE_LOCK,))
    await conn.execute(SERVE)


def states_of(registry: Registry) -> list[dict[str, Any]]:
    """`GET /v1/centers`: every center with its desk and whether that is there."""
    answer = []
    for center in registry.centers.values():
        desk = registry.installations.get(center.served_by)
        answer.append(
            {
                "code": center.code,
                "name_ko": center.name_ko,
                "name_en": center.name_en,
                "served_by": center.served_by,
                "state": registry.state(center.code).value,
                "last_seen_at": desk.last_seen_at if desk else None,
            }
        )
    return answer
