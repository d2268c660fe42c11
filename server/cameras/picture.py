"""A decision as a picture: where somebody may be, the chosen cameras with their views, and why; an SVG, pure.

Nothing of a person but the place the decision was made for; no names but the cameras'. Wedges are the
registry's: what the camera is said to see, not what a wall leaves of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from server.cameras.reasons import Language, Reason, words

_WIDTH, _MAP, _LINE = 1120, 640, 21
_COLOURS = ("#0b50d0", "#b0440a", "#00704a", "#8a1f8f", "#7a5c00", "#4a5568", "#a3123a", "#006c80")
_BROKEN, _HER, _INK, _QUIET = "#8a8f98", "#d11a2a", "#1c2230", "#5b6472"
_TEXT = {
    "ko": {
        "title": "카메라를 고른 이유", "here": "신고 위치", "68": "오차 68%", "95": "오차 95%", "ahead": "30초 뒤 예상",
        "none": "고를 수 있는 카메라가 없습니다.", "far": "화면 밖", "north": "북",
    },
    "en": {
        "title": "Why these cameras", "here": "reported place", "68": "68% of uncertainty", "95": "95%",
        "ahead": "expected in 30 s", "none": "There is no camera that may be used.", "far": "off the map", "north": "N",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A camera as the picture needs it. `bearing_deg` from the person to the camera."""

    number: int
    name: str
    distance_m: float
    bearing_deg: float
    heading_deg: float | None
    field_of_view_deg: float
    range_m: float
    works: bool
    reasons: tuple[Reason, ...] = ()


def picture(
    cameras: Sequence[Drawn],
    *,
    accuracy_m: float,
    heading_deg: float | None = None,
    speed_mps: float | None = None,
    language: Language = "ko",
) -> str:
    """The decision around the reported place, which is in the middle: north up, with a scale bar and the reasons."""
    text, metres = _TEXT[language], _half_width_m(cameras, accuracy_m)
    scale = (_MAP / 2 - 24) / metres
    numbered = sorted(cameras, key=lambda one: one.number)
    lines = [one for camera in numbered for one in _legend_lines(camera, language)]
    height = max(_MAP, 96 + _LINE * len(lines) + 14 * len(numbered))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' lang="{language}" role="img" font-family="Pretendard, \'Noto Sans KR\', \'Noto Sans CJK KR\', sans-serif">',
        f"<title>{text['title']}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<clipPath id="map"><rect width="{_MAP}" height="{_MAP}"/></clipPath><g clip-path="url(#map)">',
        f'<rect width="{_MAP}" height="{_MAP}" fill="#f3f5f8"/>',
        *_rings(metres, scale),
        *(_wedge(one, scale) for one in reversed(numbered)),
        *_her(accuracy_m, heading_deg, speed_mps, scale, text),
        *(_badge(one, number, numbered, scale, text) for number, one in enumerate(numbered)),
        "</g>",
        *_frame(metres, scale, text),
        *_legend(numbered, language, text),
        "</svg>",
    ]
    return "\n".join(parts)


