"""Korean registration plates of all eras and uses: any spelling of a read → one `Plate`, or why it is none; pure.

`parse("서울 12 바 3456")`, `parse("서울12\\n바3456")`, NFD, full-width digits and `O` for 0 are one plate with one
`text`. Which signs are lawful for which use:

[V] 자동차 등록번호판 등의 기준에 관한 고시, Art. 5 (2013): classes 01-69 cars, 70-79 vans, 80-97 lorries, 98-99
    special; 32 private letters; 바사아자 commercial; 하허호 rental; the seven diplomatic words. Notice 2021-202:
    three digits 100-699, 700-799, 800-979, 980-997, emergency 998-999; commercial plates keep two (and the region).
[V] construction machinery since 2022-11-26: 0, two digits of the kind of machine, letter, serial; before: region, 영
    on rented ones, two digits, letter, serial. Motorcycles since 2026-03-20: digit, letter, digit, serial of four.
[V] one class digit until 1995 and two until 2003, both with the region; diplomatic: word, three digits, three digits;
    military letters 육해공국합.
[M] from memory, not read in a source: more letters than the 32 on plates with a region (all open syllables with
    ㅏㅓㅗㅜㅡ are let through); two digits before a military letter; the courier's 배 has a region; motorcycles before
    2026 have region and district; temporary ones have 임시 or 임 and four to six digits; machines have 27 kinds.

Electric cars differ in colour only. A car's plate with a region and a machine's without 영 read alike: `private`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Kind = Literal[
    "private", "commercial", "courier", "rental", "emergency", "diplomatic", "temporary", "military", "machinery",
    "motorcycle",
]  # fmt: skip

REGIONS = (
    "서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종",
    "경기", "강원", "충북", "충남", "전북", "전남", "경북", "경남", "제주",
)  # fmt: skip
PRIVATE = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주"
COMMERCIAL, COURIER, RENTAL, MILITARY = "바사아자", "배", "하허호", "육해공국합"
LETTERS = PRIVATE + COMMERCIAL + COURIER + RENTAL + MILITARY
DIPLOMATIC = ("외교", "영사", "준외", "준영", "국기", "협정", "대표")
OLD = "".join(unicodedata.normalize("NFC", first + vowel) for first in "ᄀᄂᄃᄅᄆᄇᄉᄋᄌᄎᄏᄐᄑᄒ" for vowel in "ᅡᅥᅩᅮᅳ")
RENTED, TEMPORARY = "영", "임시"
MACHINES = 27
UNKNOWN = "?"
LONGEST = 40

_GAPS = re.compile(r"[\s\-‐-―−_.·•・:/\\()\[\]'\"\u200b-\u200d\ufeff]+")
_LIKE = str.maketrans({**dict.fromkeys("OoQ〇○", "0"), **dict.fromkeys("Iil|", "1"), **dict.fromkeys("*�□", UNKNOWN)})
_PLAIN = re.compile(r"[0-9가-힣?]+")
_SHORT = re.compile(r"임(?=[0-9?])")
_FOREIGN = re.compile(r"[A-Za-z]")
_CAR = re.compile(r"([가-힣?]{0,3})([0-9?]{1,3})([가-힣?])([0-9?]{4})")
_DIPLOMATIC = re.compile(rf"({'|'.join(DIPLOMATIC)})([0-9?]{{6}})")
_MOTORCYCLE = re.compile(r"([0-9?])([가-힣?])([0-9?]{5})")
_TEMPORARY = re.compile(rf"((?:{'|'.join(REGIONS)})(?:[가-힣]{{2,4}}?)?)?임시([0-9?]{{4,6}})")
_OLD_MOTORCYCLE = re.compile(rf"((?:{'|'.join(REGIONS)})[가-힣]{{1,4}})?([가-힣?])([0-9?]{{4}})")


class BadPlate(ValueError):
    """`ko`, `en`: what is wrong with it; `shown` is the text, short."""

    def __init__(self, ko: str, en: str, shown: str) -> None:
        super().__init__(en)
        self.ko, self.en, self.shown = ko, en, shown[:LONGEST]


@dataclass(frozen=True)
class Shape:
    """A text cut into the places of a plate, lawful or not; `?` is a sign that the reader could not tell."""

    form: Literal["car", "diplomatic", "temporary", "motorcycle"]
    region: str
    class_no: str
    letter: str
    serial: str

    @cached_property
    def core(self) -> str:
        """What stays when the line with the region is lost."""
        return f"{self.class_no}{self.letter}{self.serial}"

    @cached_property
    def text(self) -> str:
        return f"{self.region}{self.core}"

    @property
    def lacks_region(self) -> bool:
        """Whether vehicles of this sort carry a region that is not in the read."""
        if self.region.removesuffix(RENTED):
            return False
        if self.form == "car":
            return bool(self.region) or len(self.class_no) == 1 or self.letter in COMMERCIAL + COURIER
        return self.form == "temporary" or (self.form == "motorcycle" and not self.class_no)


@dataclass(frozen=True)
class Plate:
    """A lawful plate. `region` is empty where the kind has none, or where the read lost it (`is_whole` false)."""

    kind: Kind
    region: str
    class_no: str
    letter: str
    serial: str
    is_whole: bool = True
    form: Literal["car", "diplomatic", "temporary", "motorcycle"] = "car"

    @cached_property
    def text(self) -> str:
        """NFC, no gaps: the one spelling by which plates are compared."""
        return f"{self.region}{self.class_no}{self.letter}{self.serial}"

    @cached_property
    def shape(self) -> Shape:
        return Shape(self.form, self.region, self.class_no, self.letter, self.serial)


def spell(text: str) -> str:
    """NFC, no gaps, narrow digits, 임시 for 임; O and I, which no plate has, are 0 and 1, other Latin letters `?`."""
    spelled = unicodedata.normalize("NFKC", text)
    if not _PLAIN.fullmatch(spelled):
        spelled = _FOREIGN.sub(UNKNOWN, _GAPS.sub("", spelled).translate(_LIKE))
    return _SHORT.sub(TEMPORARY, spelled)


def shape_of(text: str) -> Shape | None:
    """The places of a spelled text, without asking whether the law knows such a plate. None: no plate's shape."""
    if found := _CAR.fullmatch(text):
        return Shape("car", *found.groups())
    if found := _DIPLOMATIC.fullmatch(text):
        return Shape("diplomatic", "", "", *found.groups())
    if found := _MOTORCYCLE.fullmatch(text):
        return Shape("motorcycle", "", *found.groups())
    if found := _TEMPORARY.fullmatch(text):
        return Shape("temporary", found[1] or "", "", TEMPORARY, found[2])
    if found := _OLD_MOTORCYCLE.fullmatch(text):
        return Shape("motorcycle", found[1] or "", "", *found.groups()[1:])
    return None


