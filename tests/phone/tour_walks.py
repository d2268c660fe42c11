"""Stops of the tour: a walk before, on the way and asked; places, the ledger, a guardian's sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mobile_app.settings import SavedPlace
from tests.phone import views
from tests.phone.tour_care import care_stops

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
         "guardians": [{"name": "엄마", "opened_at": "2026-11-19T14:41:20Z", "seen_at": "2026-11-19T14:50:00Z"},
                       {"name": "언니", "opened_at": None, "seen_at": None}]},
        {"started_at": "2026-11-02T10:00:00Z", "complete": True, "disclosures": [], "guardians": []},
    ],
    "walks": [{"walk_id": "1", "started_at": "2026-11-21T13:40:00Z", "disclosures": [
        {"kind_ko": "안심귀가 위치", "kind_en": "place of a walk", "who_ko": "엄마", "who_en": "엄마",
         "legal_basis_ko": "동의", "legal_basis_en": "consent", "from": "2026-11-21T13:45:00Z",
         "to": "2026-11-21T13:50:00Z", "times": 1}]}],
}  # fmt: skip


def walk_stops(stage: Any, **look: Any) -> list[tuple[str, Callable[[], None]]]:
    stage.phone.answers |= {
        "walk_history": HISTORY,
        "disclosures": LEDGER,
        "end_walk": "pin_needed",
        "walk_disclosures": {"disclosures": [SEEN]},
    }

    def go(name: str, **more: Any) -> Callable[[], None]:
        return lambda: (stage.show(views.idle(**more, **look)), stage.app.go(name), stage.frames(4))[-1]

    def walking(rung: str = "calm", screen: str = "walking", **facts: Any) -> Callable[[], None]:
        def there() -> None:
            stage.show(views.idle(**look))
            stage.change(walk=views.walking(rung, **facts))
            stage.app.go(screen)

        return there

    def elsewhere(how: str) -> Callable[[], None]:
        return lambda: (go("walk")(), stage.change(walk=views.elsewhere(how)))[-1]

    def chosen() -> None:
        go("walk")()
        stage.screen._take_goal(SavedPlace("집", 37.41, 126.93))

    def picked() -> None:
        stage.screen.open_map()
        stage.frames(2)
        stage.app.shell.sheet.ids.map.goal = [37.4035, 126.9247]

    return [
        ("walk", go("walk")),
        ("walk_elsewhere", elsewhere("runs")),
        ("walk_elsewhere_raised", elsewhere("raised")),
        ("walk_chosen", chosen),
        ("walk_timer", lambda: setattr(stage.screen, "kind", "timer")),
        ("walk_map", picked),
        ("home_walking", lambda: (stage.app.shell.close_sheet(), walking(screen="home")())[-1]),
        ("home_asked", lambda: (walking("prompted")(), stage.app.go("home"))[-1]),
        ("walking", walking()),
        ("walking_alone", walking(is_heard=False, share_with_centers=False, taxi_note="", guardians=0)),
        ("walking_pin", lambda: stage.screen.cancel()),
        ("walking_asked", walking("prompted", trouble="stopped")),
        ("walking_guardians", walking("guardians", trouble="overdue")),
        ("walks", go("walks", places=PLACES)),
        ("walks_seen", lambda: stage.screen._open_walk(HISTORY[0])),
        ("ledger", lambda: (stage.app.shell.close_sheet(), go("ledger")())[-1]),
        *care_stops(stage, **look),
    ]
