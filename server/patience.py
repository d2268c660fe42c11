"""How long something may last before a walk asks, as the center sets it (`WALK_PATIENCE`). Pure.

A city that sets too little asks people who sit in a cafe; one that sets too much finds out late. The bounds keep it
from asking at once and from never asking.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any

LEAST_S, MOST_S = 60.0, 86_400.0


@dataclass(frozen=True)
class Patience:
    """Seconds that something may last before it is trouble: (by day, begun between 23 and 5 h). The center's to set.

    By day people sit, eat, shop and work: what she named herself (`until`) counts then, and this is for walks without
    it. At night it is short."""

    still_s: tuple[float, float] = (5400.0, 1500.0)  # at one spot in the open
    still_off_route_s: tuple[float, float] = (5400.0, 1200.0)
    around_s: tuple[float, float] = (14_400.0, 3000.0)  # about one place: a market, a track; or indoors
    not_set_out_s: tuple[float, float] = (14_400.0, 3600.0)
    silent_s: tuple[float, float] = (5400.0, 1200.0)
    silent_far_s: tuple[float, float] = (5400.0, 1800.0)  # who has so far to go will ride, perhaps underground
    silent_not_set_out_s: tuple[float, float] = (5400.0, 1200.0)
    idle_s: tuple[float, float] = (14_400.0, 2700.0)  # all pauses together, beyond the time the way takes
    longest_s: float = 12 * 3600.0

    @cached_property
    def shortest_stay_s(self) -> float:
        """No stay is trouble before that."""
        stays = (self.still_s, self.still_off_route_s, self.around_s, self.not_set_out_s)
        return min(min(one) for one in stays)


NAMES = tuple(field.name for field in fields(Patience))


@cache
def patience_of(text: str) -> Patience:
    """Of `{"still_s": [by day, by night], …, "longest_s": …}` in seconds; what is left out is ours, empty: all is.
    Raises ValueError with a sentence that names the field, the value and the cure."""
    try:
        given = json.loads(text or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise ValueError(f'{text!r}: {{"still_s": [4500, 1500]}} 꼴로 적어 주세요 · JSON of names and seconds')
    unknown = sorted(set(given) - set(NAMES))
    if unknown:
        raise ValueError(f"{unknown[0]}: 없는 이름입니다 · no such name; known: {', '.join(NAMES)}")
    return Patience(**{name: _seconds(name, value) for name, value in given.items()})


def _seconds(name: str, value: Any) -> Any:
    """One number for `longest_s`, else two: by day and by night, at night not more."""
    numbers = value if isinstance(value, list) else [value]
    wanted = 1 if name == "longest_s" else 2
    is_right = isinstance(value, list) == (wanted == 2) and len(numbers) == wanted
    if not is_right or not all(_is_bounded(one) for one in numbers) or numbers[-1] > numbers[0]:
        shape = "[낮, 밤] · [by day, by night], at night not more" if wanted == 2 else "한 수 · one number"
        raise ValueError(f"{name}={value!r}: {shape}; {LEAST_S:.0f}–{MOST_S:.0f} s")
    return tuple(map(float, numbers)) if wanted == 2 else float(numbers[0])


def _is_bounded(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and LEAST_S <= value <= MOST_S
