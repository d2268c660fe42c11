"""The operators' WebSocket: a snapshot or what was missed, then every event of the seat's centers, exactly once.

Cards go to every seat at once and without a place; the place follows as a frame of its own, when the seat's release
row is on disk (`console/place_feed.py`). Events that are not for seats (administration, who was shown a place) leave a
gap in `seq`: each frame says `after` which one it comes.

The order makes it exact. First the seat's queue is registered, so that from then on nothing passes it by; then the
chain heads are read, then the incidents or the missed events up to those heads; then the queue is sent without what
lies at or below the heads. An event is either committed before the heads were read (and in the answer) or above them
(and in the queue).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.problems import Problem
from server.breakglass.banner import banner_of
from server.connection import same_origin, services_of
from server.console import commands
from server.console.place_feed import PlaceFeed, place_frame
from server.console.seats import seats_of
from server.console.walk_feed import WalkFeed
from server.events import INSTALLATION_CHAIN, NO_INCIDENT, CommittedEvent, chain_heads, is_for_seats, read_events
from server.incidents.cards import open_cards
from server.incidents.model import OPEN
from server.live import BAD_FRAME, FOREIGN_PAGE, GOING_AWAY, SESSION_ENDED, Hub, Seat, encode, now_iso, run_seat
from server.places import Shown, may_be_shown, release_places, without_place
from server.plates.candidates import NEWS
from server.scouts.banner import LEADERS_ONLY, scout_banner
from server.sightings.banner import request_banner
from server.staff.model import Viewer
from server.staff.permissions import Permission
from server.staff.routes import viewer_of
from server.staff.service import still_signed_in

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("feed")
router = APIRouter()

CATCH_UP_EVENTS = 2000
HELLO_TIMEOUT_S = 10.0


class FeedHub(Hub):
    """All operators' seats of this process."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.places = PlaceFeed(services, lambda: self.seats)
        self.walks = WalkFeed(services, lambda: self.seats)
        self._told: dict[str, int] = {}  # center → seq of the last event that seats heard of
        self.stop = services.broadcast.subscribe(
            on_event=self._event, on_position=self.places.moved, on_hint=self._hint
        )

    def _event(self, event: CommittedEvent) -> None:
        self._banner(event)
        if event.line["tag"].startswith("plate:"):
            self._changed("plates", event.center, "incidents.work")
        if event.line["tag"].startswith(("warning:", "agreement:")):  # a warning may stand on the agreement
            self._changed("warnings", event.center, "incidents.read")
        after = self._told.setdefault(event.center, event.seq - 1)
        if not is_for_seats(event.incident_id, event.line["payload"]):
            return
        self._told[event.center] = event.seq
        self._tell(event, after)
        if event.incident is not None:
            self.places.changed(event.incident_id, event.center, event.incident["state"] in OPEN)

    def _tell(self, event: CommittedEvent, after: int) -> None:
        """To every seat of the center; a seat that is shown no places hears nothing that says where she is."""
        texts: dict[bool, str] = {}
        for seat in list(self.seats):
            if not seat.wants(event.center):
                continue
            shown = may_be_shown(seat.about["viewer"])
            if shown not in texts:
                frame = event_frame(event, after)
                texts[shown] = encode(frame if shown else without_place(frame))
            seat.put(texts[shown], (event.center, event.seq))

    def _hint(self, topic: str) -> None:
        if topic.startswith(NEWS):
            self._changed("plates", topic.removeprefix(NEWS), "incidents.work")

    def _changed(self, kind: str, center: str, needed: Permission) -> None:
        """Near misses or warnings of a center are others: whoever may reads them again. Nothing of them is told."""
        frame = encode({"type": "banner", "kind": kind, "what": "changed", "stays": False, "center": center})
        for seat in list(self.seats):
            if seat.wants(center) and seat.about["viewer"].may(needed):
                seat.put(frame)

    def _banner(self, event: CommittedEvent) -> None:
        """Somebody opens the walls of a center: its leaders hear it, whatever they look at."""
        incident_id = None if event.incident_id == NO_INCIDENT else event.incident_id
        if (frame := banner_of(event.center, incident_id, event.line)) is not None:
            for seat in list(self.seats):
                if seat.wants(event.center) and seat.about["viewer"].may("breakglass.approve"):
                    seat.put(encode(frame))
        if (frame := request_banner(event.center, event.line)) is not None:
            for seat in list(self.seats):
                if seat.wants(event.center) and seat.about["viewer"].may("video.view"):
                    seat.put(encode(frame))
        if (frame := scout_banner(event.center, event.line)) is not None:
            needed: Permission = "incidents.supervise" if frame["what"] in LEADERS_ONLY else "scouts.dispatch"
            for seat in list(self.seats):
                if seat.wants(event.center) and seat.about["viewer"].may(needed):
                    seat.put(encode(frame))


