"""Which municipality a row of somebody's file means: its fields, its code, its name. Pure tables and rules.

A *district* of an ordinary city (일반구: 수원시 장안구, in one word or two, or by its code 41111) stands for its
city. A code that this program knows keeps the official name unless the file tells another; a code nobody knows is
taken as a new municipality and said so. Without a code the name must lead to one, by its province or by the place of
its polygon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from location_router import country
from location_router.boundaries.romanize import romanize

_words = str.split
FIELDS = {
    "code": _words(
        "sgg sgg_cd sggcd sgg_code sig_cd sigungu_cd sigungucd sigungu_code signgu_cd signgu_code adm_sect_c bjcd "
        "bjd_cd bjdong_cd emd_cd legal_cd adm_cd admcd adm_code region_cd cty_cd code "
        "시군구코드 행정구역코드 법정동코드 법정구역코드 코드"
    ),
    "name": _words(
        "sggnm sgg_nm sgg_name sig_kor_nm sigungu_nm sigungunm sigungu_name signgu_nm sgg_kor_nm name_ko adm_nm "
        "adm_name kor_nm cty_nm sigungu name 시군구명 행정구역명 시군구 법정구역명 명칭 이름"
    ),
    "name_en": _words("sig_eng_nm sgg_eng_nm name_en eng_nm sigungu_eng sggnm_eng english 영문명 시군구영문명"),
    "province": _words("sidonm sido_nm sido_name ctp_kor_nm ctprvn_nm sido province 시도명 시도"),
}
OPTIONS = {"code": "--code-field", "name": "--name-field", "name_en": "--name-en-field", "province": "--province-field"}
_KIND = re.compile(r"[가-힣0-9]+(시|군|구)$")
_DISTRICT = re.compile(r"^(?P<city>[가-힣]+?시)\s*(?P<district>[가-힣]+구)$")


class BadField(Exception):
    """A field is not there, or none could be guessed: one sentence with the cure."""


class Refused(Exception):
    """A feature that no municipality can be named for; the sentence goes to the report."""


@dataclass(frozen=True, slots=True)
class Named:
    """The municipality of one feature. `was` is the district's name when the feature is one."""

    code: str
    name_ko: str
    name_en: str
    written: str
    was: str = ""
    remark: str = ""


