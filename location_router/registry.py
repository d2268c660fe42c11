"""Who answers for which center, and is it there: PostGIS is the truth, memory answers.

Every process keeps the compiled boundaries (`boundaries.following` exchanges them when a version is activated) and a
copy of centers and installations, read again each `REFRESH_S`. While PostGIS is away the last copy stands, so that
deciding goes on. An explicit list of centers beats `all`, and among equals the installation that registered first
keeps them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import structlog

from location_router.assign import Assignment, CenterFacts, CenterState, assign
from location_router.boundaries.following import Following
from location_router.emergency_numbers import is_foreign
from location_router.index import Index, Jurisdictions
from location_router.policy import NO_POLICIES, Policies, PolicyRow
from location_router.policy_store import keep_set, list_policies
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.pool import Connection, Pool
from location_router.standings import (
    Center,
    Heard,
    Installation,
    facts_of,
    hear,
    read_centers,
    read_installations,
    row_of,
)
from location_router.store import metadata
from location_router.wire import AlertMessage, AssignmentRecord, Candidate, CenterHealth, Reason, utc_now

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
WITH heir AS (SELECT * FROM unnest(%s::text[], %s::text[]) AS t(old, new)),
offer AS (
  SELECT i.installation_id, i.registered_at, i.serves_all, i.serves || ARRAY(
    SELECT h.new FROM heir h WHERE h.old = ANY (i.serves)) AS serves FROM installation i),
chosen AS (
  SELECT c.code, coalesce((SELECT o.installation_id FROM offer o WHERE o.serves_all OR c.code = ANY (o.serves)
                  ORDER BY c.code = ANY (o.serves) DESC, o.registered_at, o.installation_id LIMIT 1), '')
                  AS installation_id
  FROM center c)
UPDATE center SET served_by = chosen.installation_id, updated_at = now() FROM chosen
WHERE center.code = chosen.code AND center.served_by <> chosen.installation_id"""


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
                Candidate(
                    code=one.code,
                    distance_m=one.distance_m,
                    online=one.online,
                    probability=one.probability,
                    state=one.state,
                )
                for one in given.candidates
            ],
            rule=given.rule,
            policy_version=given.policy_version,
            runner_up=given.runner_up,
            inputs=dict(given.inputs),
        )


