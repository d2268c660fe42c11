"""An address in words from the names of the dong a place lies in and of those beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Dong:
    """A legal dong with the names above it, in Korean and in English; `district` is empty in most municipalities."""

    code: str
    ko: str
    en: str
    municipality_code: str
    municipality_ko: str
    municipality_en: str
    province_ko: str
    province_en: str
    district_ko: str = ""
    district_en: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From a tile's properties."""
        return cls(**{name: str(told.get(name, "")) for name in cls.__slots__})

    @property
    def names_ko(self) -> tuple[str, ...]:
        """The widest first; 세종특별자치시 stands once."""
        return _once((self.province_ko, self.municipality_ko, self.district_ko, self.ko))

    @property
    def names_en(self) -> tuple[str, ...]:
        """The narrowest first, as one writes in English."""
        return _once((self.en, self.district_en, self.municipality_en, self.province_en))


@dataclass(frozen=True, slots=True)
class Beside:
    """A dong that begins `distance_m` from the place."""

    dong: Dong
    distance_m: float


@dataclass(frozen=True, slots=True)
class Address:
    """`ko`, `en` are whole sentences' beginnings; `beside` those within 100 m; `road`, `lot` only from a geocoder."""

    ko: str
    en: str
    dong: Dong
    beside: tuple[Beside, ...] = ()
    road: str = ""
    lot: str = ""

    def with_road(self, road: str, lot: str) -> Address:
        return replace(self, road=road, lot=lot)

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "ko": self.ko,
            "en": self.en,
            "road": self.road,
            "lot": self.lot,
            "beside": [
                {
                    "ko": " ".join(_different(one.dong.names_ko, self.dong.names_ko)),
                    "en": ", ".join(one.dong.names_en[: len(_different(one.dong.names_ko, self.dong.names_ko))]),
                    "distance_m": round(one.distance_m),
                    "is_other_center": one.dong.municipality_code != self.dong.municipality_code,
                }
                for one in self.beside
            ],
        }


def address_of_dong(dong: Dong, beside: Sequence[Beside] = ()) -> Address:
    """The nearest of those beside first; of each other center and each other dong at most three are named."""
    ordered = tuple(sorted(beside, key=lambda one: (one.distance_m, one.dong.code))[:3])
    return Address(f"{' '.join(dong.names_ko)} 부근", f"near {', '.join(dong.names_en)}", dong, ordered)


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _different(names: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """From the first name on that is another one: a neighbouring dong of one's own district is named by itself."""
    same = 0
    while same < min(len(names), len(own)) - 1 and names[same] == own[same]:
        same += 1
    return tuple(names[same:])
