"""The part of the kit for agencies: raise, repeat, follow and take back, at the router's sandbox
(`conformance … --requests`) or, as exercises, on a line at a center itself (`ansim conformance`).

Each check sends what an agency's program sends, or what a broken one would (docs/agencies.md section 2). It is one list
for both doors; what only the sandbox has is left out at a center.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import websockets

from location_router.conformance import PLACE, Check, Kit, expect, new_id, registrar
from location_router.runtime.signing import SIGNATURE_HEADER
from location_router.runtime.webhook import signed_call
from location_router.senders.keys import SENDER_HEADER

CHECKS_OF_BOTH: list[Check] = []
check = registrar(CHECKS_OF_BOTH)
STATES = {"received", "accepted", "rejected", "refused", "cancelled", "ended", "expired"}


SAMPLES: dict[str, dict[str, Any]] = {
    "help_request": {"event": "panic", "site": "시험", "contact_phone": "010-0000-0000"},
    "missing_child": {"name": "시험", "age": 7, "consent": {"by": "law", "at": "2026-01-01T00:00:00Z"}},
    "missing_dementia": {"name": "시험", "age": 77, "consent": {"by": "law", "at": "2026-01-01T00:00:00Z"}},
    "wanted_vehicle": {"plate": "123가4567", "crime": "robbery"},
    "disaster": {"title": "시험", "category": "Met", "radius_m": 100.0},
    "dispatch": {"case_kind": "112"},
    **{f"anklet_{kind}": {"category": "robbery", "device_ref": "KIT-1"} for kind in ("tamper", "curfew", "zone")},
    "anklet_approach": {"category": "robbery", "device_ref": "KIT-1", "protected_ref": "KIT-2"},
}
"""A subject that fits, by trigger."""


@dataclass
class LineKit(Kit):
    """At a center, signed with the key of the agency's line: what it raises are exercises of the agency's own trigger,
    ground and place."""

    trigger: str = "help_request"
    legal_basis: str = "pipa-18-2-3"
    place: dict[str, float] = field(default_factory=lambda: dict(PLACE))

    @property
    def requests(self) -> str:
        return f"/api/lines/{self.sender}/requests"

    def headers(self, method: str, path: str, body: bytes, *, now: float | None = None) -> dict[str, str]:
        return signed_call(self.key, str(uuid4()), body, method=method, path=path, at=now)


def a_request(kit: Kit, **fields: Any) -> dict[str, Any]:
    """Without `agency_id`: the signature says whose it is."""
    now = datetime.now(UTC).isoformat()
    trigger = str(fields.get("trigger") or (kit.trigger if isinstance(kit, LineKit) else "help_request"))
    return {
        "request_id": str(new_id()), "trigger": trigger, "case_no": "KIT-1", "raised_at": now, "is_drill": True,
        "legal_basis": kit.legal_basis if isinstance(kit, LineKit) else "pipa-18-2-3",
        "position": {**place_of(kit), "fixed_at": now}, "subject": SAMPLES[trigger],
    } | fields  # fmt: skip


def place_of(kit: Kit) -> dict[str, Any]:
    return dict(kit.place if isinstance(kit, LineKit) else PLACE)


async def raised(kit: Kit, asked: dict[str, Any]) -> dict[str, Any]:
    kit.raised.add(asked["request_id"])
    answer = await kit.send(kit.requests, asked)
    expect(answer.status_code == 202, f"answered {answer.status_code}, not 202: {answer.text[:200]}")
    body: dict[str, Any] = answer.json()
    return body


def told_off(answer: httpx.Response, status: int, code: str, field: str | None = None, *, or_code: str = "") -> None:
    """The answer is that problem, with its cure in both languages."""
    expect(answer.status_code == status, f"answered {answer.status_code}, not {status}: {answer.text[:200]}")
    kind = answer.headers.get("content-type", "")
    expect(kind.startswith("application/problem+json"), f"the answer is {kind}, not application/problem+json")
    said = answer.json()
    expect(said.get("code") in (code, or_code or code), f"the code was {said.get('code')!r}, not {code!r}")
    expect(field is None or said.get("field") == field, f"it names the field {said.get('field')!r}, not {field!r}")
    expect(bool(said.get("message_ko") and said.get("message_en")), "it doesn't say in both languages what to do")


@check("reachable", "응답함 · it answers", "Check the address and your firewall: GET /healthz must answer.")
async def _(kit: Kit) -> None:
    answer = await kit.client.get("/healthz")
    wanted = "server" if isinstance(kit, LineKit) else "router"
    expect(answer.status_code == 200 and answer.json().get("role") == wanted, f"answered {answer.status_code}")


@check(
    "signed_request", "서명한 요청이 접수됨 · a signed request is accepted",
    "At the router sign time.METHOD.path.body with the signing secret (the kit makes it of your API key: give that); "
    "your sender needs the scope sandbox and its agency (sender add … --agency). At a center sign "
    "in.time.METHOD.path.id.body with your line's key; trigger, ground and place are of your agreement.",
)  # fmt: skip
async def _(kit: Kit) -> None:
    asked = a_request(kit)
    shown = await raised(kit, asked)
    wanted = {"request_id", "state", "center", "status_path", "positions_path"}
    wanted |= set() if isinstance(kit, LineKit) else {"live_token", "agency_id"}
    missing = wanted - set(shown)
    expect(not missing, f"the answer lacks {sorted(missing)}")
    expect(shown["request_id"] == asked["request_id"], "the answer is about another request")
    expect(shown["state"] in STATES and bool(shown["center"]["code"]), f"the state was {shown['state']!r}")


@check("a_key_alone", "키만으로는 안 됨 · a bearer key is not enough", "Sign every call; the key itself never travels.")
async def _(kit: Kit) -> None:
    headers = {"Authorization": f"Bearer {kit.key}", SENDER_HEADER: kit.sender}
    told_off(await kit.client.post(kit.requests, json=a_request(kit), headers=headers), 401, "unsigned")


@check("repeat", "재전송은 한 건 · the same again is answered as it is", "Keep request_id and bytes on every retry.")
async def _(kit: Kit) -> None:
    asked = a_request(kit)
    first, again = await raised(kit, asked), await kit.send(kit.requests, asked)
    expect(again.status_code == 200, f"answered {again.status_code}, not 200")
    expect(again.json()["received_at"] == first["received_at"], "the second answer is about another request")


@check("parallel_copies", "동시에 보낸 사본도 한 건 · parallel copies are one request", "Keep request_id the same.")
async def _(kit: Kit) -> None:
    asked = a_request(kit)
    answers = await asyncio.gather(*(kit.send(kit.requests, asked) for _ in range(5)))
    kit.raised.add(asked["request_id"])
    codes = sorted(one.status_code for one in answers)
    expect(codes[-1] == 202 and (isinstance(kit, LineKit) or codes[:4] == [200] * 4), f"answered {codes}")
    expect(len({one.json()["received_at"] for one in answers}) == 1, "the copies became several requests")


@check("id_used", "번호 재사용은 거절 · another content under a used id", "Give every new request a UUIDv7 of its own.")
async def _(kit: Kit) -> None:
    asked = a_request(kit)
    await raised(kit, asked)
    told_off(await kit.send(kit.requests, asked | {"case_no": "KIT-2"}), 409, "id_used", "request_id")


@check("wrong_signature", "틀린 서명은 거절 · a wrong signature is refused", "Sign exactly the bytes that you send.")
async def _(kit: Kit) -> None:
    body = json.dumps(a_request(kit)).encode()
    headers = kit.headers("POST", kit.requests, body)
    forged = headers | {SIGNATURE_HEADER: "0" * 64}
    told_off(await kit.client.post(kit.requests, content=body, headers=forged), 401, "wrong_signature")
    told_off(await kit.client.post(kit.requests, content=body + b" ", headers=headers), 401, "wrong_signature")


@check("clock_skew", "시계 오차 5분까지 · a clock 10 min off is refused", "Keep your server's clock by NTP.")
async def _(kit: Kit) -> None:
    body = json.dumps(a_request(kit)).encode()
    headers = kit.headers("POST", kit.requests, body, now=time.time() - 600)
    told_off(await kit.client.post(kit.requests, content=body, headers=headers), 401, "clock_skew")


@check("wrong_agency", "다른 기관 이름은 거절 · only for yourself", "Leave agency_id out, or send your own.")
async def _(kit: Kit) -> None:
    told_off(
        await kit.send(kit.requests, a_request(kit, agency_id="not-this-agency")), 403, "wrong_agency", "agency_id"
    )


@check("no_position", "위치는 필수 · a request is for a place", "Send position {lat, lon, accuracy_m, fixed_at}.")
async def _(kit: Kit) -> None:
    told_off(await kit.send(kit.requests, a_request(kit, position=None)), 422, "no_position", "position")
    swapped = {"lat": 36.0, "lon": 37.0}
    told_off(await kit.send(kit.requests, a_request(kit, position=swapped)), 422, "invalid", "position")


@check("alarm_not_help", "경보는 받지 않음 · help only, no alarms", "Send a request when a person asks for help.")
async def _(kit: Kit) -> None:
    alarm = a_request(kit, trigger="help_request", subject={"event": "door_open", "site": "시험"})
    told_off(await kit.send(kit.requests, alarm), 422, "alarm_not_help", "subject.event")


@check("free_text", "전자감독은 정해진 필드만 · no free text", "An anklet's subject has category and device_ref only.")
async def _(kit: Kit) -> None:
    subject = {"category": "robbery", "device_ref": "KIT-1", "note": "x"}
    told_off(
        await kit.send(kit.requests, a_request(kit, trigger="anklet_zone", subject=subject)),
        422,
        "free_text",
        "subject.note",
    )


@check("no_consent", "실종 신고는 동의가 필요 · consent", "Say who agreed and when: consent {by, at}.")
async def _(kit: Kit) -> None:
    subject = {"name": "시험", "age": 7}
    asked = a_request(kit, trigger="missing_child", subject=subject)
    told_off(await kit.send(kit.requests, asked), 422, "no_consent", "subject.consent")


@check("too_old", "하루 지난 요청은 거절 · a request of yesterday", "raised_at is when it was raised, with its offset.")
async def _(kit: Kit) -> None:
    before = (datetime.now(UTC) - timedelta(hours=25)).isoformat()
    told_off(await kit.send(kit.requests, a_request(kit, raised_at=before)), 422, "too_old", "raised_at")
    plain = datetime.now(UTC).replace(tzinfo=None).isoformat()
    told_off(await kit.send(kit.requests, a_request(kit, raised_at=plain)), 422, "invalid", "raised_at")


@check("area", "재난은 구역으로 · a disaster is an area", "Send subject.ring as [[lat, lon], …].")
async def _(kit: Kit) -> None:
    ring = [[PLACE["lat"] + north, PLACE["lon"] + east] for north, east in ((0, 0), (0.01, 0), (0.01, 0.01))]
    subject = {"title": "시험", "category": "Met", "ring": ring}
    shown = await raised(kit, a_request(kit, trigger="disaster", position=None, subject=subject))
    expect(shown["understood"]["position"]["source"] == "area", "the middle of the ring is not its place")


@check("positions", "위치 갱신 · positions while it runs", 'Send {"positions":[…]} to positions_path, signed.')
async def _(kit: Kit) -> None:
    shown = await raised(kit, a_request(kit))
    now = datetime.now(UTC).isoformat()
    places: list[Any] = [{**place_of(kit), "fixed_at": now} for _ in range(5)]
    batch = {"positions": places if isinstance(kit, LineKit) else [*places, "nonsense"]}
    answer = await kit.send(shown["positions_path"], batch)
    expect(answer.status_code in (200, 202), f"answered {answer.status_code} {answer.text[:100]}")
    expect(isinstance(kit, LineKit) or answer.text == '{"stored":5}', f"answered {answer.text[:100]}")
    told_off(
        await kit.send(f"{kit.requests}/{new_id()}/positions", batch), 404, "unknown_request", or_code="no_request"
    )


@check("states", "상태를 물어봄 · states by asking", "GET status_path, signed like the rest (an empty body).")
async def _(kit: Kit) -> None:
    shown = await raised(kit, a_request(kit))
    for _ in range(40):
        answer = await kit.send(shown["status_path"], None, method="GET")
        expect(answer.status_code == 200, f"answered {answer.status_code}")
        if answer.json()["state"] == "accepted":
            break
        await asyncio.sleep(0.1)
    now = answer.json()
    expect([one["state"] for one in now["history"]] == ["received", "accepted"], f"the history was {now['history']}")
    expect(bool(now["ends_at"]), "an accepted request has an end")


@check(
    "live_line", "실시간 회선 · states on the line",
    "One WebSocket per request: at the router with live_token of the 202, at a center at status_path + /live, the "
    "handshake signed like a GET of that path. Each state once, then `ended`.",
)  # fmt: skip
async def _(kit: Kit) -> None:
    shown = await raised(kit, a_request(kit))
    address, headers = live_of(kit, shown)
    states: list[str] = []
    async with asyncio.timeout(12), websockets.connect(address, additional_headers=headers, proxy=None) as line:
        while "accepted" not in states:
            frame = json.loads(await line.recv())
            states += [frame["state"]] if frame["type"] == "request_state" else []
        await kit.send(f"{shown['status_path']}/cancel", {"reason": "시험"})
        while json.loads(await line.recv())["type"] != "ended":
            pass
    expect(states == ["received", "accepted"], f"the line said {states}")


def live_of(kit: Kit, shown: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Where this request's line is, and the headers of its handshake."""
    base = kit.url.replace("http", "ws", 1)
    if not isinstance(kit, LineKit):
        return f"{base}{shown['live_path']}?token={shown['live_token']}", {}
    path = f"{shown['status_path']}/live"
    return base + path, kit.headers("GET", path, b"")