def choose_fields(columns: Mapping[str, Iterable[Any]], given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The column for `code`, `name`, `name_en`, `province` (absent: none), and which were guessed. `given` are the
    person's own choices by the same words. Raises BadField."""
    by_lower = {name.lower(): name for name in columns}
    chosen: dict[str, str] = {}
    for what, wish in given.items():
        if wish and wish.lower() not in by_lower:
            have = ", ".join(columns) or "-"
            raise BadField(
                f"{OPTIONS[what]} {wish!r}: 그런 필드가 없습니다. 있는 필드: {have} · no such field; there are: {have}"
            )
        if wish:
            chosen[what] = by_lower[wish.lower()]
    guessed = []
    for what, usual in FIELDS.items():
        found = None if what in chosen else next((by_lower[one] for one in usual if one in by_lower), None)
        found = found or (None if what in chosen else _by_content(what, columns, set(chosen.values())))
        if found is not None and found not in chosen.values():
            chosen[what] = found
            guessed.append(what)
    if "code" not in chosen and "name" not in chosen:
        have = ", ".join(columns) or "-"
        raise BadField(
            f"코드와 이름이 어느 필드인지 모르겠습니다. --code-field나 --name-field로 알려 주세요. 있는 필드: "
            f"{have} · can't tell "
            f"which fields hold code and name; name them by --code-field or --name-field; there are: {have}"
        )
    return chosen, guessed


def _by_content(what: str, columns: Mapping[str, Iterable[Any]], taken: set[str]) -> str | None:
    """A column whose values nearly all look like municipality codes, or like names in 시, 군, 구."""
    looks: Callable[[str], bool]
    if what == "code":
        looks = lambda text: len(text) in (5, 10) and _plain_code(text)[:2] in _provinces()  # noqa: E731
    elif what == "name":
        looks = lambda text: bool(_KIND.search(text))  # noqa: E731
    else:
        return None
    for name, values in columns.items():
        texts = [text for text in map(as_text, list(values)[:2000]) if text]
        if name not in taken and texts and sum(looks(text) for text in texts) >= 0.8 * len(texts):
            return name
    return None


def as_text(value: Any) -> str:
    """A cell as text: numbers without their `.0`, nothing for none."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def name_feature(
    *, code: str, name: str, name_en: str, province: str, near: Callable[[], str | None] = lambda: None
) -> Named:
    """The municipality that a row's texts mean; `near` tells the code that holds its polygon's middle today, asked
    only when the name alone leaves several. Raises Refused."""
    written = " ".join(part for part in (code, name) if part)
    area, bare = _province_of(province, name)
    if not code:
        return _by_name(bare, area, written, near)
    plain = _plain_code(code)
    if plain in _known():
        return _known_named(plain, bare, name_en, written)
    city = plain[:4] + "0"
    if city in _known() and _known()[city][0].endswith("시") and plain != city:
        return Named(city, *_known()[city][1:], written, was=bare or plain)
    if (district := _DISTRICT.match(bare)) and (found := _codes_of(district["city"], area or _known_area(plain))):
        return Named(found[0], *_known()[found[0]][1:], written, was=bare)
    return _new(plain, bare, name_en, area, written, near)


def _plain_code(code: str) -> str:
    """Five digits of a code written with five, eight or ten. Raises Refused."""
    digits = code.split(".")[0].replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) in (5, 8, 10)):
        raise Refused(
            f"코드 {code!r}는 5자리(시군구)나 10자리(법정동) 숫자가 아닙니다 "
            f"· the code must be 5 digits (municipality) or 10 "
            "(legal dong)"
        )
    if digits[2:5] == "000":
        raise Refused(f"코드 {code!r}는 시도 전체입니다 · the code means a whole province")
    return digits[:5]


def _known_named(code: str, bare: str, name_en: str, written: str) -> Named:
    short, full_ko, full_en = _known()[code]
    if not bare or bare == short or _same_name(bare, short):
        return Named(code, full_ko, full_en, written)
    if not _KIND.search(bare) or (_DISTRICT.match(bare) and bare.startswith(short)):
        remark = f"{bare} → {short}: 공식 이름을 썼습니다 · the official name was used"
        return Named(code, full_ko, full_en, written, remark=remark)
    prefix_ko, prefix_en = _provinces().get(code[:2], ("", ""))
    english = name_en or romanize(bare)
    remark = f"이름이 바뀝니다 · renamed: {short} → {bare}" + ("" if name_en else f" ({english}: 규칙으로 · by rule)")
    return Named(code, f"{prefix_ko} {bare}".strip(), _with(english, prefix_en), written, remark=remark)


def _new(code: str, bare: str, name_en: str, area: str, written: str, near: Callable[[], str | None]) -> Named:
    """A code that no version has. A statistics office's own code of a municipality we know by name is that one."""
    same = _codes_of(bare, area) if bare else []
    if len(same) > 1:
        here = near()
        same = [one for one in same if one == here]
    if same and (code[:2] not in _provinces() or same[0][:2] != code[:2]):
        remark = f"코드 {code}는 다른 체계입니다 · a code of another register; by name: {same[0]}"
        return Named(same[0], *_known()[same[0]][1:], written, remark=remark)
    if not bare:
        raise Refused(f"코드 {code}를 모르고 이름도 없습니다 · the code {code} is not known and there is no name")
    prefix_ko, prefix_en = _provinces().get(code[:2], (area, ""))
    english = name_en or romanize(bare)
    remark = "새 시군구 · a new municipality" + ("" if name_en else f" ({english}: 규칙으로 · by rule)")
    return Named(code, f"{prefix_ko} {bare}".strip(), _with(english, prefix_en), written, remark=remark)


def _by_name(bare: str, area: str, written: str, near: Callable[[], str | None]) -> Named:
    if not bare:
        raise Refused("코드도 이름도 비어 있습니다 · both code and name are empty")
    codes, was = _codes_of(bare, area), ""
    if not codes and (district := _DISTRICT.match(bare)):
        codes, was = _codes_of(district["city"], area), bare
    if len(codes) > 1:
        here = near()
        codes = [here] if here in codes else codes
    if not codes:
        raise Refused(
            f"이름 {bare!r}인 시군구를 모릅니다. 코드 필드를 주세요 · no municipality of that name; give a code field"
        )
    if len(codes) > 1:
        raise Refused(
            f"이름 {bare!r}는 여러 곳입니다({', '.join(codes)}). 코드나 시도 필드를 주세요 "
            f"· the name fits several; give a code or "
            "a province field"
        )
    return Named(codes[0], *_known()[codes[0]][1:], written, was=was)


def _with(english: str, province: str) -> str:
    return f"{english}, {province}" if province and "," not in english else english


def _same_name(bare: str, short: str) -> bool:
    return bare.startswith("세종") and short.startswith("세종")


def _province_of(province: str, name: str) -> tuple[str, str]:
    """The province's full name (empty: unknown) and the name without it, whether written 서울특별시, 서울시 or 서울."""
    for given in (province, name):
        text = given.strip()
        for short, full in _province_names().items():
            if text == short and given is name:
                continue
            if text.startswith(short) and (given is province or len(text) > len(short)):
                rest = name.strip()
                cut = next((one for one in (full, short) if rest.startswith(one) and len(rest) > len(one)), "")
                bare = rest[len(cut) :].strip()
                return full, bare if _KIND.search(bare) or not rest else rest
    return "", name.strip()


@cache
def _province_names() -> dict[str, str]:
    """Written forms of province names, longest first, to the full name."""
    forms: dict[str, str] = {}
    for full, _ in [("강원도", ""), ("전라북도", ""), ("전라남도", ""), ("광주광역시", ""), *_provinces().values()]:
        forms[full] = full
        if full.endswith(("특별시", "광역시")) and not full.startswith("전남광주"):
            forms[full[:2] + "시"] = full
    return dict(sorted(forms.items(), key=lambda item: -len(item[0])))


@cache
def _provinces() -> dict[str, tuple[str, str]]:
    return {row["prefix"]: (row["name_ko"], row["name_en"]) for row in country.read_rows("provinces.csv")}


@cache
def _known() -> dict[str, tuple[str, str, str]]:
    """Every code of every built-in version: short name, full names."""
    return {
        code: (one.short_ko or one.name_ko, one.name_ko, one.name_en)
        for version in country.versions()
        for code, one in version.municipalities.items()
    }


@cache
def _newest() -> frozenset[str]:
    return frozenset(country.versions()[-1].municipalities)


def _known_area(code: str) -> str:
    return _provinces().get(code[:2], ("", ""))[0]


def _codes_of(name: str, area: str) -> list[str]:
    """Codes of the municipalities of that short name, in that province where it is known; today's before older ones."""
    found = [code for code, (short, _, _) in _known().items() if short == name or _same_name(name, short)]
    if area:
        inside = [code for code in found if _known()[code][1].startswith(area)]
        found = inside or found
    return [code for code in found if code in _newest()] or found
