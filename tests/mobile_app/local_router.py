"""A router and a home center on a real loopback port, speaking the wire with the router's own models.

It keeps what it was sent; a test scripts outages (`down`), slowness and statuses. It is not the router: assignment is
fixed, nothing is stored.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from location_router import wire

CENTER = wire.CenterRef(code="41170", name_ko="안양시", name_en="Anyang-si")


class LocalRouter:
    """`start()` gives the address. `alerts` are bodies in order of arrival, `positions` what came on any path."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self.positions: list[tuple[str, dict[str, Any]]] = []
        self.refuse: dict[str, int] = {}
        self.down = False
        self.guardians: list[dict[str, Any]] = []
        self.lines: dict[str, WebSocket] = {}
        self.connections = 0
        self.code = ""  # the home center wants this one at sign-up
        self.texted: list[str] = []
        self.walk: dict[str, Any] = {}  # as begun, with what a test says of it in `walk_says`
        self.walk_says: dict[str, Any] = {}
        self.walk_heard: list[tuple[str, Any]] = []
        self.walk_refusal = 0
        self.questions: list[dict[str, Any]] = []
        self.protection: dict[str, Any] = {}
        self.protection_asked = 0
        self.warnings: dict[str, Any] = {}
        self.warnings_asked = 0
        self.own_places: list[dict[str, Any]] = []
        self.care_heard: list[tuple[str, Any]] = []  # answers, cut-offs and push tokens, in their order
        self.walk_lines: list[WebSocket] = []
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # ---- the test's hand --------------------------------------------------------------------------------------

    def start(self) -> str:
        config = uvicorn.Config(
            self._app(), host="127.0.0.1", port=0, log_level="error", ws="websockets-sansio", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            threading.Event().wait(0.01)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """What it is answering just now is answered: who is forced out leaves sockets that nobody closes."""
        if self._server:
            self._server.should_exit = True
            self._thread.join(5)
            self._server.force_exit = True
            self._thread.join(30)

    def phases(self, alert_id: str | None = None) -> list[str]:
        return [alert["phase"] for alert in self.alerts if alert_id in (None, alert["alert_id"])]

    def tell(self, alert_id: str, state: str) -> None:
        """A status down the alert's line."""
        status = wire.Status(
            status_id=uuid4(),
            alert_id=alert_id,
            assignment_no=1,
            state=wire.State(state),
            center=CENTER,
            at=datetime.now(UTC),
        )
        self._send(alert_id, {"type": "status", "status": status.model_dump(mode="json")})

    def ask(self, alert_id: str, what: str) -> None:
        """Down the alert's line, as the router does that knows no place."""
        self._send(alert_id, {"type": "ask", "what": what})

    def break_line(self, alert_id: str) -> None:
        assert self._loop
        asyncio.run_coroutine_threadsafe(self.lines[alert_id].close(1012), self._loop).result(5)

    def _send(self, alert_id: str, frame: dict[str, Any]) -> None:
        assert self._loop
        asyncio.run_coroutine_threadsafe(self.lines[alert_id].send_json(frame), self._loop).result(5)

    # ---- the wire ---------------------------------------------------------------------------------------------

    def _app(self) -> FastAPI:
        app = FastAPI()
        app.get("/healthz")(lambda: {"ok": True})
        app.post("/v1/alerts", status_code=202)(self._alert)
        app.post("/v1/alerts/{alert_id}/positions", status_code=202)(self._batch)
        app.websocket("/v1/alerts/{alert_id}/live")(self._live)
        app.post("/api/people", status_code=201)(self._person)
        app.post("/api/people/verify", status_code=202)(self._verify)
        app.put("/api/people/me/walks/{walk_id}")(self._walk)
        app.get("/api/people/me/walks/current")(self._current_walk)
        app.post("/api/people/me/walks/{walk_id}/positions")(self._walked)
        app.post("/api/people/me/walks/{walk_id}/answer")(self._walk_answer)
        app.websocket("/api/people/me/walks/{walk_id}/line")(self._walk_line)
        app.put("/api/people/me/push-token", status_code=204)(self._push_token)
        app.get("/api/people/me/questions")(self._questions)
        app.get("/api/people/me/protection")(self._protection)
        app.get("/api/people/me/warnings")(self._warnings)
        app.post("/api/people/me/protection/place")(self._own_place)
        app.post("/api/people/me/questions/{question_id}/answer")(self._question_answer)
        app.delete("/api/people/me/guardians/{guardian_id}", status_code=204)(self._cut)
        app.get("/api/people/me/guardians")(self._list)
        app.post("/api/people/me/guardians", status_code=201)(self._guardian)
        return app

    async def _alert(self, request: Request) -> Any:
        self._loop = asyncio.get_running_loop()
        body = await request.body()
        message = wire.AlertMessage.model_validate_json(body)
        if self.down:
            return Response(status_code=503, headers={"Retry-After": "1"})
        if message.phase in self.refuse:
            return Response(status_code=self.refuse[message.phase])
        self.alerts.append(message.model_dump(mode="json"))
        self.sizes.append(len(body))
        if message.phase == "ended" and str(message.alert_id) in self.lines:
            line = self.lines.pop(str(message.alert_id))  # the same after a cancel and after a duress code
            with suppress(RuntimeError, WebSocketDisconnect):  # the phone may have hung up at the same moment
                await line.send_json({"type": "ended"})
                await line.close(1000)
        accepted = wire.Accepted(
            alert_id=message.alert_id, phase=message.phase, assignment_no=1, center=CENTER, flags=[],
            reason=wire.Reason.CONTAINS, boundary_version="2023-07-01", received_at=datetime.now(UTC),
            live_token=f"token-{message.alert_id}",
        )  # fmt: skip
        return accepted.model_dump(mode="json")

    async def _batch(self, alert_id: str, request: Request) -> dict[str, int]:
        assert request.headers["authorization"] == f"Bearer token-{alert_id}"
        positions = (await request.json())["positions"]
        self.positions += [("batch", wire.Position.model_validate(one).model_dump(mode="json")) for one in positions]
        return {"stored": len(positions)}

    async def _live(self, socket: WebSocket, alert_id: str, token: str) -> None:
        if token != f"token-{alert_id}" or self.down:
            await socket.close(4403)
            return
        await socket.accept()
        self._loop, self.lines[alert_id] = asyncio.get_running_loop(), socket
        self.connections += 1
        try:
            while True:
                frame = await socket.receive_json()
                if frame["type"] == "position":
                    position = wire.Position.model_validate(frame["position"])
                    self.positions.append(("live", position.model_dump(mode="json")))
                    await socket.send_json({"type": "ack", "seq": position.seq})
        except WebSocketDisconnect:
            return

    async def _person(self, request: Request) -> Any:
        body = await request.json()
        assert body["nickname"] and body["phone"]
        if self.code and body.get("code") != self.code:
            code = "wrong_code" if body.get("code") else "code_needed"
            problem = {"code": code, "message_ko": "인증번호가 맞지 않습니다", "message_en": "not the code"}
            return JSONResponse(problem, 403 if body.get("code") else 422)
        return {
            "person_id": str(uuid4()), "device_id": str(uuid4()), "device_token": "device-token",
            "home": CENTER.model_dump(), "router_url": "",
        }  # fmt: skip

    async def _verify(self, request: Request) -> Any:
        self.texted.append((await request.json())["phone"])
        return {"again_after_s": 30}

    async def _list(self) -> Any:
        return {"guardians": self.guardians}

    async def _guardian(self, request: Request) -> Any:
        body = await request.json()
        last4 = body["phone"][-4:]
        guardian = {"guardian_id": str(uuid4()), "name": body["name"], "phone_last4": last4, "accepted_at": None}
        self.guardians.append(guardian)
        return {"guardian_id": guardian["guardian_id"], "invitation": "QK7M-2P9D"}

    # ---- walks: the home center's wire of docs/walks.md section 2 -----------------------------------------------

    def _walk_now(self) -> dict[str, Any]:
        """By the home center's own models, which are read when the first walk begins."""
        from server.walks.answers import Brief

        brief = Brief.model_validate({"state": "on_track", "rung": "calm", "version": 1} | self.walk_says)
        return brief.model_dump(mode="json") | self.walk

    async def _walk(self, walk_id: str, request: Request) -> Any:
        body = await request.json()
        from server.walks import routes

        routes.Wanted.model_validate(body).plan()
        self.walk_heard.append(("begin", body))
        if self.down or self.walk_refusal:
            words = {"code": "walk_runs", "message_ko": "이미 안심귀가 중입니다.", "message_en": "A walk runs already."}
            return JSONResponse(words, self.walk_refusal or 503)
        self.walk = {"walk_id": walk_id, "alert_id": body["alert_id"]}
        return self._walk_now()

    async def _current_walk(self) -> Any:
        return {"walk": self._walk_now() if self.walk else None}

    async def _walked(self, walk_id: str, request: Request) -> Any:
        if self.down:
            return Response(status_code=503)
        positions = (await request.json())["positions"]
        from server.walks import routes

        heard = routes.Heard.model_validate({"positions": positions})
        self.walk_heard.append(("positions", [one.fixed_at for one in heard.positions]))
        return self._walk_now()

    async def _walk_answer(self, walk_id: str, request: Request) -> Any:
        from server.walks import routes

        routes.Said.model_validate_json(await request.body())
        self.walk_heard.append(("answer", await request.body()))
        return self._walk_now()

    async def _walk_line(self, socket: WebSocket, walk_id: str) -> None:
        assert socket.headers["authorization"] == "Bearer device-token"
        await socket.accept()
        self._loop = asyncio.get_running_loop()
        self.walk_lines.append(socket)
        with suppress(WebSocketDisconnect):
            await socket.send_json(self._walk_now())
            await socket.receive_text()

    def say_on_walk(self, **says: Any) -> None:
        """Down the newest walk's line."""
        assert self._loop
        self.walk_says |= says
        asyncio.run_coroutine_threadsafe(self.walk_lines[-1].send_json(self._walk_now()), self._loop).result(5)

    # ---- guardians' questions and cut-offs: docs/walks.md section 4 --------------------------------------------

    async def _push_token(self, request: Request) -> None:
        self.care_heard.append(("token", (await request.json())["push_token"]))

    async def _warnings(self) -> Any:
        self.warnings_asked += 1
        return self.warnings

    async def _protection(self) -> Any:
        self.protection_asked += 1
        return self.protection

    async def _own_place(self, request: Request) -> Any:
        self.own_places.append(await request.json())
        return {"wanted": True}

    async def _questions(self) -> Any:
        return {"questions": self.questions}

    async def _question_answer(self, question_id: str, request: Request) -> Any:
        self.care_heard.append((question_id, (await request.json())["answer"]))
        return {}

    async def _cut(self, guardian_id: str) -> Response:
        known = [one for one in self.guardians if one["guardian_id"] != guardian_id]
        if self.down or len(known) == len(self.guardians):
            words = {"code": "no_guardian", "message_ko": "보호자가 아닙니다.", "message_en": "No guardian."}
            return Response(status_code=503) if self.down else JSONResponse(words, 404)
        self.guardians = known
        self.care_heard.append(("cut", guardian_id))
        return Response(status_code=204)
