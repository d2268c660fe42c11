"""The words of CCTV files: purposes, dates, numbers, pixels, yes and no; pure, and remembered (files repeat)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache

_EXCEL_BEGIN = date(1899, 12, 30)
_OLDEST, _NEWEST = 1985, 2099
_WIDTHS = {41: 720, 42: 720, 85: 1024, 100: 1280, 130: 1280, 200: 1920, 210: 1920, 300: 2048, 400: 2560, 500: 2592}
_WIDTHS |= {600: 3072, 800: 3840, 1200: 4000}
_CROSSED = re.compile(r"(\d{3,5})\s*[x×*]\s*(\d{3,5})", re.IGNORECASE)
_NAMED_SIZES = {
    "4k": 3840,
    "uhd": 3840,
    "qhd": 2560,
    "fullhd": 1920,
    "fhd": 1920,
    "1080p": 1920,
    "720p": 1280,
    "hd": 1280,
}

_PURPOSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("child_protection", ("어린이", "아동", "스쿨존", "학교", "통학", "child", "school")),
    ("waste", ("쓰레기", "투기", "폐기물", "환경감시", "waste", "litter", "dump")),
    ("fire", ("화재", "산불", "소방", "fire")),
    ("disaster", ("재난", "재해", "하천", "침수", "수위", "제설", "홍수", "disaster", "flood")),
    ("traffic_enforcement", ("단속", "주정차", "주차위반", "신호위반", "과속", "버스전용", "enforcement", "violation")),
    ("traffic_information", ("교통정보", "교통관제", "교통흐름", "교통량", "its", "교통상황", "교통", "traffic")),
    ("parking", ("주차", "parking")),
    ("facility", ("시설", "문화재", "공원관리", "청사", "facility")),
    (
        "crime_prevention",
        ("방범", "범죄", "치안", "안전", "안심", "다목적", "생활", "차량번호", "수배", "crime", "security"),
    ),
)


@lru_cache(maxsize=16_384)
def plain(text: str) -> str:
    """Full-width letters made narrow, every kind of space one space, quotes and marks around it gone."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\ufeff", "").replace("\u200b", "")
    return " ".join(text.split()).strip("\"'` ")


@lru_cache(maxsize=4096)
def purposes_of(text: str) -> tuple[str, ...]:
    """Purpose codes of the source's words, several for several; `other` when none is known, `crime_prevention` for
    an empty cell (what such cameras are put up for)."""
    words = re.sub(r"\s+", "", plain(text).lower())
    if not words:
        return ("crime_prevention",)
    found: list[str] = []
    for part in re.split(r"[,/·+&;]|및|겸", words):
        code = _purpose(part)
        if code and code not in found:
            found.append(code)
    if "차량방범" in words and "crime_prevention" not in found:
        found.append("crime_prevention")
    return tuple(found) or ("other",)


def _purpose(part: str) -> str | None:
    if not part:
        return None
    if "쓰레기" in part or "투기" in part:
        return "waste"
    return next((code for code, words in _PURPOSES if any(word in part for word in words)), "other")


@lru_cache(maxsize=4096)
def is_plate_reader(purpose: str, kind: str) -> bool:
    """Whether the words say that the camera reads number plates (차량번호인식, ANPR, 수배차량)."""
    words = plain(f"{purpose} {kind}").lower().replace(" ", "")
    return any(word in words for word in ("번호인식", "차량번호", "anpr", "lpr", "차량방범", "수배"))


@lru_cache(maxsize=4096)
def is_turning(kind: str) -> bool:
    """Whether the words of a camera's kind say that it turns (회전형, 스피드돔, PTZ)."""
    words = plain(kind).lower().replace(" ", "")
    return any(word in words for word in ("회전", "스피드돔", "ptz", "speeddome")) and "비회전" not in words


@lru_cache(maxsize=4096)
def number(text: str) -> float | None:
    """`1,000` `２대` `200만` `30일` `3.0`: the number, None for none or a negative one."""
    words = plain(text).replace(" ", "")
    found = re.match(r"^(?:약|총)?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)(.*)$", words)
    if not found:
        return None
    digits = found[1]
    digits = digits.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits) else digits.replace(",", ".")
    return float(digits)


def count_of(text: str) -> int | None:
    """How many cameras a row stands for: 1 when the cell is empty; None for zero, fractions and nonsense."""
    if not text.strip():
        return 1
    value = number(text)
    return int(value) if value is not None and 1 <= value <= 200 and value == int(value) else None


@lru_cache(maxsize=4096)
def width_px(text: str) -> int | None:
    """Picture width from 카메라화소수: in ten thousands of pixels (200 is two million), in pixels, in `1920x1080` or
    by a name; None when unknown."""
    words = plain(text).lower().replace(" ", "")
    if crossed := _CROSSED.search(words):
        return max(int(crossed[1]), int(crossed[2]))
    for name, width in _NAMED_SIZES.items():
        if name in words:
            return width
    value = number(words)
    if value is None or value <= 0:
        return None
    if re.search(r"\dm(?:p|pixel)?", words) or value < 20 or "백만" in words:
        value *= 100
    elif value >= 10_000:
        value /= 10_000
    tens = round(value)
    if tens in _WIDTHS:
        return _WIDTHS[tens]
    return int((value * 10_000 * 16 / 9) ** 0.5) if 10 <= value <= 5_000 else None


def retention_days(text: str) -> int | None:
    """보관일수; `1개월` is 30 days, None when unknown."""
    value = number(text)
    if value is None:
        return None
    days = int(value * (30 if "월" in text else 7 if "주" in text else 365 if "년" in text else 1))
    return days if 0 < days <= 3_650 else None


@lru_cache(maxsize=4096)
def installed_on(text: str) -> date | None:
    """The first day of the month (or year) told. None for none and for what a spreadsheet has damaged: `1905-07` was
    the year 2012 before it was taken for a number of days."""
    words = plain(text)
    serial = number(words) if re.fullmatch(r"\d{5}(\.\d+)?", words) else None
    if serial is not None and 30_000 < serial < 60_000:
        found = _EXCEL_BEGIN + timedelta(days=int(serial))
        return found.replace(day=1)
    digits = re.match(r"^(\d{4})\s*[-./년 ]?\s*(\d{1,2})?", words)
    if not digits:
        return None
    year, month = int(digits[1]), int(digits[2] or 1)
    if not _OLDEST <= year <= _NEWEST:
        return None
    return date(year, month, 1) if 1 <= month <= 12 else date(year, 1, 1)


@lru_cache(maxsize=512)
def is_yes(text: str) -> bool:
    """`Y`, `예`, `유`, `있음`, `1`, `true`, `O`."""
    return plain(text).lower() in ("y", "yes", "예", "유", "있음", "1", "true", "o", "○", "설치", "사용")


@lru_cache(maxsize=512)
def night_of(text: str) -> str:
    """Words about darkness as the registry's `night`."""
    words = plain(text).lower()
    if any(word in words for word in ("적외선", "ir", "infrared", "투광기")):
        return "infrared"
    if any(word in words for word in ("조명", "보안등", "가로등", "led", "light")):
        return "lit"
    return "none" if words in ("n", "no", "무", "없음", "불가") else "unknown"