def event_frame(event: CommittedEvent, after: int) -> dict[str, Any]:
    """`after`: the seq of the event before this one that the seat was told, or could have been."""
    card = event.incident
    return {
        "type": "event",
        "center": event.center,
        "seq": event.seq,
        "after": after,
        "event": event.line,
        "incident": card,
    }


def feed_hub(services: Services) -> FeedHub:
    hub: FeedHub = services.shared.setdefault("feed", None) or FeedHub(services)
    services.shared["feed"] = hub
    return hub


@dataclass(frozen=True)
class Start:
    """The first frames, up to where they tell the story, and the places in them."""

    frames: list[dict[str, Any]]
    heads: dict[str, int]
    shown: Shown = field(default_factory=Shown)


async def read_start(services: Services, viewer: Viewer, cursor: dict[str, int] | None) -> Start:
    """What the seat gets first. Heads before incidents: what comes between is told twice rather than not at all.
    The places in it have their release rows in the same unit, which is on disk when this returns."""
    async with services.db.begin(center=viewer.scope) as unit:
        heads = await chain_heads(unit)
        heads.pop(INSTALLATION_CHAIN, None)
        missed = _missed(cursor, heads)
        if missed is None:
            cards = await open_cards(unit)
            shown = await _places(services, unit, viewer)
            for card in cards:
                card["position"] = shown.position_for(viewer, UUID(card["incident_id"]))
            cards = cards if may_be_shown(viewer) else without_place(cards)
            frame = {"type": "snapshot", "now": now_iso(), "cursor": heads, "incidents": cards}
            return Start([frame], heads, shown)
        events = []
        for center, after in missed.items():
            found = await read_events(unit, center=center, after=after, upto=heads[center], limit=CATCH_UP_EVENTS)
            events += _told(found, after)
        shown = await _places(services, unit, viewer)
        events = events if may_be_shown(viewer) else without_place(events)
        frame = {"type": "catchup", "now": now_iso(), "cursor": heads, "events": events}
        places = [place_frame(incident_id, place.alert_id, place.position) for incident_id, place in shown.held(viewer)]
        return Start([frame, *places], heads, shown)


async def _places(services: Services, unit: Unit, viewer: Viewer) -> Shown:
    if not may_be_shown(viewer):
        return Shown()
    rows = await unit.all("SELECT incident_id FROM incident WHERE state = ANY(:open)", {"open": list(OPEN)})
    return await release_places(unit, [row["incident_id"] for row in rows], [viewer], now=services.clock(), wait=False)


def _told(events: list[CommittedEvent], after: int) -> list[dict[str, Any]]:
    frames = []
    for event in events:
        if is_for_seats(event.incident_id, event.line["payload"]):
            frames.append(event_frame(event, after))
            after = event.seq
    return frames


def _missed(cursor: dict[str, int] | None, heads: dict[str, int]) -> dict[str, int] | None:
    """Where to read on for each center; None when a snapshot is shorter, or the cursor is not of this log."""
    if cursor is None or any(cursor[center] > heads.get(center, 0) for center in cursor):
        return None
    gaps = {center: cursor.get(center, 0) for center, head in heads.items() if head > cursor.get(center, 0)}
    return gaps if sum(heads[center] - after for center, after in gaps.items()) <= CATCH_UP_EVENTS else None


@router.websocket("/api/feed")
async def feed(socket: WebSocket) -> None:
    services = services_of(socket)
    await socket.accept()
    if not same_origin(socket):
        return await socket.close(FOREIGN_PAGE)
    viewer = await viewer_of(socket)
    if viewer is None or not viewer.may("incidents.read"):
        return await socket.close(SESSION_ENDED)
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            hello = await socket.receive_json()
        cursor = parse_cursor(hello)
    except (TimeoutError, ValueError, KeyError, TypeError, AttributeError):
        return await socket.close(BAD_FRAME)
    except WebSocketDisconnect:
        return
    await _serve(services, socket, viewer, hello, cursor)


