"""Views of an evening, as the phone would give them to its window."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mobile_app.core.messages import Said
from mobile_app.core.pins import Pins
from mobile_app.core.session import Session, Step
from mobile_app.core.talk import Talk
from mobile_app.service.view import View, WalkView, view_of
from mobile_app.settings import Settings
from tests.phone.stage import NOW, NOW_S

PINS = Pins.choose("1234", "9876")
ALERT = "0190d2a0-0000-7000-8000-000000000001"
CENTER = {"code": "41170", "name_ko": "안양시", "name_en": "Anyang-si", "callback": ""}
MINJI: dict[str, Any] = {
    "nickname": "민지",
    "phone": "01012345678",
    "device_token": "token",
    "home": "41170",
    "home_name_ko": "안양시",
    "home_name_en": "Anyang-si",
}


def evening() -> datetime:
    return NOW


def idle(**chosen: Any) -> View:
    """At rest, with a position of twelve seconds ago."""
    settings = Settings(**({"pins": PINS} | MINJI | chosen))
    fixed_at = evening() - timedelta(seconds=12)
    return view_of(Session(), settings, reconnecting=False, fixed_at=fixed_at, delivered_at=None)


def countdown(*, left_s: float = 4.0, **chosen: Any) -> View:
    return replace(
        idle(**chosen), phase="countdown", alert_id=ALERT, trigger="hold", center=CENTER, countdown_s=5.0,
        started_s=NOW_S - (5.0 - left_s),
    )  # fmt: skip


def active(*states: str, talk: Talk | None = None, **chosen: Any) -> View:
    """The alert is out, and these things have become of it."""
    began = evening() - timedelta(seconds=70)
    steps = tuple(
        Step(state, (began + timedelta(seconds=9 * place)).isoformat())
        for place, state in enumerate(("raised", *states))
    )
    return replace(
        idle(**chosen), phase="active", alert_id=ALERT, trigger="hold", center=CENTER, steps=steps,
        talk=talk or Talk(), delivered_at=evening() - timedelta(seconds=3),
    )  # fmt: skip


def closed(**chosen: Any) -> View:
    return replace(active("received", "acknowledged", "dispatched", "closed", **chosen), phase="closed", asks_safe=True)


def walking(rung: str = "calm", *, trouble: str = "", **facts: Any) -> WalkView:
    """Twelve minutes on the way home, eight to go; asked, forty seconds are left."""
    until = evening() + timedelta(seconds=40) if rung in ("prompted", "called", "guardians") else None
    known: dict[str, Any] = {
        "walk_id": "w", "kind": "route", "place_name": "집", "lat": 37.41, "lon": 126.93, "state": "on_track",
        "began_at": evening() - timedelta(minutes=12), "eta_at": evening() + timedelta(minutes=8), "rung": rung,
        "rung_until": until, "trouble": trouble, "is_known": True, "is_heard": True, "guardians": 2,
        "share_with_centers": True, "taxi_note": "서울 12가 3456 흰색 쏘나타",
    }  # fmt: skip
    return WalkView(**known | facts)


def elsewhere(how: str = "runs") -> WalkView:
    """On another phone of hers."""
    return WalkView(kind="route", place_name="집", eta_at=evening() + timedelta(minutes=8), elsewhere=how)


def line(name: str, *, by: str = "person", at_s: float = 0, **facts: Any) -> Said:
    return Said(said_id=name, alert_id=ALERT, at=evening() - timedelta(seconds=60 - at_s), by=by, **facts)


def talking() -> Talk:
    """She has written, one line has been answered, one is on its way, and a question is open."""
    return Talk(
        (
            line("1", by="operator", kind="phrase", code="we_are_here"),
            line("2", kind="quick", code="being_followed", at_s=12),
            line(
                "3", by="operator", kind="text", text="네, 보고 있습니다. 경찰이 3분 안에 도착합니다.", ref="2", at_s=20
            ),
            line("4", kind="text", text="편의점 안으로 들어왔어요", at_s=31),
            line("5", kind="quick", code="come_quietly", at_s=40),
            line("6", by="operator", kind="quick", code="is_attacker_near", at_s=44),
        ),
        ("5",),
    )
