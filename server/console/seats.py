"""Which seats are open, in whichever process: monitors follow a console through here, and a desk knows who hears.

The table `seat` is the truth; every process writes what its own pages say and reads the rest when another process
hints at a change (`Broadcast.hint`), and every BEAT_S in any case, so that a lost hint delays a monitor and misleads
nobody. One task per process does both, so a page's words are written in the order in which it said them, the latest
wins, and a database that is slow holds up no command.

Frames: a monitor gets `following` (the console and what is open there), a console `select` (a monitor chose) and
`seats` (who is here, who hears, whose line broke), each only when it differs from what the page was last told.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4, uuid5

import structlog

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.ending import end
from server.console.seating import FORGOTTEN_AFTER, Kind, Sat, kind_of, leader_of, lost_since, sound_of, who_else_hears
from server.live import SESSION_ENDED, Seat, encode
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("seats")

TOPIC = "seats"
BEAT_S = 5.0
GAP_S = 0.02
SAID_GOODBYE = (1000, 1001)  # the page was closed, reloaded, or went elsewhere; a line that breaks says 1005 or 1006

_SIT = """
INSERT INTO seat (seat_id, socket_id, account_id, session, desk, kind, works, chosen_at, sound, alive_at)
VALUES (:seat, :socket, :account, :session, :desk, :kind, :works, :now, :sound, :now)
ON CONFLICT (seat_id) DO UPDATE SET socket_id = excluded.socket_id, session = excluded.session, desk = excluded.desk,
    kind = excluded.kind, works = excluded.works, sound = excluded.sound, alive_at = excluded.alive_at, lost_at = NULL
WHERE seat.account_id = excluded.account_id
"""
_HEAR = "UPDATE seat SET sound = :sound WHERE seat_id = :seat AND socket_id = :socket"
_CHOOSE = """
UPDATE seat SET selected = :selected, chosen_by = :by, chosen_at = :now
WHERE seat_id = :seat AND (selected IS DISTINCT FROM :selected OR chosen_by IS DISTINCT FROM :by)
"""
_LEAVE = "DELETE FROM seat WHERE seat_id = :seat AND socket_id = :socket"
_LOSE = "UPDATE seat SET lost_at = :now WHERE seat_id = :seat AND socket_id = :socket"
_ALIVE = "UPDATE seat SET alive_at = :now WHERE socket_id = ANY(:sockets) AND lost_at IS NULL"
_FORGET = "DELETE FROM seat WHERE alive_at < :before OR (kind <> 'console' AND lost_at IS NOT NULL)"
_READ = """
SELECT s.*, a.name_sealed, h.shift_id IS NOT NULL AS on_shift,
       (SELECT c.failed FROM shift_check c WHERE c.shift_id = h.shift_id ORDER BY c.at DESC LIMIT 1) AS failed
