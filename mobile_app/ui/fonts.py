"""A font with Hangul. Kivy's own has none and SDL2_ttf knows no fallback, so one font must hold everything."""

from __future__ import annotations

import os
from pathlib import Path

CANDIDATES = (
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
    pairs = ((named, named),) if named else CANDIDATES
    for regular, bold in pairs:
        if Path(regular).is_file():
            return regular, bold if Path(bold).is_file() else regular
    raise NoKoreanFont


def register() -> None:
    """Under Kivy's default name, so that every widget gets it. Raises NoKoreanFont."""
    from kivy.core.text import LabelBase

    regular, bold = find_font()
    LabelBase.register("Roboto", regular, fn_bold=bold)
