"""The sandbox: the same reading, the same rules and the same answers as for a real alert, and nobody is disturbed.

Nothing here reaches `alert`, the bus or a desk: an alert is understood, assigned and written down, sealed, for its
sender to look at, and forgotten after seven days. Each sender sees its own alone. The line says what a desk would say,
by a clock: received after half a second, acknowledged after one; an agency's request is accepted after one.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
from fastapi import WebSocket, WebSocketDisconnect

from location_router import intake, ledger
from location_router.phases import Standing, advance, first
from location_router.registry import Registry
from location_router.runtime.ending import end
from location_router.runtime.pool import Pool
from location_router.runtime.problems import Problem
from location_router.runtime.seal import Sealer
from location_router.runtime.tokens import is_live_token, live_token
from location_router.wire import Accepted, AlertMessage, CenterRef, Flag, Phase, State, Status, utc_now

PACE_S = 0.5
ACCEPTED_AFTER_S = 1.0
MOST_HISTORY = 50
PUT = """
INSERT INTO sandbox_alert (sender_id, alert_id, body_sealed, changed_at) VALUES (%s, %s, %s, now())
ON CONFLICT (sender_id, alert_id) DO UPDATE SET body_sealed = excluded.body_sealed, changed_at = now()"""
GET = "SELECT body_sealed FROM sandbox_alert WHERE sender_id = %s AND alert_id = %s"


class Sandbox:
    def __init__(self, pool: Pool, sealer: Sealer, registry: Registry, live_key: bytes) -> None:
        self._pool, self._sealer, self._registry = pool, sealer, registry
        self._key = hmac.new(live_key, b"ansim sandbox", hashlib.sha256).digest()  # opens no real line

    async def accept(self, sender_id: str, body: bytes, *, headers_flagged: set[Flag]) -> Accepted:
        """As `Alerts.accept`. Raises Problem for what is no alert."""
        now = utc_now()
        understood = intake.read(body, now=now)
        if isinstance(understood, intake.Refusal):
            raise Problem(
                understood.status,
                understood.code,
                understood.ko,
                understood.en,
                field=understood.field,
                value=understood.value,
            )
        message, flags = understood.message, set(understood.flags) | headers_flagged
        async with self.held(sender_id, message.alert_id) as state:
            self.take(state, message, flags, original=understood.original)
        return self._answer(message.alert_id, state)

    @asynccontextmanager
    async def held(self, sender_id: str, alert_id: UUID) -> AsyncIterator[dict[str, Any]]:
        """What stands of an alert, empty for none, locked; what the block makes of it is written down."""
        async with self._pool.transaction() as conn:
            await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 9))", (str(alert_id),))
            state = await self._read(conn, sender_id, alert_id) or {}
            before = orjson.dumps(state)
            yield state
            if orjson.dumps(state) != before:
                await self._write(conn, sender_id, alert_id, state)

    def take(self, state: dict[str, Any], message: AlertMessage, flags: set[Flag], *, original: dict[str, Any]) -> None:
        """What `state` is after a message."""
        now = utc_now()
        state |= self._next(state, message, flags) if state else self._first(message, flags, now)
        state["original"] = original or state.get("original", {})
        history = [*state.get("history", []), {"at": now.isoformat(), "phase": message.phase}]
        state["history"] = history[-MOST_HISTORY:]

    def _first(self, message: AlertMessage, flags: set[Flag], now: Any) -> dict[str, Any]:
        decision = self._registry.decide(message)
        standing = first(message.phase, message.outcome)
        record = decision.record(1, now)
        return {
            "phase": standing.phase,
            "outcome": standing.outcome,
            "flags": sorted(flags | {Flag(one) for one in decision.flags}),
            "message": message.model_dump(mode="json"),
            "assignment": record.model_dump(mode="json"),
            "received_at": now.isoformat(),
            "positions": [],
        }

    def _next(self, known: dict[str, Any], message: AlertMessage, flags: set[Flag]) -> dict[str, Any]:
        standing = advance(Standing(Phase(known["phase"]), known["outcome"]), message.phase, message.outcome)
        if standing is None:
            return known
        merged = ledger.merge(AlertMessage.model_validate(known["message"]), message)
        return known | {
            "phase": standing.phase,
            "outcome": standing.outcome,
            "flags": sorted({Flag(one) for one in known["flags"]} | flags),
            "message": merged.model_dump(mode="json"),
        }

    def _answer(self, alert_id: UUID, state: dict[str, Any]) -> Accepted:
        assignment = state["assignment"]
        return Accepted(
            alert_id=alert_id,
            phase=state["phase"],
            assignment_no=assignment["assignment_no"],
            reason=assignment["reason"],
            center=CenterRef.model_validate(assignment["center"]),
            flags=state["flags"],
            boundary_version=assignment["boundary_version"],
            received_at=state["received_at"],
            live_token=self.live_token(alert_id),
        )

    async def show(self, sender_id: str, alert_id: UUID) -> dict[str, Any]:
        """What was understood. Raises Problem 404."""
        async with self._pool.connection() as conn:
            state = await self._read(conn, sender_id, alert_id)
        if state is None:
            raise Problem(404, "no_alert", "샌드박스에 없는 신고입니다.", "The sandbox has no such alert of yours.")
        return {"alert_id": str(alert_id), **state}

    async def moved(self, sender_id: str, alert_id: UUID, given: list[Any]) -> int:
        """Positions after a gap; how many name a place. Raises Problem 404."""
        now = utc_now()
        read = [one for item in given if (one := intake.read_position(item, now=now))]
        async with self.held(sender_id, alert_id) as state:
            if not state:
                raise Problem(404, "no_alert", "샌드박스에 없는 신고입니다.", "The sandbox has no such alert of yours.")
            kept = [*state["positions"], *(one.model_dump(mode="json") for one in read)]
            state["positions"] = sorted(kept, key=lambda one: one["fixed_at"])[-MOST_HISTORY:]
        return len(read)

    def live_token(self, alert_id: UUID) -> str:
        return live_token(self._key, alert_id)

    def opens(self, alert_id: UUID, token: str) -> bool:
        return is_live_token(self._key, alert_id, token)

    async def line(self, socket: WebSocket, alert_id: UUID) -> None:
        """A line that behaves like the real one; ends when the sender says `ended`."""
        speaking = asyncio.create_task(self._speak(socket, alert_id))
        try:
            while not speaking.done():
                hearing = asyncio.ensure_future(socket.receive_text())
                await asyncio.wait({hearing, speaking}, return_when=asyncio.FIRST_COMPLETED)
                if hearing.done():
                    await self._heard(socket, hearing.result())
                else:
                    hearing.cancel()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            await end(speaking)

    async def _heard(self, socket: WebSocket, text: str) -> None:
        try:
            frame = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        if not isinstance(frame, dict):
            return
        if frame.get("type") == "ping":
            await socket.send_json({"type": "pong"})
        elif frame.get("type") == "position":
            position = frame.get("position")
            seq = position.get("seq", 0) if isinstance(position, dict) else 0
            await socket.send_json({"type": "ack", "seq": seq if isinstance(seq, int) else 0})

    async def _speak(self, socket: WebSocket, alert_id: UUID) -> None:
        said = stepped = 0
        states = (State.ASSIGNED, State.RECEIVED, State.ACKNOWLEDGED)
        for turn in range(7200):
            rows = await self._pool.run(
                "SELECT sender_id, body_sealed FROM sandbox_alert WHERE alert_id = %s ORDER BY changed_at DESC LIMIT 1",
                (alert_id,),
            )
            if not rows:
                return
            state = self._open(rows[0][0], alert_id, rows[0][1])
            for step in (steps := steps_of(state))[stepped:]:
                await socket.send_json({"type": "request_state", **step})
            stepped = len(steps)
            if state["phase"] == Phase.ENDED:
                await socket.send_json({"type": "ended"})
                await socket.close(1000)
                return
            if state["phase"] == Phase.ACTIVE and said < len(states) and turn >= said:
                await socket.send_json({"type": "status", "status": _status(alert_id, state, states[said], said)})
                said += 1
            await asyncio.sleep(PACE_S)

    async def _read(self, conn: Any, sender_id: str, alert_id: UUID) -> dict[str, Any] | None:
        row = await (await conn.execute(GET, (sender_id, alert_id))).fetchone()
        return self._open(sender_id, alert_id, row[0]) if row else None

    def _open(self, sender_id: str, alert_id: UUID, sealed: bytes) -> dict[str, Any]:
        opened: dict[str, Any] = self._sealer.open(sealed, context=f"sandbox_alert.body:{sender_id}/{alert_id}")
        return opened

    async def _write(self, conn: Any, sender_id: str, alert_id: UUID, state: dict[str, Any]) -> None:
        sealed = self._sealer.seal(state, context=f"sandbox_alert.body:{sender_id}/{alert_id}")
        await conn.execute(PUT, (sender_id, alert_id, sealed))


def steps_of(state: dict[str, Any]) -> list[dict[str, Any]]:
    """What the center would have said of an agency's request by now; nothing of an alert."""
    if not state["message"].get("request"):
        return []
    received_at = datetime.fromisoformat(state["received_at"])
    center = state["assignment"]["center"]["code"]
    words = [("received", received_at), ("accepted", received_at + timedelta(seconds=ACCEPTED_AFTER_S))]
    if state["phase"] == Phase.ENDED:
        ended_at = datetime.fromisoformat(state["history"][-1]["at"])
        words = [*(one for one in words if one[1] < ended_at), ("cancelled", ended_at)]
    return [
        {"state": word, "reason": "", "at": at.isoformat(), "center": center, "seq": seq}
        for seq, (word, at) in enumerate(words)
        if at <= utc_now()
    ]


def _status(alert_id: UUID, state: dict[str, Any], word: State, seq: int) -> dict[str, Any]:
    status = Status(
        status_id=uuid5(alert_id, f"sandbox/{word}"),
        alert_id=alert_id,
        assignment_no=1,
        incident_id=uuid4() if seq else None,
        state=word,
        is_drill=True,
        center=CenterRef.model_validate(state["assignment"]["center"]),
        at=utc_now() + timedelta(0),
        seq=seq,
    )
    return status.model_dump(mode="json")
