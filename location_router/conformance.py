"""The kit a vendor runs against the sandbox: does our program speak to the router as it should, and what comes back?

Each check sends what a real program sends, or what a broken one would, and compares the answer with docs/intake.md.
A failing check says what to put right. Nothing here reaches a desk.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import websockets

from location_router.runtime.signing import SIGNATURE_HEADER, TIME_HEADER, sign
from location_router.senders.keys import SENDER_HEADER, signing_secret

ALERTS = "/v1/sandbox/alerts"
REFUSED = ("answered 401", "answered 403")
PLACE = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 15}
Check = tuple[str, str, str, Callable[["Kit"], Awaitable[None]]]
CHECKS: list[Check] = []


class Failed(Exception):
    """What was wrong with the answer."""


@dataclass
class Kit:
    """One run: the address, who we are, and a client."""

    url: str
    sender: str
    key: str
    client: httpx.AsyncClient
    notes: dict[str, Any] = field(default_factory=dict)
    raised: set[str] = field(default_factory=set)
    """Requests that a check has raised."""

    @property
    def requests(self) -> str:
        """Where an agency raises its requests."""
        return "/v1/sandbox/requests"

    def alert(self, **fields: Any) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        return {
            "alert_id": str(new_id()), "phase": "active", "raised_at": now, "trigger": "button",
            "position": {**PLACE, "fixed_at": now}, "caller": {"nickname": "시험", "phone": "010-0000-0000"},
        } | fields  # fmt: skip

    def headers(self, method: str, path: str, body: bytes, *, now: float | None = None) -> dict[str, str]:
        return sign(
            signing_secret(self.key), installation=self.sender, method=method, path=path, body=body,
            now=time.time() if now is None else now, name_header=SENDER_HEADER,
        )  # fmt: skip

    async def send(self, path: str, data: Any, *, method: str = "POST") -> httpx.Response:
        body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
        return await self.client.request(method, path, content=body, headers=self.headers(method, path, body))

    async def accepted(self, alert: dict[str, Any] | bytes) -> dict[str, Any]:
        answer = await self.send(ALERTS, alert)
        expect(answer.status_code == 202, f"answered {answer.status_code}, not 202: {answer.text[:200]}")
        body: dict[str, Any] = answer.json()
        return body

    async def shown(self, alert_id: str) -> dict[str, Any]:
        answer = await self.send(f"{ALERTS}/{alert_id}", None, method="GET")
        expect(answer.status_code == 200, f"answered {answer.status_code}, not 200")
        body: dict[str, Any] = answer.json()
        return body


def expect(fact: bool, otherwise: str) -> None:
    if not fact:
        raise Failed(otherwise)


def new_id() -> UUID:
    """A UUIDv7."""
    milliseconds, chance = int(time.time() * 1000), int.from_bytes(os.urandom(10))
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | 0b10 << 62 | chance & (2**62 - 1))


def registrar(checks: list[Check]) -> Callable[[str, str, str], Callable[[Callable[[Kit], Awaitable[None]]], None]]:
    """What puts a check at the end of `checks`: its name, what it looks at, and what to do when it fails."""

    def check(name: str, about: str, cure: str) -> Callable[[Callable[[Kit], Awaitable[None]]], None]:
        return lambda work: checks.append((name, about, cure, work))

    return check


check = registrar(CHECKS)


async def run(
    url: str, *, sender: str, key: str, checks: list[Check] = CHECKS, kind: Callable[..., Kit] = Kit
) -> dict[str, Any]:
    """`{"ok", "url", "sender", "passed", "failed", "checks": [{"name","about","ok","why","cure","ms"}]}`."""
    results = []
    async with httpx.AsyncClient(base_url=url.rstrip("/"), timeout=15, trust_env=False) as client:
        kit = kind(url.rstrip("/"), sender, key, client)
        for name, about, cure, work in checks:
            started, why = time.perf_counter(), ""
            try:
                await work(kit)
            except Failed as failed:
                why = str(failed)
            except (
                httpx.HTTPError,
                OSError,
                TimeoutError,
                KeyError,
                ValueError,
                websockets.WebSocketException,
            ) as error:
                why = f"{type(error).__name__}: {error}"[:300]
            took_ms = round((time.perf_counter() - started) * 1000, 1)
            told = {"name": name, "about": about, "ok": not why, "why": why, "cure": cure if why else "", "ms": took_ms}
            results.append(told)
            if why and (name == "reachable" or (name.startswith("signed_") and why.startswith(REFUSED))):
                break  # the same answer 24 times over would help nobody
    passed = sum(bool(one["ok"]) for one in results)
    return {
        "ok": passed == len(checks), "url": url, "sender": sender, "passed": passed,
        "failed": len(results) - passed, "skipped": len(checks) - len(results), "checks": results,
    }  # fmt: skip


def for_people(report: dict[str, Any]) -> str:
    lines = []
    for one in report["checks"]:
        lines.append(f"{'통과 ok  ' if one['ok'] else '실패 FAIL'} {one['name']:28} {one['about']} ({one['ms']} ms)")
        if not one["ok"]:
            lines += [f"            {one['why']}", f"            → {one['cure']}"]
    left_out = f", {report['skipped']} 건너뜀 skipped" if report["skipped"] else ""
    total = report["passed"] + report["failed"] + report["skipped"]
    lines.append(f"{report['passed']} / {total} 통과 passed, {report['failed']} 실패 failed{left_out}")
    return "\n".join(lines)


@check("reachable", "라우터가 응답함 · the router answers", "Check --url and your firewall: GET /healthz must answer.")
async def _(kit: Kit) -> None:
    answer = await kit.client.get("/healthz")
    expect(answer.status_code == 200 and answer.json().get("role") == "router", f"answered {answer.status_code}")


@check(
    "signed_alert", "서명한 신고가 접수됨 · a signed alert is accepted", "Sign time.METHOD.path.body; scope sandbox."
)
async def _(kit: Kit) -> None:
    body = await kit.accepted(kit.alert())
    missing = {"alert_id", "phase", "center", "live_token", "flags", "boundary_version"} - set(body)
    expect(not missing, f"the answer lacks {sorted(missing)}")
    expect("unverified" not in body["flags"], "flagged unverified: your sender lacks the scope alerts")


@check("bearer_key", "API 키로도 접수됨 · the API key works as well", "Send Authorization: Bearer ansk_… unchanged.")
async def _(kit: Kit) -> None:
    headers = {"Authorization": f"Bearer {kit.key}", SENDER_HEADER: kit.sender}
    answer = await kit.client.post(ALERTS, json=kit.alert(), headers=headers)
    expect(answer.status_code == 202, f"answered {answer.status_code}: {answer.text[:200]}")


@check("retry_is_one_alert", "재전송은 한 건 · the same alert_id again has one effect", "Keep alert_id on every retry.")
async def _(kit: Kit) -> None:
    alert = kit.alert()
    first, again = await kit.accepted(alert), await kit.accepted(alert)
    expect(first == again, "the second answer differs from the first")


@check("parallel_copies", "동시에 보낸 사본도 한 건 · parallel copies are one alert", "Keep alert_id the same.")
async def _(kit: Kit) -> None:
    alert = kit.alert()
    answers = await asyncio.gather(*(kit.accepted(alert) for _ in range(5)))
    expect(all(one == answers[0] for one in answers), "parallel copies were answered differently")


@check("phases", "pre → active → ended", "Phases only move forward; send outcome=cancel with ended.")
async def _(kit: Kit) -> None:
    alert = kit.alert(phase="pre", countdown_s=5)
    phases = [
        (await kit.accepted(alert | change))["phase"]
        for change in ({}, {"phase": "active"}, {"phase": "pre"}, {"phase": "ended", "outcome": "cancel"})
    ]
    expect(phases == ["pre", "active", "active", "ended"], f"the phases were {phases}")


@check("cancel_and_duress_look_alike", "취소와 강압의 응답이 같음 · same answer", "Treat both answers alike on screen.")
async def _(kit: Kit) -> None:
    sizes = set()
    for outcome in ("cancel", "duress"):
        alert = kit.alert()
        await kit.accepted(alert)
        ended = await kit.accepted(alert | {"phase": "ended", "outcome": outcome})
        sizes.add((ended["phase"], len(json.dumps(ended))))
    expect(len(sizes) == 1, f"the answers differ: {sizes}")


@check("korean_text", "한글이 그대로 · Korean text survives", "Send UTF-8 JSON.")
async def _(kit: Kit) -> None:
    name = "김지영 🙏 뷁"
    alert = kit.alert(caller={"nickname": name, "phone": "010-0000-0000"})
    body = await kit.send(ALERTS, json.dumps(alert, ensure_ascii=False).encode())
    expect(body.status_code == 202, f"answered {body.status_code}")
    understood = (await kit.shown(alert["alert_id"]))["message"]["caller"]["nickname"]
    expect(understood == name, f"understood {understood!r}")


@check(
    "understood", "이해한 내용을 보여 줌 · the sandbox shows what it understood", "Compare message with what you sent."
)
async def _(kit: Kit) -> None:
    alert = kit.alert(battery_percent=41)
    await kit.accepted(alert)
    shown = await kit.shown(alert["alert_id"])
    expect(shown["message"]["battery_percent"] == 41, "battery_percent was not understood")
    expect(shown["assignment"]["reason"] and shown["assignment"]["candidates"], "there is no explained assignment")
    expect(shown["message"]["position"]["lat"] == PLACE["lat"], "the position was not understood")


@check(
    "odd_fields_are_flagged", "이상한 값은 표시만 · odd fields are flagged", "Send numbers as numbers, ISO 8601 times."
)
async def _(kit: Kit) -> None:
    body = await kit.accepted(kit.alert(countdown_s=True, battery_percent="full", caller=[1]))
    expect("odd_fields" in body["flags"], f"the flags were {body['flags']}")


@check("unknown_fields_pass", "모르는 필드는 무시 · unknown fields are passed over", "Nothing to do.")
async def _(kit: Kit) -> None:
    body = await kit.accepted(kit.alert(from_the_future={"a": 1}))
    expect("odd_fields" not in body["flags"], f"the flags were {body['flags']}")


@check("swapped_axes", "위경도가 바뀌면 바로잡음 · swapped axes are put right", "lat is 33-39, lon 124-132 in Korea.")
async def _(kit: Kit) -> None:
    now = datetime.now(UTC).isoformat()
    alert = kit.alert(position={"lat": PLACE["lon"], "lon": PLACE["lat"], "accuracy_m": 15, "fixed_at": now})
    straight, swapped = await kit.accepted(kit.alert()), await kit.accepted(alert)
    expect("swapped" in swapped["flags"], f"the flags were {swapped['flags']}")
    expect(swapped["center"]["code"] == straight["center"]["code"], "another center than with the axes right")


@check(
    "no_position", "위치 없이도 접수 · no position is accepted", "Send the alert at once, positions when you have them."
)
async def _(kit: Kit) -> None:
    body = await kit.accepted(kit.alert(position=None))
    expect("no_position" in body["flags"] and body["center"]["code"] != "", f"the flags were {body['flags']}")


@check("zero_is_no_place", "0,0은 위치 없음 · 0,0 is no place", "Leave position out until there is a fix.")
async def _(kit: Kit) -> None:
    now = datetime.now(UTC).isoformat()
    body = await kit.accepted(kit.alert(position={"lat": 0, "lon": 0, "fixed_at": now}))
    expect("no_position" in body["flags"], f"the flags were {body['flags']}")


@check("abroad", "국외 위치도 접수 · a place abroad is accepted", "Nothing to do; the flag tells the desk.")
async def _(kit: Kit) -> None:
    now = datetime.now(UTC).isoformat()
    body = await kit.accepted(kit.alert(position={"lat": 48.8566, "lon": 2.3522, "accuracy_m": 9, "fixed_at": now}))
    expect("abroad" in body["flags"], f"the flags were {body['flags']}")


@check("old_fix", "오래된 위치는 표시 · an old fix is flagged", "fixed_at is when the sensor measured, in UTC.")
async def _(kit: Kit) -> None:
    body = await kit.accepted(kit.alert(position={**PLACE, "fixed_at": "2020-01-01T00:00:00Z"}))
    expect("stale" in body["flags"], f"the flags were {body['flags']}")


@check("drill", "훈련은 훈련 · a drill stays a drill", 'Only service "urn:service:test.sos" makes a drill.')
async def _(kit: Kit) -> None:
    alert = kit.alert(service="urn:service:test.sos")
    await kit.accepted(alert)
    expect((await kit.shown(alert["alert_id"]))["message"]["service"] == "urn:service:test.sos", "it became real")


async def _refused(kit: Kit, body: bytes, status: int, name: str) -> None:
    answer = await kit.send(ALERTS, body)
    expect(answer.status_code == status, f"answered {answer.status_code}, not {status}")
    kind = answer.headers.get("content-type", "")
    expect(kind.startswith("application/problem+json"), f"the answer is {kind}, not application/problem+json")
    said = answer.json()
    expect(said.get("field") == name, f"it names the field {said.get('field')!r}, not {name!r}")
    expect(bool(said.get("message_ko") and said.get("message_en")), "it doesn't say in both languages what to do")


@check("bad_json", "JSON이 아니면 400 · bad JSON is a problem", "Read code, field and message_en of the answer.")
async def _(kit: Kit) -> None:
    await _refused(kit, b'{"alert_id": ', 400, "body")


@check("no_alert_id", "alert_id가 없으면 422 · no id is a problem", "Make a UUIDv7 once and keep it for every retry.")
async def _(kit: Kit) -> None:
    await _refused(kit, b'{"phase": "active"}', 422, "alert_id")


@check("big_body", "64KB까지 · 64 KB is the limit", "Leave pictures and sound out of the alert.")
async def _(kit: Kit) -> None:
    near = kit.alert(caller={"nickname": "시험", "profile": {"note": "x"}}, padding="x" * 60_000)
    await kit.accepted(near)
    await _refused(kit, json.dumps(kit.alert(padding="x" * 70_000)).encode(), 413, "body")


async def _turned_away(kit: Kit, headers: dict[str, str], body: bytes, code: str) -> None:
    answer = await kit.client.post(ALERTS, content=body, headers=headers)
    expect(answer.status_code == 401, f"answered {answer.status_code}, not 401")
    expect(answer.json().get("code") == code, f"the code was {answer.json().get('code')!r}, not {code!r}")


@check("bad_signature", "틀린 서명은 거절(샌드박스) · a bad signature is refused here", "Sign the bytes that you send.")
async def _(kit: Kit) -> None:
    body = json.dumps(kit.alert()).encode()
    headers = kit.headers("POST", ALERTS, body)
    await _turned_away(kit, headers | {SIGNATURE_HEADER: "0" * 64}, body, "wrong_signature")
    await _turned_away(kit, headers, body + b" ", "wrong_signature")


@check("clock_skew", "시계 오차 5분까지 · a clock 10 min off is refused here", "Keep your server's clock by NTP.")
async def _(kit: Kit) -> None:
    body = json.dumps(kit.alert()).encode()
    await _turned_away(kit, kit.headers("POST", ALERTS, body, now=time.time() - 600), body, "clock_skew")
    expect(TIME_HEADER == "X-Ansim-Time", "")


@check("unknown_sender", "모르는 송신자는 거절(샌드박스) · refused here", "Use the sender id you were given.")
async def _(kit: Kit) -> None:
    await _turned_away(kit, {SENDER_HEADER: f"nobody-{uuid4().hex[:6]}"}, b"{}", "unknown_sender")


@check("positions_batch", "위치 묶음 전송 · a batch of positions", 'Send {"positions":[…]}, each with fixed_at.')
async def _(kit: Kit) -> None:
    alert = kit.alert()
    await kit.accepted(alert)
    now = datetime.now(UTC).isoformat()
    batch = {"positions": [{**PLACE, "fixed_at": now, "seq": seq} for seq in range(20)] + ["nonsense"]}
    answer = await kit.send(f"{ALERTS}/{alert['alert_id']}/positions", batch)
    expect(answer.status_code == 202, f"answered {answer.status_code}")
    expect(answer.json() == {"stored": 20}, f"answered {answer.text[:100]}")
    expect(len((await kit.shown(alert["alert_id"]))["positions"]) == 20, "the positions are not there")


@check(
    "live_line",
    "실시간 회선 · the live line: ack, status, ended",
    "Keep one WebSocket per alert; reconnect with the token.",
)
async def _(kit: Kit) -> None:
    alert = kit.alert()
    token = (await kit.accepted(alert))["live_token"]
    address = f"{kit.url.replace('http', 'ws', 1)}{ALERTS}/{alert['alert_id']}/live?token={token}"
    async with asyncio.timeout(12), websockets.connect(address, proxy=None) as line:
        now = datetime.now(UTC).isoformat()
        await line.send(json.dumps({"type": "position", "position": {**PLACE, "fixed_at": now, "seq": 7}}))
        await line.send(json.dumps({"type": "ping"}))
        frames: list[dict[str, Any]] = []
        while not {"ack", "pong", "status"} <= {one["type"] for one in frames}:
            frames.append(json.loads(await line.recv()))
        expect(any(one["type"] == "ack" and one["seq"] == 7 for one in frames), "no ack for seq 7")
        await kit.accepted(alert | {"phase": "ended", "outcome": "cancel"})
        while frames[-1]["type"] != "ended":
            frames.append(json.loads(await line.recv()))


@check("line_needs_its_token", "다른 토큰은 거절 · a foreign token opens no line", "Use live_token of that alert.")
async def _(kit: Kit) -> None:
    alert = kit.alert()
    await kit.accepted(alert)
    address = f"{kit.url.replace('http', 'ws', 1)}{ALERTS}/{alert['alert_id']}/live?token=wrong"
    try:
        async with asyncio.timeout(8), websockets.connect(address, proxy=None) as line:
            await line.recv()
    except (websockets.InvalidStatus, websockets.ConnectionClosed):
        return
    raise Failed("the line was opened")