async def _serve(
    services: Services, socket: WebSocket, viewer: Viewer, hello: dict[str, Any], cursor: dict[str, int] | None
) -> None:
    hub, seats = feed_hub(services), seats_of(services)
    about = {"account_id": str(viewer.account_id), "viewer": viewer}
    seat = Seat(socket, wants=viewer.sees, session=viewer.session, about=about)
    async with hub.seated(seat):
        try:
            start = await read_start(services, viewer, cursor)
        except Unavailable:
            return await socket.close(GOING_AWAY)
        hub.places.seated(seat, start.shown)
        hub.walks.seated(seat)
        seats.seated(seat, viewer, hello)
        running: set[asyncio.Task[None]] = set()
        turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

        async def on_frame(frame: dict[str, Any]) -> None:
            if frame.get("type") == "seat":
                seats.told(seat, frame)
            elif frame.get("type") == "select":
                seats.chosen(seat, frame)
            elif frame.get("type") == "ping":
                seat.put(encode({"type": "pong", "id": str(frame.get("id"))[:40], "now": now_iso()}))
            elif frame.get("type") == "command":
                turn = turns.setdefault(str(frame.get("incident_id")), asyncio.Lock())
                task = asyncio.create_task(_in_turn(turn, services, viewer, seat, frame), name="feed:command")
                running.add(task)
                task.add_done_callback(running.discard)

        await run_seat(
            seat,
            first=[encode(frame) for frame in start.frames],
            skip=lambda key: key[1] <= start.heads.get(key[0], 0),
            on_frame=on_frame,  # a session that ends is noticed for all seats at once (staff/watch.py)
        )
        hub.places.left(seat)
        hub.walks.left(seat)
        seats.left(seat)
        if running:  # a command that was given is carried out, also when the socket has gone
            await asyncio.wait(running, timeout=5)


async def _in_turn(turn: asyncio.Lock, services: Services, viewer: Viewer, seat: Seat, frame: dict[str, Any]) -> None:
    """After what the seat has asked of the same incident before: who presses twice means it in that order. Pictures
    wait for nobody and hold up nobody."""
    async with contextlib.nullcontext() if frame.get("name") in commands.LOOKS else turn:
        await _command(services, viewer, seat, frame)


async def _command(services: Services, viewer: Viewer, seat: Seat, frame: dict[str, Any]) -> None:
    """Carry out one command and answer it by its id."""
    answer: dict[str, Any] = {"type": "result", "id": frame.get("id")}
    try:
        if not await still_signed_in(services, viewer):
            return seat.end(SESSION_ENDED)
        incident_id = UUID(str(frame.get("incident_id")))
        args = frame.get("args") if isinstance(frame.get("args"), dict) else {}
        data = await commands.run(services, viewer, str(frame.get("name")), incident_id, args)
        answer |= {"ok": True, "data": data}
    except Problem as problem:
        answer |= {"ok": False, "problem": problem.body()}
    except ValueError:
        answer |= {
            "ok": False,
            "problem": Problem(422, "invalid", "사건 번호가 없습니다.", "incident_id is missing.").body(),
        }
    except Unavailable:
        answer |= {
            "ok": False,
            "problem": Problem(
                503, "unavailable", "지금 저장할 수 없습니다. 다시 눌러 주세요.", "The database is away; try again."
            ).body(),
        }
    except Exception:
        log.exception("command_failed", name=frame.get("name"))
        answer |= {
            "ok": False,
            "problem": Problem(
                500, "internal", "처리하지 못했습니다. 다시 눌러 주세요.", "Something failed on our side; try again."
            ).body(),
        }
    seat.put(encode(answer))


def parse_cursor(hello: Any) -> dict[str, int] | None:
    """The hello's cursor; ValueError when it is no hello."""
    if not isinstance(hello, dict) or hello.get("type") != "hello":
        raise ValueError("the first frame is a hello")
    cursor = hello.get("cursor")
    return None if cursor is None else {str(center): int(seq) for center, seq in cursor.items()}