FROM seat s JOIN account a USING (account_id)
LEFT JOIN shift h ON h.account_id = s.account_id AND h.ended_at IS NULL
WHERE s.desk = ANY(:desks) ORDER BY s.seat_id
"""
_FIELDS = ("seat_id", "account_id", "kind", "works", "selected", "chosen_by", "chosen_at", "sound", "alive_at")


@dataclass(eq=False)
class Page:
    """One of this process's pages, as it says it is."""

    seat: Seat
    viewer: Viewer
    seat_id: UUID
    socket_id: UUID
    kind: Kind
    sound: str = "suspended"
    selected: UUID | None = None
    told: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A row of the table, with what its desk is told of whoever sits there."""

    sat: Sat
    desk: str
    name: str
    on_shift: bool
    failed: tuple[str, ...]


class Seats:
    """The seats of this process and what is known of the others."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pages: dict[Seat, Page] = {}
        self._writes: list[tuple[str, dict[str, Any]]] = []
        self._choosing: set[UUID] = set()  # consoles whose own choice is on its way to the table
        self._known: list[Known] = []
        self._some = asyncio.Event()
        self._beat_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._stop_hearing = services.broadcast.subscribe(on_hint=self._hinted)

    def seated(self, seat: Seat, viewer: Viewer, hello: dict[str, Any]) -> None:
        kind = kind_of(hello.get("kind"))
        page = Page(seat, viewer, _seat_of(viewer, kind, _id_of(hello.get("seat"))), uuid4(), kind)
        self._pages[seat] = page
        works = viewer.may("incidents.work")
        values = {"account": viewer.account_id, "session": viewer.session, "desk": viewer.desk, "works": works}
        self._write(_SIT, page, kind=page.kind, sound=page.sound, **values)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="seats")

    def told(self, seat: Seat, frame: dict[str, Any]) -> None:
        """A page's own words: what is open there and whether it can be heard."""
        page = self._pages[seat]
        if page.kind != "console":
            return
        if (sound := sound_of(frame.get("sound"))) != page.sound:
            page.sound = sound
            self._write(_HEAR, page, sound=sound)
        if (selected := _id_of(frame.get("selected"))) != page.selected:
            page.selected = selected
            self._choosing.add(page.seat_id)
            self._write(_CHOOSE, page, selected=selected, by=page.seat_id)

    def chosen(self, seat: Seat, frame: dict[str, Any]) -> None:
        """A monitor opens an incident: at the console that it follows."""
        page, incident_id = self._pages[seat], _id_of(frame.get("incident_id"))
        leader = self._leader(page)
        if leader is not None and incident_id is not None:
            values = {"selected": incident_id, "by": page.seat_id, "seat": leader.sat.seat_id}
            self._writes.append((_CHOOSE, values | {"now": self._services.clock()}))
            self._some.set()

    def left(self, seat: Seat) -> None:
        page = self._pages.pop(seat, None)
        if page is not None:
            is_quiet = seat.close_code == SESSION_ENDED or seat.left_with in SAID_GOODBYE
            self._write(_LEAVE if is_quiet else _LOSE, page)

    async def stop(self) -> None:
        self._stop_hearing()
        await end(self._task)

    def _write(self, statement: str, page: Page, **values: Any) -> None:
        values |= {"seat": page.seat_id, "socket": page.socket_id, "now": self._services.clock()}
        self._writes.append((statement, values))
        self._some.set()

    def _hinted(self, topic: str) -> None:
        if topic == TOPIC and self._pages:
            self._some.set()

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await self._some.wait()
            self._some.clear()
            try:
                await self._tick()
            except Unavailable:
                self._some.set()
                await asyncio.sleep(1.0)  # what was said is still in `_writes`
            except Exception:
                log.exception("seats_failed")
                self._writes.clear()  # one of them is at fault, and would be each time
                await asyncio.sleep(1.0)
            await asyncio.sleep(GAP_S)

    async def _tick(self) -> None:
        """Write what was said, read what is so, tell whoever sees it change."""
        writes, choosing, now = list(self._writes), set(self._choosing), self._services.clock()
        if not writes and not self._pages:
            return
        async with self._services.db.begin() as unit:
            for statement, values in writes:
                await unit.execute(statement, values)
            if (at := asyncio.get_running_loop().time()) >= self._beat_at:
                await self._beat(unit)
                self._beat_at = at + BEAT_S
            rows = await unit.all(_READ, {"desks": list({page.viewer.desk for page in self._pages.values()})})
        del self._writes[: len(writes)]
        if len(self._writes) == 0:
            self._choosing -= choosing
        if writes:
            self._services.broadcast.hint(TOPIC)
        self._known = [self._known_from(row) for row in rows]
        for page in list(self._pages.values()):
            self._tell(page, now)

    async def _beat(self, unit: Unit) -> None:
        now = self._services.clock()
        await unit.execute(_ALIVE, {"now": now, "sockets": [page.socket_id for page in self._pages.values()]})
        await unit.execute(_FORGET, {"before": now - FORGOTTEN_AFTER})

    def _known_from(self, row: dict[str, Any]) -> Known:
        sat = Sat(**{name: row[name] for name in _FIELDS}, session=bytes(row["session"]), lost_at=row["lost_at"])
        name = self._services.sealer.open(row["name_sealed"], context=f"account.name:{row['account_id']}") or ""
        return Known(sat, row["desk"], name, row["on_shift"], tuple(row["failed"] or ()))

    def _row(self, page: Page) -> Known | None:
        return next((one for one in self._known if one.sat.seat_id == page.seat_id), None)

    def _leader(self, page: Page) -> Known | None:
        own = self._row(page)
        if own is None:
            return None
        leader = leader_of(own.sat, (one.sat for one in self._known), self._services.clock())
        return next((one for one in self._known if one.sat is leader), None)

    def _tell(self, page: Page, now: Any) -> None:
        own = self._row(page)
        if own is None:
            return
        if page.kind != "console":
            return self._say(page, self._following(page, own))
        chosen, is_foreign = own.sat.selected, own.sat.chosen_by not in (None, page.seat_id)
        if is_foreign and chosen not in (None, page.selected) and page.seat_id not in self._choosing:
            page.selected = chosen
            page.seat.put(encode({"type": "select", "incident_id": chosen}))
        return self._say(page, self._around(page, own, now))

    def _say(self, page: Page, frame: dict[str, Any]) -> None:
        text = encode(frame)
        if text != page.told:
            page.told = text
            page.seat.put(text)

    def _following(self, page: Page, own: Known) -> dict[str, Any]:
        leader = self._leader(page)
        if leader is None:
            return {"type": "following", "leader": None, "selected": None}
        told = {
            "seat_id": leader.sat.seat_id,
            "name": leader.name,
            "same_browser": leader.sat.session == page.viewer.session,
        }
        return {"type": "following", "leader": told, "selected": leader.sat.selected}

    def _around(self, page: Page, own: Known, now: Any) -> dict[str, Any]:
        desk = [one for one in self._known if one.desk == page.viewer.desk]
        sats = [one.sat for one in desk]
        return {
            "type": "seats",
            "seat_id": page.seat_id,
            "online": sum(one.kind == "console" and one.works and one.is_online(now) for one in sats),
            "others_hear": who_else_hears(page.seat_id, sats, now),
            "on_shift": own.on_shift,
            "seats": [self._line(one, page, sats, now) for one in desk if self._is_told(one, page, sats, now)],
        }

    def _is_told(self, one: Known, page: Page, sats: list[Sat], now: Any) -> bool:
        """Colleagues are for who works there; one's own monitors for everybody."""
        is_mine = one.sat.account_id == page.viewer.account_id
        if not is_mine and not page.viewer.may("incidents.work"):
            return False
        return one.sat.is_online(now) or lost_since(one.sat, sats, now) is not None

    def _line(self, one: Known, page: Page, sats: list[Sat], now: Any) -> dict[str, Any]:
        return {
            "seat_id": one.sat.seat_id,
            "account_id": one.sat.account_id,
            "name": one.name,
            "kind": one.sat.kind,
            "works": one.sat.works,
            "sound": one.sat.sound,
            "lost_at": lost_since(one.sat, sats, now),
            "failed": list(one.failed),
        }


def seats_of(services: Services) -> Seats:
    """This process's seats."""
    seats: Seats = services.shared.setdefault("seats", None) or Seats(services)
    services.shared["seats"] = seats
    return seats


def _seat_of(viewer: Viewer, kind: Kind, said: UUID | None) -> UUID:
    """A page that comes back is the same seat again. Colleagues are told the seats, so what a page calls itself counts
    within its own account only: nobody sits down on another's chair by naming it."""
    return uuid5(viewer.account_id, f"{kind}:{said}") if said else uuid4()


def _id_of(said: object) -> UUID | None:
    try:
        return UUID(str(said)) if said else None
    except ValueError:
        return None