def parse(text: str) -> Plate:
    """The plate that any spelling of it names. Raises BadPlate."""
    if len(text) > LONGEST:
        ko = f"번호판은 {LONGEST}자를 넘지 않습니다."
        raise BadPlate(ko, f"A plate has no more than {LONGEST} signs.", text)
    spelled = spell(text)
    if not _PLAIN.fullmatch(spelled):
        raise BadPlate("번호판은 숫자와 한글로만 씁니다.", "A plate has digits and Hangul only.", text)
    if UNKNOWN in spelled:
        raise BadPlate("읽지 못한 글자가 있습니다.", "Some signs were not read.", text)
    shape = shape_of(spelled)
    if shape is None:
        raise BadPlate(
            "번호판 모양이 아닙니다. 12가3456, 123가4567, 서울12바3456처럼 써 주세요.",
            "Not the shape of a plate: write 12가3456, 123가4567 or 서울12바3456.",
            text,
        )
    return plate_of(shape)


def plate_of(shape: Shape) -> Plate:
    """The lawful plate of a shape without `?`. Raises BadPlate with the rule that it breaks."""
    if not shape.serial.strip("0"):
        raise BadPlate("일련번호는 0일 수 없습니다.", "A serial number is never zero.", shape.text)
    if shape.form == "diplomatic":
        return _plate("diplomatic", shape)
    if shape.form == "temporary":
        return _plate("temporary", shape)
    if shape.form == "motorcycle":
        return _motorcycle(shape)
    if not shape.class_no.strip("0"):
        raise BadPlate("차종 기호는 0일 수 없습니다.", "A class number is never zero.", shape.text)
    if shape.region:
        return _regional(shape)
    return _national(shape)


