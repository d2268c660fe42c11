"""How a browser is called in her list: what it says of itself, in two words; pure.

Nothing but these words is kept of what a browser tells: a whole user agent would be a fingerprint.
"""

from __future__ import annotations

import re

# The order matters: most browsers also name those that they are like.
_BROWSERS = (
    ("SamsungBrowser/", "Samsung Internet"),
    ("Whale/", "Whale"),
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(", "Naver"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """`Chrome · Android`; `Browser` for one that tells nothing that is known here."""
    text = re.sub(r"[^\x20-\x7e]", "", user_agent)[:1000]
    found = (next((name for mark, name in marks if mark in text), "") for marks in (_BROWSERS, _SYSTEMS))
    return " · ".join(one for one in found if one) or "Browser"
