"""The operators' WebSocket: a snapshot or what was missed, then every event of the seat's centers, exactly once.

The order makes it exact. First the seat's queue is registered, so that from then on nothing passes it by; then the
chain heads are read, then the incidents or the missed events up to those heads; then the queue is sent without what
lies at or below the heads. An event is either committed before the heads were read (and in the answer) or above them
(and in the queue).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from location_router.runtime.db import Unavailable
from location_router.runtime.problems import Problem
from server.broadcast import PositionFrame
from server.connection import same_origin, services_of
from server.console import commands
from server.events import NO_INCIDENT, CommittedEvent, chain_heads, read_events
from server.incidents.cards import open_cards
from server.live import BAD_FRAME, FOREIGN_PAGE, GOING_AWAY, SESSION_ENDED, Hub, Seat, encode, now_iso, run_seat
from server.staff.model import STAFF, Viewer
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
        self.stop = services.broadcast.subscribe(on_event=self._event, on_position=self._position)

    def _event(self, event: CommittedEvent) -> None:
        self.put(lambda: event_frame(event), to=event.center, key=(event.center, event.seq))

    def _position(self, frame: PositionFrame) -> None:
        self.put(
            lambda: {
                "type": "position",
                "incident_id": frame.incident_id,
                "alert_id": frame.alert_id,
                "position": frame.position,
            },
            to=frame.center,
        )


def event_frame(event: CommittedEvent) -> dict[str, Any]:
    """Of what belongs to no incident (an account, an agreement, a search) a seat learns the number and nothing else:
    with the number its count has no hole."""
    line = None if event.incident_id == NO_INCIDENT else event.line
    return {"type": "event", "center": event.center, "seq": event.seq, "event": line, "incident": event.incident}


def feed_hub(services: Services) -> FeedHub:
    hub: FeedHub = services.shared.setdefault("feed", None) or FeedHub(services)
    services.shared["feed"] = hub
    return hub


@dataclass(frozen=True)
class Start:
    """The first frame, and up to where it tells the story."""

    frame: dict[str, Any]
    heads: dict[str, int]


async def read_start(services: Services, viewer: Viewer, cursor: dict[str, int] | None) -> Start:
    """What the seat gets first. Heads before incidents: what comes between is told twice rather than not at all."""
    async with services.db.begin(center=viewer.scope) as unit:
        heads = await chain_heads(unit)
        missed = _missed(cursor, heads)
        if missed is None:
            frame = {"type": "snapshot", "now": now_iso(), "cursor": heads, "incidents": await open_cards(unit)}
            return Start(frame, heads)
        events = []
        for center, after in missed.items():
            events += await read_events(unit, center=center, after=after, upto=heads[center], limit=CATCH_UP_EVENTS)
        frame = {"type": "catchup", "now": now_iso(), "cursor": heads, "events": [event_frame(e) for e in events]}
        return Start(frame, heads)


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
    if viewer is None or viewer.role not in STAFF:
        return await socket.close(SESSION_ENDED)
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            hello = await socket.receive_json()
        cursor = parse_cursor(hello)
    except (TimeoutError, ValueError, KeyError, TypeError, AttributeError):
        return await socket.close(BAD_FRAME)
    except WebSocketDisconnect:
        return
    await _serve(services, socket, viewer, cursor)


async def _serve(services: Services, socket: WebSocket, viewer: Viewer, cursor: dict[str, int] | None) -> None:
    hub = feed_hub(services)
    seat = Seat(socket, wants=viewer.sees, session=viewer.session, about={"account_id": str(viewer.account_id)})
    async with hub.seated(seat):
        try:
            start = await read_start(services, viewer, cursor)
        except Unavailable:
            return await socket.close(GOING_AWAY)
        running: set[asyncio.Task[None]] = set()

        async def on_frame(frame: dict[str, Any]) -> None:
            if frame.get("type") == "seat":
                before = seat.about.get("selected")
                seat.about |= {key: frame.get(key) for key in ("selected", "sound")}
                work = _selected(services, viewer, seat.about["selected"]) if seat.about["selected"] != before else None
            else:
                work = _command(services, viewer, seat, frame) if frame.get("type") == "command" else None
            if work is not None:
                task = asyncio.create_task(work, name="feed:command")
                running.add(task)
                task.add_done_callback(running.discard)

        await run_seat(
            seat,
            first=[encode(start.frame)],
            skip=lambda key: key[1] <= start.heads.get(key[0], 0),
            on_frame=on_frame,
            still_good=lambda: still_signed_in(services, viewer),
        )
        if running:  # a command that was given is carried out, also when the socket has gone
            await asyncio.wait(running, timeout=5)


async def _selected(services: Services, viewer: Viewer, selected: Any) -> None:
    """The seat looks at another incident: it is shown where the person is."""
    try:
        incident_id = UUID(str(selected)) if selected else None
        if incident_id is not None and await still_signed_in(services, viewer):
            async with services.db.begin(center=viewer.scope) as unit:
                await commands.show_place(unit, viewer, incident_id)
    except (ValueError, Unavailable) as error:
        log.warning("selection_not_recorded", error=str(error)[:200])


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