class Registry:
    """`boundaries` holds the compiled versions and follows PostGIS."""

    def __init__(self, pool: Pool, index: Index | Following, *, offline_after_s: float = 6.0) -> None:
        self._pool, self._offline_after_s = pool, offline_after_s
        self.boundaries = Following(index) if isinstance(index, Index) else index
        self._seeded = ""
        self.centers: dict[str, Center] = {}
        self.installations: dict[str, Installation] = {}
        self.public_keys: dict[str, str] = {}
        self.policies: Policies = NO_POLICIES
        self._facts: dict[str, CenterFacts] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def jurisdictions(self) -> Jurisdictions:
        """The boundary version in force today."""
        return self.boundaries.index.version()

    async def start(self) -> None:
        """Answers from the snapshot at once; PostGIS is seeded and read as soon as it is there."""
        await asyncio.to_thread(lambda: self.jurisdictions.near)  # so that no alert waits for it
        for place in self.jurisdictions.centers.values():
            self.centers[place.code] = Center(place.code, place.name_ko, place.name_en, "", "")
        try:
            await self.seed()
            await self.refresh()
        except Unavailable as error:
            log.warning("registry_waits_for_database", error=str(error)[:200])
        self._task = asyncio.create_task(self._run(), name="registry")

    async def stop(self) -> None:
        await end(self._task)
        await self.boundaries.stop()

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
            await _serve(conn, version)
        self._seeded = version.boundary_version

    async def refresh(self) -> None:
        """Read centers and installations again. Raises Unavailable."""
        async with self._pool.connection() as conn:
            installations = await read_installations(conn, offline_after_s=self._offline_after_s)
            centers = await read_centers(conn)
            rules = await list_policies(conn)
            await self.boundaries.poll(conn, self._pool)
            await self._go_by(conn, rules)
        self.installations = installations
        self.public_keys = {one.installation_id: one.public_key_pem for one in installations.values()}
        if centers:
            self.centers = centers
        self._facts = {code: self._facts_of(center) for code, center in self.centers.items()}

    async def _go_by(self, conn: Connection, rules: list[PolicyRow]) -> None:
        """Take over the policies in force now; what a version means is on disk before it decides anything."""
        policies = Policies.in_force(rules, utc_now())
        if policies.version != self.policies.version:
            await keep_set(conn, policies)
            self.policies = policies
            log.info("policies_in_force", version=policies.version, rules=[rule_id for rule_id, _ in policies.rules])

    def _facts_of(self, center: Center) -> CenterFacts:
        desk = self.installations.get(center.served_by)
        return facts_of(center, desk, offline_after_s=self._offline_after_s, now=utc_now())

    @property
    def states(self) -> Mapping[str, CenterFacts]:
        """What is known of every center, by code; replaced, never changed, at each refresh."""
        return self._facts

    def facts(self, code: str) -> CenterFacts:
        """What is known of a center; offline when nothing is."""
        return self._facts.get(code) or CenterFacts(CenterState.OFFLINE)

    def state(self, code: str) -> CenterState:
        return CenterState(self.facts(code).state)

    def is_online(self, installation: str) -> bool:
        desk = self.installations.get(installation)
        return desk is not None and desk.is_online

    def decide(
        self, message: AlertMessage, *, home: str = "", previous: str = "", silent: Collection[str] = ()
    ) -> Decision:
        """The center for an alert; `silent` are installations that were tried and did not answer. Never raises for
        odd input. A center that nobody answers for counts as offline; with no center online the one that would have
        it is named, so that it gets its alert when it returns."""
        if message.position is None and is_foreign(message.network_country):
            previous = ""  # abroad goes home, wherever she was before
        exclude = [code for code, center in self.centers.items() if center.served_by in silent] if silent else []
        given = self._assign(message, exclude, home=home or message.home, previous=previous)
        if given.rule.startswith("default:") and exclude and len(exclude) < len(self.centers):
            given = self._prefer_served(message, given, exclude)
        center = self.centers.get(given.center)
        if center is None:  # a snapshot newer than the table of centers
            place_of = self.jurisdictions.centers[given.center]
            center = Center(place_of.code, place_of.name_ko, place_of.name_en, "", "")
        return Decision(given, center, center.served_by)

    def _prefer_served(self, message: AlertMessage, given: Assignment, exclude: list[str]) -> Assignment:
        """Nobody is online: rather a desk that exists but is quiet than a center without any desk."""
        unserved = [code for code, center in self.centers.items() if not center.served_by]
        if not unserved or len(set(unserved) | set(exclude)) >= len(self.centers):
            return given
        return self._assign(message, [*exclude, *unserved], home=message.home)

    def _assign(self, message: AlertMessage, exclude: list[str], *, home: str = "", previous: str = "") -> Assignment:
        place = message.position
        return assign(
            self.jurisdictions,
            lat=place.lat if place else None,
            lon=place.lon if place else None,
            accuracy_m=place.accuracy_m if place else None,
            uncertainty=place.uncertainty if place else None,
            states=self._facts,
            exclude=exclude,
            home=home or None,
            previous=previous or None,
            policies=self.policies,
            service=message.service,
            trigger=message.trigger,
        )

    def stand_in(self, code: str, *, silent: Collection[str]) -> str:
        """Another online installation that offered to serve this center, empty for none."""
        version = self.jurisdictions
        for one in self.installations.values():
            offered = one.serves_all or code in one.serves or any(code in version.heirs(old) for old in one.serves)
            if one.is_online and one.installation_id not in silent and offered:
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
            await _serve(conn, self.jurisdictions)
        await self.refresh()

    async def heartbeat(self, health: CenterHealth) -> Heard:
        """UNKNOWN when the installation must register (again); REPEATED when the beat is not newer than the last one,
        which is then no sign of life. Raises Unavailable."""
        heard = await hear(self._pool, health)
        mine = self.installations.get(health.installation)
        if heard is Heard.YES and (mine is None or not mine.is_online):
            await self.refresh()
        return heard

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                if self._seeded != self.jurisdictions.boundary_version:  # also at the midnight of a scheduled one
                    await self.seed()
                await self.refresh()
            except Unavailable:
                pass
            except psycopg.Error as error:
                log.warning("registry_refresh_failed", error=str(error)[:200])
            except Exception:  # without this task dead centers would stand as online for ever
                log.exception("registry_refresh_failed")


async def _serve(conn: Connection, version: Jurisdictions) -> None:
    """Share the centers out; a list that names a code of another version means the center that stands there now."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_SERVE_LOCK,))
    listed = await (await conn.execute("SELECT DISTINCT unnest(serves) FROM installation")).fetchall()
    pairs = [(old, new) for (old,) in listed for new in version.heirs(old)]
    await conn.execute(SERVE, ([old for old, _ in pairs], [new for _, new in pairs]))


def states_of(registry: Registry) -> list[dict[str, Any]]:
    """`GET /v1/centers`: every center with its desk and whether that is there."""
    answer = []
    for center in registry.centers.values():
        if center.code not in registry.jurisdictions.centers:  # of an older version: only alerts in flight name it
            continue
        answer.append(row_of(center, registry.facts(center.code), registry.installations))
    return answer