def _half_width_m(cameras: Sequence[Drawn], accuracy_m: float) -> float:
    """So that most cameras and the 95 % circle are on it; one very far away is named at the edge."""
    away = sorted(one.distance_m for one in cameras)
    usual = away[len(away) // 2] if away else 60.0
    seen = [one for one in away if one <= max(4 * usual, 120.0)]
    return max(60.0, 1.15 * max(seen, default=60.0), 1.15 * 1.63 * min(accuracy_m, 1_000.0))


def _at(east_m: float, north_m: float, scale: float) -> tuple[float, float]:
    return _MAP / 2 + east_m * scale, _MAP / 2 - north_m * scale


def _spot(one: Drawn) -> tuple[float, float]:
    turn = math.radians(one.bearing_deg)
    return one.distance_m * math.sin(turn), one.distance_m * math.cos(turn)


def _colour(one: Drawn) -> str:
    return _COLOURS[(one.number - 1) % len(_COLOURS)] if one.works else _BROKEN


def _rings(metres: float, scale: float) -> list[str]:
    step = _round_number(metres / 3)
    rings = []
    for number in (1, 2, 3, 4):
        radius, (x, y) = number * step * scale, _at(0, number * step, scale)
        rings.append(f'<circle cx="{_MAP / 2}" cy="{_MAP / 2}" r="{radius:.1f}" fill="none" stroke="#dde2ea"/>')
        rings.append(f'<text x="{x + 4:.1f}" y="{y + 12:.1f}" font-size="11" fill="#9aa3b2">{number * step:g} m</text>')
    return rings


def _wedge(one: Drawn, scale: float) -> str:
    x, y = _at(*_spot(one), scale)
    radius, colour = one.range_m * scale, _colour(one)
    look = f'fill="{colour}" fill-opacity="0.16" stroke="{colour}" stroke-opacity="0.55"'
    dashes = "" if one.works else ' stroke-dasharray="5 4"'
    if one.heading_deg is None or one.field_of_view_deg >= 340:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {look}{dashes}/>'
    half = min(one.field_of_view_deg, 340.0) / 2
    turns = [math.radians(one.heading_deg + off) for off in (-half, half)]
    (x1, y1), (x2, y2) = ((x + radius * math.sin(turn), y - radius * math.cos(turn)) for turn in turns)
    large = 1 if half > 90 else 0
    path = f"M{x:.1f},{y:.1f} L{x1:.1f},{y1:.1f} A{radius:.1f},{radius:.1f} 0 {large} 1 {x2:.1f},{y2:.1f} Z"
    return f'<path d="{path}" {look}{dashes}/>'


def _her(
    accuracy_m: float, heading_deg: float | None, speed_mps: float | None, scale: float, text: dict[str, str]
) -> list[str]:
    middle, parts = _MAP / 2, []
    for radius_m, word, opacity in ((accuracy_m * 1.63, text["95"], 0.07), (accuracy_m, text["68"], 0.13)):
        parts.append(
            f'<circle cx="{middle}" cy="{middle}" r="{radius_m * scale:.1f}" fill="{_HER}" fill-opacity="{opacity}"'
            f' stroke="{_HER}" stroke-dasharray="4 3"><title>{word}: {radius_m:.0f} m</title></circle>'
        )
    if heading_deg is not None and speed_mps is not None and speed_mps >= 0.4:
        turn, length = math.radians(heading_deg), min(speed_mps * 30, 450.0)
        x, y = _at(length * math.sin(turn), length * math.cos(turn), scale)
        parts.append(
            f'<line x1="{middle}" y1="{middle}" x2="{x:.1f}" y2="{y:.1f}" stroke="{_HER}" stroke-width="3"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#ffffff" stroke="{_HER}" stroke-width="3">'
            f"<title>{text['ahead']}</title></circle>"
        )
    parts.append(f'<circle cx="{middle}" cy="{middle}" r="8" fill="{_HER}" stroke="#ffffff" stroke-width="3"/>')
    return parts


def _badge(one: Drawn, place: int, cameras: Sequence[Drawn], scale: float, text: dict[str, str]) -> str:
    x, y = _at(*_spot(one), scale)
    near = [other for other in cameras[:place] if math.dist(_spot(other), _spot(one)) * scale < 22]
    x, y = x + 24 * len(near), y
    is_far = not (14 <= x <= _MAP - 14 and 14 <= y <= _MAP - 14)
    if is_far:  # on the edge, in its direction
        turn = math.radians(one.bearing_deg)
        stretch = (_MAP / 2 - 20) / max(abs(math.sin(turn)), abs(math.cos(turn)))
        x, y = _MAP / 2 + stretch * math.sin(turn), _MAP / 2 - stretch * math.cos(turn)
    shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="12" fill="{_colour(one)}" stroke="#ffffff" stroke-width="2"/>'
    digits = f'<text x="{x:.1f}" y="{y + 5:.1f}" font-size="14" font-weight="700" fill="#ffffff" text-anchor="middle">'
    title = f"<title>{escape(one.name)}{' · ' + text['far'] if is_far else ''}</title>"
    return f"<g>{title}{shape}{digits}{one.number}</text></g>"


def _frame(metres: float, scale: float, text: dict[str, str]) -> list[str]:
    bar_m = _round_number(metres / 2)
    bar, x, y = bar_m * scale, 20, _MAP - 20
    return [
        f'<path d="M{x},{y - 6} V{y} H{x + bar:.1f} V{y - 6}" fill="none" stroke="{_INK}" stroke-width="2"/>',
        f'<text x="{x + bar / 2:.1f}" y="{y - 8}" font-size="13" fill="{_INK}" text-anchor="middle">{bar_m:g} m</text>',
        f'<path d="M{_MAP - 30},18 l8,24 l-8,-6 l-8,6 Z" fill="{_INK}"/>',
        f'<text x="{_MAP - 30}" y="58" font-size="14" font-weight="700" fill="{_INK}" text-anchor="middle">'
        f"{text['north']}</text>",
    ]


def _legend_lines(one: Drawn, language: Language) -> list[str]:
    away = f"{one.distance_m:,.0f} m"
    return [f"{one.name} · {away}", *words(one.reasons, language)]


def _legend(cameras: Sequence[Drawn], language: Language, text: dict[str, str]) -> list[str]:
    x, y = _MAP + 28, 40
    parts = [f'<text x="{x}" y="{y}" font-size="20" font-weight="700" fill="{_INK}">{text["title"]}</text>']
    y += 28
    dashed = f'fill="{_HER}" fill-opacity="0.13" stroke="{_HER}" stroke-dasharray="4 3"'
    parts += [
        f'<circle cx="{x + 8}" cy="{y - 5}" r="6" fill="{_HER}"/>',
        _words(x + 24, y, text["here"]),
        f'<circle cx="{x + 170}" cy="{y - 5}" r="8" {dashed}/>',
        _words(x + 186, y, f"{text['68']} · {text['95']}"),
    ]
    if not cameras:
        parts.append(_words(x, y + 34, text["none"]))
    for one in cameras:
        y += 34
        name, *why = _legend_lines(one, language)
        parts.append(f'<circle cx="{x + 10}" cy="{y - 5}" r="11" fill="{_colour(one)}"/>')
        parts.append(_words(x + 10, y, str(one.number), ink="#ffffff", more=' font-weight="700" text-anchor="middle"'))
        parts.append(_words(x + 30, y, name, size=15, more=' font-weight="700"'))
        for line in why:
            y += _LINE
            parts.append(_words(x + 30, y, line, ink=_QUIET))
    return parts


def _words(x: float, y: float, words: str, *, size: int = 14, ink: str = _INK, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{ink}"{more}>{escape(_short(words))}</text>'


def _short(line: str, most: int = 56) -> str:
    return line if len(line) <= most else line[: most - 1] + "…"


def _round_number(metres: float) -> float:
    """1, 2 or 5 times a power of ten, not above."""
    power = 10 ** math.floor(math.log10(max(metres, 1.0)))
    return float(next(step * power for step in (5, 2, 1) if step * power <= max(metres, 1.0)))
