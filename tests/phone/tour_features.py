"""Stops of the tour: practice, readiness, settings with their pages, the profile and the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.phone import views
from tests.phone.tour_walks import walk_stops

SETTINGS = ("countdown", "profiles", "shake", "capture", "covert", "call", "pins", "look", "advanced")
CENTER = {"name_ko": "안양시", "name_en": "Anyang-si"}
WORKS = {"state": "works", "hops": {"phone": 0.002, "router": 0.21, "center": 0.88}, "center": CENTER}
PLACE = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 25.0, "heading_deg": 60.0}
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

    return [
        *walk_stops(stage, **look),
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
