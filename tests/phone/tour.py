"""Every screen at one size: pictures for whoever wants to look (PHONE_PICTURES), and what is wrong with them as JSON.

    python -m tests.phone.tour --width 1080 --height 2400 --density 2.625 --language ko,en --scale 2.0

Wrong is: a thing to touch that is smaller than 48 dp or sticks out of the window, words that are cut off, words wider
than the widget that holds them, a column that has more in it than it is high, a short text that hangs below.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.phone import stage as stages
from tests.phone import views

LEAST_DP = 48.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=412)
    parser.add_argument("--height", type=int, default=915)
    parser.add_argument("--density", type=float, default=1.0)
    parser.add_argument("--language", default="ko", help="ko, en or ko,en: the same window switches")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--look", default="light")
    parser.add_argument("--strong", action="store_true")
    parser.add_argument("--only", default="")
    return parser.parse_args()


def prepare(chosen: argparse.Namespace) -> None:
    stages.set_environment(density=chosen.density)
    from kivy.config import Config

    from mobile_app.ui.fonts import register

    Config.set("graphics", "width", str(chosen.width))
    Config.set("graphics", "height", str(chosen.height))
    Config.set("graphics", "maxfps", "0")
    Config.set("graphics", "multisamples", "4")
    register()


Stops = list[tuple[str, Callable[[], None]]]
"""Name of each stop, and what brings the window there."""


def calm_stops(stage: Any, **look: Any) -> Stops:
    def go(name: str) -> Callable[[], None]:
        return lambda: (stage.show(views.idle(**look)), stage.app.go(name), stage.frames(4))[-1]

    def sign_up(step: str) -> Callable[[], None]:
        def there() -> None:
            go("sign_up")()
            stage.screen.step = step

        return there

    return [
        ("home_new", lambda: stage.show(views.idle(**look | {"nickname": "", "device_token": "", "home_name_ko": ""}))),
        ("home", lambda: stage.show(views.idle(**look))),
        ("home_drill", lambda: stage.show(replace(views.idle(**look), is_drill_chosen=True))),
        *((f"sign_up_{step}", sign_up(step)) for step in ("who", "pins", "code")),
        *((name, go(name)) for name in ("guardians", "settings", "fake_call", "safe_hold")),
        ("safe_held", lambda: stage.change(safe_since_s=1.0)),
    ]


def alert_stops(stage: Any, **look: Any) -> Stops:
    def pin() -> None:
        stage.show(views.countdown(**look))
        stage.screen.ask_pin()
        for digit in "12":
            stage.tap(stage.button(digit))

    def sending() -> None:
        stage.show(replace(views.active(**look), center=None, is_reconnecting=True))
        stage.screen.close_top()

    def loud() -> None:
        stage.show(replace(views.active("received", **look), is_noisy=True, dial="112", asks_safe=True))

    def talk() -> None:
        stage.show(views.active("received", "acknowledged", talk=views.talking(), **look))

    def steps() -> None:
        stage.show(views.active("received", "acknowledged", "dispatched", **look))
        stage.screen.show_steps()

    return [
        ("countdown", lambda: stage.show(views.countdown(**look))),
        ("countdown_pin", pin),
        ("countdown_back", lambda: stage.screen.close_top()),
        ("active_sending", sending),
        ("active_loud", loud),
        ("active_talk", talk),
        ("active_drill", lambda: stage.show(replace(views.active("received", **look), is_drill=True))),
        ("active_steps", steps),
        ("active_languages", lambda: stage.screen.choose_language()),
        ("after", lambda: stage.show(views.closed(**look))),
    ]


def disguised_stops(stage: Any, **look: Any) -> Stops:
    def ringing() -> None:
        stage.show(views.idle(**look))
        stage.app.go("fake_call")
        stage.screen.caller, stage.screen.line = "엄마", "휴대전화 010-2345-6789"
        stage.screen._ring()

    def covert() -> None:
        stage.screen.end()
        stage.show(views.idle(**look | {"is_covert": True}))

    return [
        ("fake_ringing", ringing),
        ("fake_talking", lambda: stage.screen.answer()),
        ("covert", covert),
        ("covert_pin", lambda: stage.screen.unlock()),
    ]


def walk(stage: Any, **look: Any) -> Stops:
    from tests.phone.tour_features import feature_stops

    calm = [*calm_stops(stage, **look), *feature_stops(stage, **look)]
    return [*calm, *alert_stops(stage, **look), *disguised_stops(stage, **look)]


def faults(stage: Any, name: str) -> list[str]:
    """What a person with large or unsteady fingers, or large letters, would complain about."""
    from kivy.metrics import dp
    from kivy.uix.behaviors import ButtonBehavior
    from kivy.uix.boxlayout import BoxLayout
    from kivy.uix.label import Label
    from kivy.uix.textinput import TextInput

    from mobile_app.ui.widgets.buttons import Taps
    from mobile_app.ui.widgets.cards import Scroll
    from mobile_app.ui.widgets.chat import TapPad
    from mobile_app.ui.widgets.hold_button import HoldButton

    found, shell = [], stage.app.shell
    for widget in stage.seen():
        said = f"{name}: {type(widget).__name__} {getattr(widget, 'text', '')!r}"
        if isinstance(widget, (ButtonBehavior, TextInput, TapPad, Taps, HoldButton)) and not widget.disabled:
            if min(widget.size) < dp(LEAST_DP) - 0.5:
                found.append(f"{said} is {widget.width / dp(1):.0f} x {widget.height / dp(1):.0f} dp")
            left, right = widget.to_window(widget.x, 0)[0], widget.to_window(widget.right, 0)[0]
            if (left < -1 or right > shell.width + 1) and not _scrolls_sideways(widget):
                found.append(f"{said} sticks out: {left:.0f} to {right:.0f} of {shell.width}")
        if isinstance(widget, HoldButton) and widget.ids.word.texture_size[0] > 2 * (widget.radius - dp(18)):
            found.append(f"{said} is wider than its disc")
        if isinstance(widget, TextInput) and not widget.text and _words_wide(widget) > widget.width - dp(28):
            found.append(f"{said} has a hint that is cut off: {widget.hint_text!r}")
        is_column = isinstance(widget, BoxLayout) and widget.orientation == "vertical" and widget.children
        if is_column and widget.minimum_height > widget.height + dp(2):
            found.append(f"{said} holds {widget.minimum_height:.0f} and is {widget.height:.0f} high")
        if isinstance(widget, Scroll) and widget.viewport_size[1] <= widget.height and widget.scroll_y != 1:
            found.append(f"{said} lets a short text hang below")
        if isinstance(widget, Label) and widget.text and widget.texture_size[1] > widget.height + dp(2):
            found.append(f"{said} is cut off: {widget.texture_size[1]:.0f} high in {widget.height:.0f}")
        if isinstance(widget, Label) and widget.text and widget.texture_size[0] > widget.width + dp(2):
            found.append(f"{said} is cut off: {widget.texture_size[0]:.0f} wide in {widget.width:.0f}")
    return found


def _words_wide(field: Any) -> float:
    from kivy.core.text import Label as Words

    wide, _ = Words(font_size=field.font_size, font_name=field.font_name).get_extents(field.hint_text)
    return float(wide)


def _scrolls_sideways(widget: Any) -> bool:
    from kivy.uix.scrollview import ScrollView

    parent = widget.parent
    while parent is not None and parent is not parent.parent:
        if isinstance(parent, ScrollView) and parent.do_scroll_x:
            return True
        parent = parent.parent
    return False


def main() -> int:
    chosen = arguments()
    prepare(chosen)
    look = {"text_scale": chosen.scale, "look": chosen.look, "is_high_contrast": chosen.strong}
    stage = stages.Stage(width=chosen.width, height=chosen.height)
    stage.phone.answers["guardians"] = [
        {"name": "엄마", "phone_last4": "4321", "accepted_at": "2026-11-01", "guardian_id": "g1"},
        {"name": "김서연 언니", "phone_last4": "0987", "accepted_at": None, "guardian_id": "g2"},
        {"name": "박지훈", "phone_last4": "7788", "accepted_at": "2026-11-03", "is_paused": True, "guardian_id": "g3"},
    ]
    wrong: list[str] = []
    for language in chosen.language.split(","):
        mark = f"{chosen.width}_{language}_{chosen.scale:g}_{chosen.look}{'_strong' if chosen.strong else ''}"
        for name, go in walk(stage, language=language, **look):
            go()
            stage.frames(3)
            if os.environ.get("PHONE_PICTURES") and chosen.only in name:
                stage.picture(f"{mark}_{name}")
            wrong += faults(stage, f"{language} {name}")
    stage.close()
    print(json.dumps({"wrong": wrong}, ensure_ascii=False))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    try:
        sys.exit(main())
    except Exception:
        traceback.print_exc(file=sys.__stderr__)  # Kivy has taken the other one for its log
        sys.exit(2)
