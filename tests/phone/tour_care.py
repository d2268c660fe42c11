"""Stops of the tour: a guardian's question, one guardian, a guest, the people she watches over, scouts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from mobile_app.core.care import Question
from mobile_app.settings import SavedPlace, Watched
from tests.phone import views

MUM: dict[str, Any] = {
    "name": "엄마", "phone_last4": "4321", "accepted_at": "2026-11-01T09:00:00Z", "guardian_id": "g1",
    "designated_at": "2026-11-01T08:00:00Z", "shares_on_silence": True,
}  # fmt: skip
NOTICES = {
    "notices": [
        {"guardian_id": "g1", "event": "walk_begun", "at": "2026-11-22T12:50:00Z",
         "acknowledged_at": "2026-11-22T12:51:00Z"},
        {"guardian_id": "g1", "event": "sos_active", "at": "2026-11-19T14:40:00Z", "texted_at": "2026-11-19T14:40:20Z"},
        {"guardian_id": "g2", "event": "walk_begun", "at": "2026-11-22T12:50:00Z"},
    ]
}  # fmt: skip
WATCHED = (Watched("민지", "code-1"), Watched("할머니", "code-2"))
CENTER = {"code": "41170", "name_ko": "안양시", "name_en": "Anyang-si", "callback": "0312220000"}
OFFER = {
    "center": CENTER, "why": "", "lead_min": 30,
    "slots": [{"at": f"2026-11-22T{at}:00Z", "left": left} for at, left in (("13:30", 1), ("14:00", 3))],
    "hubs": [{"hub_id": "h1", "name_ko": "안양역 2번 출구", "name_en": "Anyang station", "lat": 37.4, "lon": 126.9}],
}  # fmt: skip
WAY = {
    "engine": "osrm", "suggested": 0, "alternatives": [
        {"line": [[37.4015, 126.9227], [37.4021, 126.9240], [37.4046, 126.9246], [37.4060, 126.9281]],
         "distance_m": 840, "duration_s": 660, "passes": {"police_box": 1, "light": 7}, "lit_m": 500}],
    "why": {"code": "past_more", "ko": "안전시설을 더 많이 지나는 길입니다.", "en": "It passes more safe places."},
    "note": {"ko": "안전을 보장하지는 않습니다.", "en": "It promises no safety."},
}  # fmt: skip
FACILITIES = {"facilities": [
    {"kind": kind, "lat": 37.4015 + 0.0006 * no, "lon": 126.9232 + 0.0007 * no, "name": "x"}
    for no, kind in enumerate(("police_box", "emergency_bell", "light", "safe_store", "camera_sign", "shelter", "x"))
]}  # fmt: skip
WALKING = {"state": "accompanying", "code": None, "allowed": ["reach_home"]}
SEEN_AT = {"lat": 37.4, "lon": 126.92, "fixed_at": "2026-11-22T13:01:00Z"}
QR = {"size": 21, "path": "".join(f"M{x} {y}h{1 + (x * y) % 3}v1h-{1 + (x * y) % 3}z"
                                  for y in range(21) for x in range(y % 2, 18, 4))}  # fmt: skip
BOOKED = {
    "booking_id": "b1", "state": "waiting", "at": "2026-11-22T13:30:00Z", "center": CENTER,
    "meet": {"lat": 37.4015, "lon": 126.9227, "text": "안양역 2번 출구"}, "destination": "경수대로 12", "note": "",
    "pair": {"name": "3조", "position": {"lat": 37.4021, "lon": 126.9235, "fixed_at": "2026-11-22T13:02:00Z"}},
    "code": {"text": "482913", "until": "2026-11-22T13:03:00Z", "qr": QR}, "their_code_read": False,
    "her_code_read": False, "wrong_codes": 1, "is_locked": False, "no_show_at": "2026-11-22T13:40:00Z",
    "pair_is_late": False, "reason": "", "allowed": ["cancel", "read_code"],
    "shown": [{"to": "operator", "at": "2026-11-22T12:40:00Z"}, {"to": "pair", "at": "2026-11-22T12:45:00Z"}],
}  # fmt: skip


PROTECTED = {
    "text_version": "2026-1", "warnings": [], "wants_place": False, "protections": [
        {"protection_id": "p1", "registered_at": "2026-11-01T09:00:00Z", "tested_at": "2026-11-02T09:00:00Z"},
        {"protection_id": "p2", "registered_at": "2026-11-20T09:00:00Z", "tested_at": None}],
}  # fmt: skip
PLACES: dict[str, Any] = {"most": 5, "places": [
    {"code": "41170", "name_ko": "안양시", "name_en": "Anyang-si"},
    {"code": "41410", "name_ko": "군포시", "name_en": "Gunpo-si"},
    {"code": "11680", "name_ko": "서울 강남구", "name_en": "Gangnam-gu, Seoul"}]}  # fmt: skip
RAINING = {
    "warning_id": "w1", "thread_id": "w1", "severity": "Severe", "is_over": False, "expires_at": "2026-11-22T15:00:00Z",
    "parts": [{"severity": "Severe", "texts": {
        "ko": {"headline": "호우경보", "areas": "안양천", "instruction": "높은 곳으로 가십시오."},
        "en": {"headline": "Heavy rain warning", "areas": "Anyangcheon", "instruction": "Go to higher ground."}}}],
}  # fmt: skip
WARNED = {"is_agreed": True, "places": PLACES["places"][:2], "warnings": [RAINING], "text_version": "2026-1"}
AGREED = {"texts": {"warnings": {
    "ko": "고른 시·군·구에 재난 경보가 나면 알리는 데 동의합니다. 위치는 어디에도 보내지 않습니다.",
    "en": "I agree to be told of disaster warnings in the municipalities I choose. My place is sent nowhere.",
}, "protection": {
    "ko": "코드와 가까운 위치를 홈 센터가 대조하는 데 동의합니다. 경보가 끝나면 위치는 곧바로 지웁니다.",
    "en": "I agree that my home center compares the code with my place. It is deleted when the warning ends.",
}}}  # fmt: skip


def question(**facts: Any) -> Question:
    ends = {"expires_at": views.evening() + timedelta(minutes=4), "shown_until": None}
    known = {"question_id": "q1", "guardian_id": "g1", "name": "엄마", "state": "asked", "shares": True}
    return Question(**known | ends | facts)


def _what_others_say(answers: dict[str, Any]) -> None:
    answers["notices"] = NOTICES
    answers["watched"] = {"person_nickname": "민지", "accepted_at": "2026-11-02T10:00:00Z", "guest_until": None}


def _protection_stops(
    stage: Any, home: Callable[[], None], there: Callable[[], None]
) -> list[tuple[str, Callable[[], None]]]:
    def protected() -> None:
        stage.phone.answers |= {"protection": PROTECTED, "consents": AGREED}
        home()  # or it is the one that stands there already
        there()

    return [
        ("protection_none", there),
        ("protection", protected),
        ("protection_end", lambda: stage.screen.ask_to_end("p1")),
    ]


def _disaster_stops(
    stage: Any, home: Callable[[], None], there: Callable[[], None]
) -> list[tuple[str, Callable[[], None]]]:
    def warned(**said: Any) -> None:
        stage.phone.answers |= {"warnings": WARNED | said, "warning_places": PLACES, "consents": AGREED}
        home()
        there()

    def choosing() -> None:
        warned(is_agreed=False, places=[], warnings=[])
        stage.screen.ids.where.text = "시"

    return [
        ("disasters", warned),
        ("disasters_choosing", choosing),
        ("disasters_end", lambda: stage.screen.ask_to_end()),
    ]


def care_stops(stage: Any, **look: Any) -> list[tuple[str, Callable[[], None]]]:
    answers = stage.phone.answers

    def go(name: str, **more: Any) -> Callable[[], None]:
        return lambda: (stage.show(views.idle(**more, **look)), stage.app.go(name), stage.frames(4))[-1]

    def asked(screen: str = "care", **facts: Any) -> None:
        go("home")()
        stage.change(questions=(question(**facts),))
        stage.app.go(screen)

    def invited() -> None:
        go("guardians")()
        stage.screen._added("01012345678", {"invitation": "QK7M-2P9D"})
        stage.screen.is_guest = True

    def guardian(**facts: Any) -> None:
        go("guardians")()
        stage.screen.open(MUM | facts)

    def watched(state: str, **facts: Any) -> None:
        go("watch", watched=WATCHED)()
        stage.screen._open(WATCHED[0])
        stage.frames(2)
        stage.screen._heard({"question_id": "q", "state": state, "expires_at": "2026-11-22T13:07:00Z"} | facts)

    def scouts(*bookings: Any) -> None:
        answers["scouts"] = {"bookings": list(bookings)}
        answers["scouts_offered"] = OFFER
        go("home")()
        stage.app.go("scouts")
        stage.frames(4)

    def way() -> None:
        answers["routes"], answers["facilities"] = WAY, FACILITIES
        go("walk")()
        stage.screen.kind, stage.screen.here = "route", [37.4015, 126.9227]
        stage.screen._take_goal(SavedPlace("집", 37.4060, 126.9281))

    _what_others_say(answers)
    return [
        ("way", way),
        ("way_pick", lambda: (go("walk")(), stage.screen.open_map())[-1]),
        ("care", asked),
        ("care_home", partial(asked, "home")),
        ("care_shown", partial(asked, state="silent", shown_until=views.evening() + timedelta(minutes=20))),
        ("guardians_invited", invited),
        ("guardian_one", guardian),
        ("guardian_paused", partial(guardian, is_paused=True, accepted_at=None, shares_on_silence=False)),
        ("watch", go("watch", watched=WATCHED)),
        *_protection_stops(stage, go("home"), go("protection")),
        *_disaster_stops(stage, go("home"), go("disasters")),
        ("watch_asked", partial(watched, "asked")),
        ("watch_silent", partial(watched, "silent", shown_until="2026-11-22T13:40:00Z")),
        ("watch_place", lambda: stage.screen._show_place(SEEN_AT)),
        ("scouts", scouts),
        ("scouts_booked", partial(scouts, BOOKED)),
        ("scouts_walking", partial(scouts, BOOKED | WALKING)),
        ("scouts_done", lambda: stage.app.go("home")),
    ]  # fmt: skip
