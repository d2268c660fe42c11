"""Which municipality a place lies in, and which one an address or an office names; pure after loading.

Names are those of every boundary version that the installation knows, old ones (강원도, 전라북도, 군위군 in Gyeongbuk)
pointing at the centers that stand there today, with the short forms and the run-together ones of real files
(`강원 춘천시`, `수원시장안구`, `강남구청`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from location_router.index import Jurisdictions

Codes = frozenset[str]
NOWHERE: Codes = frozenset()
_SHORT = {
    "서울특별시": ("서울시", "서울"),
    "부산광역시": ("부산시", "부산"),
    "대구광역시": ("대구시", "대구"),
    "인천광역시": ("인천시", "인천"),
    "광주광역시": ("광주",),
    "대전광역시": ("대전시", "대전"),
    "울산광역시": ("울산시", "울산"),
    "세종특별자치시": ("세종시", "세종"),
    "경기도": ("경기",),
    "강원도": ("강원",),
    "강원특별자치도": ("강원", "강원도"),
    "충청북도": ("충북",),
    "충청남도": ("충남",),
    "전라북도": ("전북",),
    "전북특별자치도": ("전북", "전라북도"),
    "전라남도": ("전남",),
    "전남광주통합특별시": ("전남", "광주", "전라남도", "광주광역시"),
    "경상북도": ("경북",),
    "경상남도": ("경남",),
    "제주특별자치도": ("제주도", "제주"),
}
_FORMER = (  # name of then, name of now
    ("인천광역시 남구", "인천광역시 미추홀구"),
    ("경기도 여주군", "경기도 여주시"),
    ("충청남도 당진군", "충청남도 당진시"),
    ("충청북도 청원군", "충청북도 청주시"),
    ("경상남도 마산시", "경상남도 창원시"),
    ("경상남도 진해시", "경상남도 창원시"),
    ("충청남도 연기군", "세종특별자치시"),
    ("제주특별자치도 북제주군", "제주특별자치도 제주시"),
    ("제주특별자치도 남제주군", "제주특별자치도 서귀포시"),
)
_TOKEN = re.compile(r"[가-힣]+")


class Ground:
    """The borders of one day with the names that lead to them."""

    def __init__(self, jurisdictions: Jurisdictions) -> None:
        self._of = jurisdictions
        self._whole: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._alone: dict[str, set[str]] = defaultdict(set)
        self._provinces: dict[str, str] = {}
        names = [(one.name_ko, jurisdictions.heirs(code)) for code, one in jurisdictions.places.items()]
        names += [(one.name_ko, (code,)) for code, one in jurisdictions.centers.items()]
        for name, codes in names:
            self._learn(name, codes)
        for then, now in _FORMER:
            province, _, place = now.partition(" ")
            if heirs := self._whole.get((province, place or province)):
                self._learn(then, tuple(heirs))
        self.named = lru_cache(maxsize=50_000)(self._named)

    def _learn(self, name: str, codes: Sequence[str]) -> None:
        province, _, place = name.partition(" ")
        place = place or province
        for written in (province, *_SHORT.get(province, ())):
            self._provinces[written] = written
            self._whole[(written, place)].update(codes)
        self._alone[place].update(codes)
        if place == province:
            for written in _SHORT.get(province, ()):
                self._whole[(written, written)].update(codes)

    def at(self, lats: Sequence[float], lons: Sequence[float]) -> NDArray[np.object_]:
        """The municipality of each place, None for none."""
        return self._of.containing_many(lats, lons)

    def containing(self, *, lat: float, lon: float) -> str | None:
        return self._of.containing(lat=lat, lon=lon)

    def many(self, places: Sequence[tuple[float, float]]) -> list[str | None]:
        """`containing` of many (lat, lon)."""
        if not places:
            return []
        found: list[str | None] = self._of.containing_many([p[0] for p in places], [p[1] for p in places]).tolist()
        return found

    def nearest(self, *, lat: float, lon: float) -> tuple[str, float]:
        """The nearest municipality and metres to it."""
        return self._of.nearest(lat=lat, lon=lon, limit=1)[0]

    def metres_to(self, codes: Codes, *, lat: float, lon: float) -> float:
        """Metres from the place to the nearest of these municipalities' borders."""
        skip = self._of.centers.keys() - codes
        found = self._of.nearest(lat=lat, lon=lon, limit=1, skip=skip)
        return found[0][1] if found else float("inf")

    def middle(self, codes: Codes) -> tuple[float, float]:
        """An inner point (lat, lon) of one of these municipalities."""
        one = self._of.centers[min(codes)]
        return one.lat, one.lon

    def name(self, code: str | None, language: str = "ko") -> str:
        one = self._of.centers.get(code or "")
        return (one.name_ko if language == "ko" else one.name_en) if one else ""

    def is_known(self, code: str) -> bool:
        return code in self._of.centers

    def current(self, code: str) -> str | None:
        """Today's code of a municipality named by a code of any version."""
        return self._of.current_code(code)

    def expected(self, *texts: str) -> Codes:
        """The municipalities that the first telling text names; several when a name (중구) is many's."""
        for text in texts:
            if text and (found := self.named(*text.split(None, 2)[:2])):
                return found
        return NOWHERE

    def _named(self, *tokens: str) -> Codes:
        words = [match[0] for token in tokens if (match := _TOKEN.search(token))]
        if not words:
            return NOWHERE
        province = self._provinces.get(words[0])
        if province is None:
            return self._by_place(None, words[0]) or self._joined(words[0])
        if len(words) > 1 and (found := self._by_place(province, words[1])):
            return found
        whole = self._whole.get((province, province))  # Sejong has no districts
        return frozenset(whole) if whole else self._by_place(None, words[0])

    def _by_place(self, province: str | None, word: str) -> Codes:
        """`안양시동안구`, `강남구청` and `강남구` by the longest name that they begin with."""
        for end in range(min(len(word), 6), 1, -1):
            part = word[:end]
            if part[-1] not in "시군구":
                continue
            found = self._whole.get((province, part)) if province else self._alone.get(part)
            if found:
                return frozenset(found)
        return NOWHERE

    def _joined(self, word: str) -> Codes:
        """`서울특별시강남구`: province and place without a space."""
        for end in range(len(word) - 1, 1, -1):
            if word[:end] in self._provinces and (found := self._by_place(word[:end], word[end:])):
                return found
        return NOWHERE
