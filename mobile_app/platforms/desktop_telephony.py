"""What a desktop has instead of a mobile network: a text message is posted to a gateway's address or shown on the
panel, the dialler and notifications are shown there too."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field

from mobile_app.ports import MISSING, NEUTRAL, OK, ONGOING, UNKNOWN, Check

SHOWN = 5
POST_TIMEOUT_S = 8.0
KEY_VARIABLE = "ANSIM_PHONE_SMS_KEY"


class TwinSms:
    """`url`: a gateway that takes `{"from", "to", "text"}` (the router's `/v1/sms` does, with the key of a registered
    gateway in ANSIM_PHONE_SMS_KEY). Without one every message is only shown."""

    def __init__(self, url: str = "", number: str = "") -> None:
        self.url, self.number = url, number
        self.has_signal = True
        self.sent: deque[tuple[str, str]] = deque(maxlen=SHOWN)

    def send(self, *, to: str, text: str) -> bool:
        if not self.has_signal or not to:
            return False
        if self.url and not self._post({"from": self.number, "to": to, "text": text}):
            return False
        self.sent.append((to, text))
        return True

    def _post(self, message: dict[str, str]) -> bool:
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY_VARIABLE):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self.url, json.dumps(message).encode(), headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=POST_TIMEOUT_S) as answer:
                return 200 <= int(answer.status) < 300
        except (OSError, urllib.error.URLError, ValueError):
            return False


@dataclass
class ShownDialer:
    dialled: str = ""

    def dial(self, number: str) -> bool:
        self.dialled = number
        return True


@dataclass
class ShownNotifier:
    """`shown`: kind → (title, text); of the service's own kinds only one at a time."""

    shown: dict[str, tuple[str, str]] = field(default_factory=dict)

    def show(self, kind: str, title: str, text: str, *, is_urgent: bool = False) -> bool:
        if kind in ONGOING:
            self.shown = {other: words for other, words in self.shown.items() if other not in ONGOING}
        self.shown = self.shown | {kind: (title, text)}
        return True

    def clear(self, kind: str) -> None:
        self.shown = {other: words for other, words in self.shown.items() if other != kind}
        if kind in ONGOING:
            self.shown = self.shown | {NEUTRAL: ("", "")}


@dataclass
class SetReadiness:
    """Everything is there until the panel takes it away; a fix gives it back."""

    states: dict[str, str] = field(
        default_factory=lambda: {
            "location": OK,
            "location_precise": OK,
            "location_on": OK,
            "notifications": OK,
            "battery_optimiser": OK,
            "sms": OK,
            "microphone": OK,
            "camera": OK,
            "accelerometer": OK,
            "clock": OK,
            "data": OK,
            "push": UNKNOWN,
        }  # fmt: skip
    )

    def checks(self) -> list[Check]:
        return [Check(name, state, is_fixable=state == MISSING) for name, state in self.states.items()]

    def fix(self, name: str) -> bool:
        if self.states.get(name) != MISSING:
            return False
        self.states[name] = OK
        return True


@dataclass
class PressedKey:
    """The hardware key that the panel presses."""

    listeners: list[object] = field(default_factory=list)

    def listen(self, pressed: object) -> bool:
        self.listeners.append(pressed)
        return True

    def press(self) -> None:
        for pressed in self.listeners:
            if callable(pressed):
                pressed()
