"""A font with Hangul. Kivy's own has none and SDL2_ttf knows no fallback, so one font must hold everything.

Pretendard (`ui/fonts/`, put there by `make setup` and the Android build from its own package, unmodified, with its
licence); without it the system's fonts are tried. What the center says in a language whose letters that font lacks is
shown in a system font of that script (`font_for`)."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

DEFAULT = "Roboto"
"""Kivy's name for what a label takes when it names no font; ours is registered under it."""

BUNDLED = Path(__file__).parent / "fonts"
CANDIDATES = (
    (str(BUNDLED / "Pretendard-Regular.otf"), str(BUNDLED / "Pretendard-Bold.otf")),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc"),
    (
        "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc",
    ),
    ("/usr/share/fonts/truetype/nanum/NanumGothic.ttf", "/usr/share/fonts/truetype/nanum/NanumGothicBold.ttf"),
    ("/Library/Fonts/NanumGothic.ttc", "/Library/Fonts/NanumGothic.ttc"),
    ("/System/Library/Fonts/AppleSDGothicNeo.ttc", "/System/Library/Fonts/AppleSDGothicNeo.ttc"),
    ("C:/Windows/Fonts/malgun.ttf", "C:/Windows/Fonts/malgunbd.ttf"),
)


class NoKoreanFont(Exception):
    """One sentence with the cure."""

    def __init__(self) -> None:
        super().__init__(
            "no font with Hangul found; install fonts-noto-cjk, or point ANSIM_FONT at a .ttf or .otf with Hangul"
        )


def find_font() -> tuple[str, str]:
    """Paths of a regular and a bold font with Hangul. Raises NoKoreanFont."""
    named = os.environ.get("ANSIM_FONT")
    pairs = ((named, named.replace("Regular", "Bold")),) if named else CANDIDATES
    for regular, bold in pairs:
        if Path(regular).is_file():
            return regular, bold if Path(bold).is_file() else regular
    raise NoKoreanFont


def register() -> None:
    """Under Kivy's default name, so that every widget gets it. Raises NoKoreanFont."""
    from kivy.core.text import LabelBase

    regular, bold = find_font()
    LabelBase.register(DEFAULT, regular, fn_bold=bold)


_OTHER_SCRIPTS = (
    # first and last code point, and fonts that have them: Android's own first
    (0x0E00, 0x0E7F, ("/system/fonts/NotoSansThai-Regular.ttf", "/usr/share/fonts/truetype/tlwg/Loma.ttf")),
    (
        0x3040,
        0x9FFF,
        ("/system/fonts/NotoSansCJK-Regular.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    ),
)


@cache
def _font_of(place: int) -> str:
    return next((path for path in _OTHER_SCRIPTS[place][2] if Path(path).is_file()), "")


def _script(text: str) -> int | None:
    """Place in `_OTHER_SCRIPTS` of the first letter that is in one."""
    for letter in text:
        for place, (first, last, _) in enumerate(_OTHER_SCRIPTS):
            if first <= ord(letter) <= last:
                return place
    return None


def is_drawable(text: str) -> bool:
    """Whether this device has a font for it: what would be boxes is not offered."""
    return (place := _script(text)) is None or bool(_font_of(place))


def font_for(text: str) -> str:
    """Name of the font for a line that may be Thai, Chinese or Japanese: the first such letter decides."""
    return DEFAULT if (place := _script(text)) is None else _font_of(place) or DEFAULT
