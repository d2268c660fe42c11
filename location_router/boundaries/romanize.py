"""Korean names in Revised Romanization, letter by letter, for a municipality that has no English name yet.

Changes of sound across syllables are only followed where names show them most (ㄱ, ㄷ, ㅂ, ㄹ before a vowel; ㄴㄹ,
ㄹㄹ); an official name, once known, belongs into the file. Source: 국어의 로마자 표기법 (2000).
"""

from __future__ import annotations

_words = str.split
_LEAD = _words("g kk n d tt r m b pp s ss - j jj ch k t p h")
_VOWEL = _words("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_TAIL = _words("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t")
_LINKED = {1: "g", 7: "d", 17: "b", 8: "r", 19: "s", 22: "j"}
_KINDS = {"시": "-si", "군": "-gun", "구": "-gu"}


def romanize(name: str) -> str:
    """`영종구` → `Yeongjong-gu`. What is not Hangul stays as it is."""
    kind = _KINDS.get(name[-1:], "") if len(name) > 1 else ""
    stem = name[:-1] if kind else name
    out = ""
    for place, letter in enumerate(stem):
        number = ord(letter) - 0xAC00
        if not 0 <= number < 11172:
            out += letter
            continue
        lead, vowel, tail = number // 588, number % 588 // 28, number % 28
        before = _tail_of(stem[place - 1]) if place else 0
        onset = _LEAD[lead].replace("-", "")
        if lead == 5 and before in (4, 8):
            onset = "l"
        following = stem[place + 1] if place + 1 < len(stem) else ""
        coda = _LINKED.get(tail, _TAIL[tail]) if _starts_with_vowel(following) else _TAIL[tail]
        if tail == 4 and following and _lead_of(following) == 5:
            coda = "l"
        out += onset + _VOWEL[vowel] + coda.replace("-", "")
    return out[:1].upper() + out[1:] + kind


def _tail_of(letter: str) -> int:
    number = ord(letter) - 0xAC00
    return number % 28 if 0 <= number < 11172 else 0


def _lead_of(letter: str) -> int:
    number = ord(letter) - 0xAC00
    return number // 588 if 0 <= number < 11172 else -1


def _starts_with_vowel(letter: str) -> bool:
    return bool(letter) and _lead_of(letter) == 11