@check(
    "video", "영상과 사진 · video and stills of a request",
    'POST status_path + "/video" or "/stills", signed, with {"viewer": who looks}. An exercise shows no pictures: '
    "403 drill is right here. With a real request, register your network with the center first.",
)  # fmt: skip
async def _(kit: Kit) -> None:
    shown = await raised(kit, a_request(kit))
    for what in ("video", "stills"):
        told_off(await kit.send(f"{shown['status_path']}/{what}", {"viewer": "KIT-1"}), 403, "drill")
        told_off(await kit.send(f"{shown['status_path']}/{what}", {}), 422, "invalid", "viewer")


@check("cancel", "취소 · taking it back", 'POST status_path + "/cancel" with {"reason"}; again is harmless.')
async def _(kit: Kit) -> None:
    asked = a_request(kit)
    shown = await raised(kit, asked)
    for _ in range(2):
        answer = await kit.send(f"{shown['status_path']}/cancel", {"reason": "오인"})
        state = answer.json().get("state")
        expect((answer.status_code, state) == (200, "cancelled"), f"answered {answer.status_code}, state {state}")
    again = await kit.send(kit.requests, asked)
    expect(again.json()["state"] == "cancelled", "a late copy made it run again")


@check("taken_back", "남은 요청이 없음 · nothing is left", "Take back what you need no more: desks wait for it.")
async def _(kit: Kit) -> None:
    for request_id in sorted(kit.raised):
        answer = await kit.send(f"{kit.requests}/{request_id}/cancel", {"reason": "시험"})
        expect(answer.status_code == 200, f"{request_id}: answered {answer.status_code} {answer.text[:100]}")


SANDBOX_ONLY, LINE_ONLY = frozenset({"area"}), frozenset({"video"})
LINE_CHECKS = [one for one in CHECKS_OF_BOTH if one[0] not in SANDBOX_ONLY]
"""What holds at a center's own door."""
REQUEST_CHECKS = [one for one in CHECKS_OF_BOTH if one[0] not in LINE_ONLY]
"""What holds in the router's sandbox."""
