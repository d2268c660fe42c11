"""Colours, spaces and sizes of the window, as plain values. Pure: no Kivy. `look.py` makes them follow the settings.

Names say what a colour is for, never which it is. A *fill* lies under words of its `over_` colour; an *ink* is for
words and signs on `ground` or `card`; a *soft* lies under its own ink. `PAIRS` lists what stands on what and the
contrast it needs, and a test computes it for every palette. No meaning is carried by colour alone: each state also has
a sign.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

Colour = tuple[float, float, float, float]


def rgb(code: str) -> Colour:
    """`f2f4f7`, opaque."""
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return (red, green, blue, 1.0)


@dataclass(frozen=True)
class Palette:
    ground: Colour
    card: Colour
    ink: Colour
    quiet: Colour
    line: Colour
    edge: Colour
    primary: Colour
    over_primary: Colour
    primary_ink: Colour
    primary_soft: Colour
    danger: Colour
    over_danger: Colour
    danger_ink: Colour
    danger_soft: Colour
    good: Colour
    over_good: Colour
    good_ink: Colour
    good_soft: Colour
    warn_ink: Colour
    warn_soft: Colour
    alarm: Colour
    over_alarm: Colour
    alarm_edge: Colour


def _palette(**codes: str) -> Palette:
    return Palette(**{name: rgb(code) for name, code in codes.items()})


LIGHT = _palette(
    ground="f2f4f7", card="ffffff", ink="141b24", quiet="4c5866", line="dde2e9", edge="7a8695",
    primary="1c4e9a", over_primary="ffffff", primary_ink="1c4e9a", primary_soft="e6eefb",
    danger="c22a25", over_danger="ffffff", danger_ink="b3231f", danger_soft="fce9e7",
    good="1b6b3d", over_good="ffffff", good_ink="1b6b3d", good_soft="e2f4e8",
    warn_ink="754a00", warn_soft="fff0cf", alarm="8a1714", over_alarm="ffffff", alarm_edge="e6a09d",
)  # fmt: skip
DARK = _palette(
    ground="0f141a", card="1b222b", ink="f1f4f8", quiet="adb8c5", line="303a46", edge="8490a0",
    primary="8fb8ff", over_primary="0a1a33", primary_ink="9dc1ff", primary_soft="20304a",
    danger="cf3a34", over_danger="ffffff", danger_ink="ffb0a9", danger_soft="43211f",
    good="1f7c47", over_good="ffffff", good_ink="84d9a6", good_soft="173524",
    warn_ink="ffcf7a", warn_soft="3d2f12", alarm="701210", over_alarm="ffffff", alarm_edge="d98b87",
)  # fmt: skip
LIGHT_STRONG = _palette(
    ground="ffffff", card="ffffff", ink="000000", quiet="1d252e", line="4a5460", edge="000000",
    primary="002f78", over_primary="ffffff", primary_ink="002f78", primary_soft="e8f0ff",
    danger="960d0a", over_danger="ffffff", danger_ink="8a0a08", danger_soft="ffeceb",
    good="00451f", over_good="ffffff", good_ink="00451f", good_soft="e3f8ea",
    warn_ink="4d2f00", warn_soft="fff0c9", alarm="5e0a08", over_alarm="ffffff", alarm_edge="ffffff",
)  # fmt: skip
DARK_STRONG = _palette(
    ground="000000", card="000000", ink="ffffff", quiet="e6ebf0", line="9aa6b3", edge="ffffff",
    primary="b9d4ff", over_primary="000000", primary_ink="c6dcff", primary_soft="0d1a30",
    danger="b81a16", over_danger="ffffff", danger_ink="ffc9c4", danger_soft="2b0c0a",
    good="036b36", over_good="ffffff", good_ink="a9f0c4", good_soft="05200f",
    warn_ink="ffe0a3", warn_soft="241a03", alarm="4d0705", over_alarm="ffffff", alarm_edge="ffffff",
)  # fmt: skip
COLOURS = tuple(field.name for field in fields(Palette))

TEXT, SIGN, ENHANCED = 4.5, 3.0, 7.0
"""WCAG 2.2: text AA, large text and signs AA, text AAA (what the strong palettes keep for inks)."""
PAIRS: tuple[tuple[str, str, float], ...] = (
    *((ink, ground, TEXT) for ground in ("ground", "card") for ink in ("ink", "quiet", "primary_ink", "danger_ink",
                                                                      "good_ink", "warn_ink")),
    *((f"over_{fill}", fill, TEXT) for fill in ("primary", "danger", "good", "alarm")),
    *((f"{name}_ink", f"{name}_soft", TEXT) for name in ("primary", "danger", "good", "warn")),
    *(("ink", f"{name}_soft", TEXT) for name in ("primary", "danger", "good", "warn")),
    ("quiet", "primary_soft", TEXT), ("edge", "card", SIGN), ("edge", "ground", SIGN), ("primary", "card", SIGN),
    ("primary", "ground", SIGN), ("danger", "ground", SIGN), ("good", "card", SIGN), ("alarm_edge", "alarm", SIGN),
)  # fmt: skip


def palette(*, is_dark: bool, is_strong: bool) -> Palette:
    if is_dark:
        return DARK_STRONG if is_strong else DARK
    return LIGHT_STRONG if is_strong else LIGHT


def contrast(one: Colour, other: Colour) -> float:
    """WCAG's ratio, 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# ---- spaces and sizes: dp as Kivy's strings for properties, numbers where a canvas needs them -----------------------

XS, S, M, L, XL = "4dp", "8dp", "12dp", "16dp", "24dp"
EDGE = "20dp"
"""From the screen's sides to its content."""
TOUCH_DP = 48.0
"""Nothing that can be touched is smaller, either way."""
RADIUS_DP, RADIUS_SMALL_DP = 16.0, 12.0
BUTTON = "56dp"

TYPE_SP = {"caption": 14.0, "small": 15.0, "body": 17.0, "lead": 20.0, "title": 24.0, "display": 34.0, "huge": 64.0}
LEAST_SCALE, MOST_SCALE = 0.85, 2.0
_MOST_OF_LARGE = {"lead": 1.8, "title": 1.6, "display": 1.35, "huge": 1.15}
"""Words that are large already grow less: at twice the size a countdown would not fit any more."""


def type_sp(name: str, *, chosen: float, system: float) -> float:
    """Size of a style in dp. `chosen` is the person's setting, `system` the device's; together at most 2."""
    scale = min(MOST_SCALE, max(LEAST_SCALE, chosen) * max(LEAST_SCALE, system))
    return TYPE_SP[name] * min(scale, _MOST_OF_LARGE.get(name, MOST_SCALE))


# ---- the desktop's simulation panel is no part of the phone and keeps one look --------------------------------------

PANEL, SLATE, BLUE, WHITE = rgb("222a34"), rgb("3a4654"), rgb("1c4e9a"), rgb("ffffff")
