"""What holds the screens: made when they are first needed, one at a time, with a notice and a sheet over them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from kivy.factory import Factory
from kivy.lang import Builder
from kivy.metrics import dp
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.screenmanager import NoTransition, ScreenManager
from kivy.uix.widget import Widget

from mobile_app.ui.widgets import (
    buttons,
    cards,
    chat,
    field,
    gauges,
    hold_button,
    icons,
    keypad,
    overlay,
    pick_map,
    place_card,
    qr_code,
    spot_map,
    step_list,
    tile_map,
)

_UI = Path(__file__).parent
_WIDGETS = (buttons, cards, chat, field, gauges, hold_button, icons, keypad, overlay, pick_map, place_card, qr_code,
            spot_map, step_list, tile_map)  # fmt: skip
"""The .kv files name their classes."""
SCREENS = {
    "home": "HomeScreen", "countdown": "CountdownScreen", "active": "ActiveScreen", "after": "AfterScreen",
    "covert": "CovertScreen", "fake_call": "FakeCallScreen",
    "safe_hold": "SafeHoldScreen", "sign_up": "SignUpScreen",
    "guardians": "GuardiansScreen", "settings": "SettingsScreen",
    "walk": "WalkScreen", "walking": "WalkingScreen", "walks": "WalksScreen", "ledger": "LedgerScreen",
    "care": "CareScreen", "guardian": "GuardianScreen", "watch": "WatchScreen", "scouts": "ScoutsScreen",
    "protection": "ProtectionScreen", "disasters": "DisastersScreen",
    "practice": "PracticeScreen", "readiness": "ReadinessScreen", "profile": "ProfileScreen",
}  # fmt: skip
"""Screen `x` is this class of `screens/x.py`, with its looks in `screens/x.kv`."""
ALERT_SCREENS = frozenset(("countdown", "active", "after"))
_loaded: set[str] = set()


def load_kv(path: Path) -> None:
    """Once: kv rules are global, loading twice would apply them twice."""
    if str(path) not in _loaded:
        _loaded.add(str(path))
        Builder.load_file(str(path))


def screen_for(phase: str, current: str, resting: str) -> str:
    """Where the window belongs. An alert takes it over; after it the window goes back to where it rests."""
    if phase in ("countdown", "active"):
        return phase
    if phase == "closed":
        return "after"
    if current in (*ALERT_SCREENS, "", "home", "covert"):
        return resting
    return current


class Screens(ScreenManager):
    def __init__(self) -> None:
        super().__init__(transition=NoTransition())

    def show(self, name: str) -> None:
        if not self.has_screen(name):
            load_kv(_UI / "screens" / f"{name}.kv")
            module = import_module(f"mobile_app.ui.screens.{name}")
            self.add_widget(getattr(module, SCREENS[name])(name=name))
        self.current = name

    def renew(self) -> None:
        """After a change of colours or letters every screen is made anew, except one that is busy."""
        name = self.current
        for screen in self.screens[:]:
            if not getattr(screen, "is_busy", False):
                self.remove_widget(screen)
        self.show(name)


class Shell(FloatLayout):
    """`screens` inside of the safe area, the notice above the bottom, at most one sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.area = overlay.SafeArea()
        self.screens = Screens()
        self.area.add_widget(self.screens)
        self.add_widget(self.area)
        self.notice = overlay.Notice()
        self.add_widget(self.notice)
        self.sheet: overlay.Sheet | None = None
        self.bind(size=self._place, pos=self._place)
        self.notice.bind(height=self._place)

    def open_sheet(self, title: str, rows: Sequence[Widget]) -> None:
        self.close_sheet()
        self.sheet = overlay.Sheet(title, rows, self.close_sheet)
        self.add_widget(self.sheet)

    def close_sheet(self) -> bool:
        """Whether there was one."""
        sheet, self.sheet = self.sheet, None
        if sheet is not None:
            self.remove_widget(sheet)
        return sheet is not None

    def _place(self, *_: object) -> None:
        self.notice.width = self.width - dp(32)
        self.notice.x = self.x + dp(16)
        self.notice.y = self.y + dp(96) + dp(self.area.bottom_dp)


def load_widgets() -> None:
    for module in _WIDGETS:
        for name, thing in vars(module).items():
            is_ours = isinstance(thing, type) and issubclass(thing, Widget) and thing.__module__ == module.__name__
            if is_ours and name not in Factory.classes:
                Factory.register(name, cls=thing)
    for name in (
        "widgets/base.kv",
        "widgets/chat.kv",
        "widgets/gauges.kv",
        "widgets/place_card.kv",
        "widgets/pick_map.kv",
        "panel.kv",
    ):
        load_kv(_UI / name)