def _plate(kind: Kind, shape: Shape) -> Plate:
    whole = not shape.lacks_region
    return Plate(kind, shape.region, shape.class_no, shape.letter, shape.serial, whole, shape.form)


def _motorcycle(shape: Shape) -> Plate:
    letters = OLD if not shape.class_no else PRIVATE + COMMERCIAL + COURIER + RENTAL
    if shape.letter not in letters:
        raise _bad_letter(shape, "이륜차", "a motorcycle")
    return _plate("motorcycle", shape)


def _regional(shape: Shape) -> Plate:
    """Region in front: all plates until 2003, and commercial ones until today."""
    region = shape.region.removesuffix(RENTED)
    if region not in REGIONS and shape.region != RENTED:
        raise BadPlate(
            f"‘{shape.region}’은(는) 번호판의 지역 이름이 아닙니다.",
            f"{shape.region} is no region of a plate.",
            shape.text,
        )
    if len(shape.class_no) == 3:
        raise BadPlate(
            "지역이 있는 번호판의 차종 기호는 한두 자리입니다.",
            "With a region the class number has one or two digits.",
            shape.text,
        )
    if shape.region != region:
        if len(shape.class_no) != 2 or int(shape.class_no) > MACHINES or shape.letter not in OLD:
            raise BadPlate(
                f"건설기계 번호는 지역, 영, 01-{MACHINES}, 한글, 네 자리 숫자입니다.",
                f"A machine's plate is region, 영, 01-{MACHINES}, a letter, four digits.",
                shape.text,
            )
        return _plate("machinery", shape)
    return _plate(_with_region(shape), shape)


def _with_region(shape: Shape) -> Kind:
    if shape.letter in COMMERCIAL:
        return "commercial"
    if shape.letter == COURIER:
        return "courier"
    if shape.letter in RENTAL:
        return "rental"
    if shape.letter in OLD:
        return "private"
    raise _bad_letter(shape, "지역 번호판", "a plate with a region")


def _national(shape: Shape) -> Plate:
    letter, digits = shape.letter, len(shape.class_no)
    if digits == 1:  # until 1995, the upper line lost
        return _plate(_with_region(shape), shape)
    if digits == 2 and letter in COMMERCIAL + COURIER:
        return _plate("courier" if letter == COURIER else "commercial", shape)
    if digits == 2 and letter in MILITARY:
        return _plate("military", shape)
    if digits == 3 and shape.class_no[0] == "0":
        return _machine(shape)
    if letter in RENTAL and shape.class_no not in ("998", "999"):
        return _plate("rental", shape)
    if letter in PRIVATE:
        return _plate("emergency" if shape.class_no in ("998", "999") else "private", shape)
    raise _bad_letter(shape, "지역이 없는 번호판", "a plate without a region")


def _machine(shape: Shape) -> Plate:
    if int(shape.class_no) > MACHINES or shape.letter not in PRIVATE + COMMERCIAL + COURIER + RENTAL:
        raise BadPlate(
            f"건설기계 번호는 001-0{MACHINES}, 한글, 네 자리 숫자입니다.",
            f"A machine's plate is 001-0{MACHINES}, a letter, four digits.",
            shape.text,
        )
    return _plate("machinery", shape)


def _bad_letter(shape: Shape, ko: str, en: str) -> BadPlate:
    return BadPlate(
        f"{ko}의 {shape.class_no or '앞 숫자 없는 칸'}에는 ‘{shape.letter}’를 쓰지 않습니다.",
        f"{en} has no letter {shape.letter} after {shape.class_no or 'no class number'}.",
        shape.text,
    )
