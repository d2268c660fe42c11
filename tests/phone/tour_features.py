"""Stops of the tour: practice, readiness, settings with their pages, the profile and the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mobile_app.settings import SavedPlace
from tests.phone import views

SETTINGS = ("countdown", "profiles", "shake", "capture", "covert", "call", "pins", "look", "advanced")
CENTER = {"name_ko": "안양시", "name_en": "Anyang-si"}
WORKS = {"state": "works", "hops": {"phone": 0.002, "router": 0.21, "center": 0.88}, "center": CENTER}
PLACE = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 25.0, "heading_deg": 60.0}
PLACES = (SavedPlace("학교", 37.39, 126.95), SavedPlace("할머니 댁", 37.42, 126.91))
HISTORY = [
    {"walk_id": "1", "kind": "route", "place_name": "집", "begun_at": "2026-11-21T13:40:00Z",
     "ended_at": "2026-11-21T13:58:00Z", "outcome": "arrived"},
    {"walk_id": "2", "kind": "timer", "place_name": "", "begun_at": "2026-11-19T14:05:00Z",
     "ended_at": "2026-11-19T14:40:00Z", "outcome": "raised"},
]  # fmt: skip
SEEN = {
    "kind_ko": "실시간 영상", "kind_en": "live picture", "camera": "안양역 2번 출구", "who_ko": "관제요원 2명",
    "who_en": "two operators", "center_ko": "안양시", "center_en": "Anyang-si", "legal_basis_ko": "생명·신체 보호",
    "legal_basis_en": "protection of life and limb", "from": "2026-11-19T14:41:00Z", "to": "2026-11-19T14:52:00Z",
    "times": 3,
}  # fmt: skip
LEDGER = {
    "alerts": [
        {"started_at": "2026-11-19T14:40:00Z", "complete": False, "disclosures": [SEEN],
         "guardians": [{"name": "엄마", "opened_at": "2026-11-19T14:41:20Z"}]},
        {"started_at": "2026-11-02T10:00:00Z", "complete": True, "disclosures": [], "guardians": []},
    ]
}  # fmt: skip
TRAIL = [[37.4005, 126.921], [37.4011, 126.9219], [37.4015, 126.9227]]


def feature_stops(stage: Any, **look: Any) -> list[tuple[str, Callable[[], None]]]:
    from mobile_app.ports import MISSING, Check
    from tests.phone.test_practice import REACHED, READY, measured

    checks = [*READY, Check("battery_optimiser", MISSING, True), Check("camera", MISSING, True, True)]
    stage.phone.answers |= {
        "readiness": checks, "reach": REACHED, "meter": measured(21.0, 4.4, "go_on", _2=1),
        "where": {"place": PLACE, "trail": TRAIL},
    }  # fmt: skip

    def go(name: str) -> Callable[[], None]:
        return lambda: (stage.show(views.idle(**look)), stage.app.go(name), stage.frames(4))[-1]

    def settings(page: str) -> Callable[[], None]:
        return lambda: (go("settings")(), stage.screen.open(page))[-1]

    def rehearsal(*steps: str) -> Callable[[], None]:
        return lambda: (go("practice")(), [stage.screen._to(step) for step in steps])[0]

    def tested() -> None:
        go("practice")()
        stage.screen._show_trial(WORKS)

    def sent_from_here() -> None:
        stage.show(views.active("received", **look))

    def walk(rung: str = "calm", **facts: Any) -> Callable[[], None]:
        def there() -> None:
            stage.show(views.idle(**look))
            stage.change(walk=views.walking(rung, **facts))
            stage.app.go("walking")

        return there

    def guardian() -> None:
        go("guardians")()
        stage.screen.open(stage.phone.answers["guardians"][0])

    def chosen() -> None:
        go("walk")()
        stage.screen._take_goal(SavedPlace("집", 37.41, 126.93))

    def picked() -> None:
        go("walk")()
        stage.screen.open_map()
        stage.frames(2)
        stage.app.shell.sheet.ids.map.goal = [37.4035, 126.9247]

    stage.phone.answers |= {"walk_history": HISTORY, "disclosures": LEDGER, "end_walk": "pin_needed"}
    return [
        ("walk", go("walk")),
        ("walk_chosen", chosen),
        ("walk_timer", lambda: setattr(stage.screen, "kind", "timer")),
        ("walk_map", picked),
        (
            "home_walking",
            lambda: (stage.app.shell.close_sheet(), stage.change(walk=views.walking()), stage.app.go("home"))[0],
        ),
        ("walking", walk()),
        ("walking_alone", walk(is_heard=False, share_with_centers=False, taxi_note="", guardians=0)),
        ("walking_pin", lambda: stage.screen.cancel()),
        ("walking_asked", walk("prompted", trouble="stopped")),
        ("walking_guardians", walk("guardians", trouble="overdue")),
        ("walks", lambda: (stage.show(views.idle(places=PLACES, **look)), stage.app.go("walks"))[0]),
        ("ledger", go("ledger")),
        ("guardian", guardian),
        ("profile", go("profile")),
        ("readiness", go("readiness")),
        ("practice", go("practice")),
        ("practice_tested", tested),
        ("rehearse_hold", rehearsal("hold")),
        ("rehearse_count", rehearsal("hold", "count")),
        ("rehearse_done", rehearsal("hold", "cancelled")),
        *((f"settings_{page}", settings(page)) for page in SETTINGS),
        ("active_place", sent_from_here),
        ("active_map", lambda: stage.screen.ids.place.dispatch("on_release")),
    ]
