"""What a password must be, after KISA's guide: two kinds of characters with ten, or three with eight; pure.

Nothing of the person in it, no runs, none that everybody has. The list of common ones is made by rule: a well-known
word, however it is dressed up with digits, signs and look-alikes. Expiry is not a rule here (it is a setting, off by
default: forced change makes passwords worse).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Weakness = Literal[
    "too_short", "too_long", "too_few_kinds", "holds_login", "holds_name", "run", "common", "used_before"
]
LONGEST = 200
SAME_RUN, CONSECUTIVE_RUN = 3, 4  # as many equal, or following one another, are a run

_WORDS = (
    "password passwd pass admin administrator root user guest test login welcome master secret letmein operator"
    " supervisor default changeme computer iloveyou love dragon monkey sunshine princess football baseball superman"
    " korea seoul samsung ansim police fire center control cctv hello world server system manager"
    " 비밀번호 관리자 관제 관제센터 안심 안심센터 대한민국 한국 사랑해 경찰 소방 운영자"
)
WORDS = frozenset(_WORDS.split())
ROWS = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LOOK_ALIKES = str.maketrans("@$!013457", "asioleast")

SENTENCES: dict[Weakness, tuple[str, str]] = {
    "too_short": (
        "문자 종류 세 가지면 8자, 두 가지면 10자 이상이어야 합니다.",
        "Use at least 8 characters of three kinds, or 10 of two kinds.",
    ),
    "too_long": ("200자를 넘을 수 없습니다.", "Use at most 200 characters."),
    "too_few_kinds": (
        "대문자, 소문자, 숫자, 기호, 한글 가운데 두 가지 이상을 섞으세요.",
        "Mix at least two of: capitals, small letters, digits, signs, Hangul.",
    ),
    "holds_login": ("아이디를 넣을 수 없습니다.", "Your login may not stand in it."),
    "holds_name": ("이름을 넣을 수 없습니다.", "Your name may not stand in it."),
    "run": (
        "같은 문자 3개, 이어지는 문자나 자판 배열 4개를 쓸 수 없습니다 (aaa, 1234, qwer).",
        "No three equal and no four consecutive characters (aaa, 1234, qwer).",
    ),
    "common": ("누구나 떠올리는 비밀번호입니다.", "Everybody thinks of this one."),
    "used_before": ("최근에 쓴 비밀번호입니다.", "You have used this one recently."),
}


def weaknesses(password: str, *, login: str = "", name: str = "") -> list[Weakness]:
    """What is wrong with it, all of it; empty when it will do."""
    password = unicodedata.normalize("NFC", password)
    found: list[Weakness] = []
    kinds = len({_kind(character) for character in password})
    if len(password) < (8 if kinds >= 3 else 10):
        found.append("too_short")
    if len(password) > LONGEST:
        found.append("too_long")
    if kinds < 2:
        found.append("too_few_kinds")
    plain = password.casefold()
    if len(login) >= 3 and login.casefold() in plain:
        found.append("holds_login")
    if any(len(part) >= 2 and part.casefold() in plain for part in [name.replace(" ", ""), *name.split()]):
        found.append("holds_name")
    if has_run(plain):
        found.append("run")
    if is_common(plain):
        found.append("common")
    return found


def has_run(text: str) -> bool:
    """Three equal characters, or four that follow one another in the alphabet, in digits or on the keyboard."""
    if any(len(set(text[at : at + SAME_RUN])) == 1 for at in range(len(text) - SAME_RUN + 1)):
        return True
    pieces = {text[at : at + CONSECUTIVE_RUN] for at in range(len(text) - CONSECUTIVE_RUN + 1)}
    return any(piece in row or piece in row[::-1] for piece in pieces for row in ROWS)


def is_common(text: str) -> bool:
    """A well-known word or two, whatever digits and signs stand around them or in place of letters."""
    front = re.sub(r"[\W\d_]+$", "", text)  # what is hung on behind is no letter in disguise
    core = re.sub(r"^[\W\d_]+", "", front)
    for candidate in (text, front.translate(_LOOK_ALIKES), core.translate(_LOOK_ALIKES)):
        bare = re.sub(r"[\W\d_]+", "", candidate)
        if not bare or bare in WORDS or any(bare.startswith(word) and bare[len(word) :] in WORDS for word in WORDS):
            return True
    return False


def _kind(character: str) -> str:
    if character.islower() and character.isascii():
        return "small"
    if character.isupper() and character.isascii():
        return "capital"
    if character.isdigit():
        return "digit"
    return "letter" if character.isalpha() else "sign"
