"""Who is too young to agree alone, by Korean law; pure.

위치정보법 제25조: under 14 the legal representative (법정대리인) agrees too. 제26조: of a child of 8 and under the
protector (보호의무자) agrees for her life and limb. Ages are full years (만 나이, 행정기본법 제7조의2). We ask for
the year of birth only, so she counts as the younger of the two ages that she may have in a year, in the time of Seoul.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

SEOUL = timezone(timedelta(hours=9))
ALONE_FROM = 14
CHILD_UPTO = 8
OLDEST = 125

Consenter = Literal["representative", "protector"]


class BadYear(ValueError):
    """Nobody alive was born then."""


def checked_year(year: int, now: datetime) -> int:
    """The year of birth as it came. Raises BadYear."""
    this_year = now.astimezone(SEOUL).year
    if not this_year - OLDEST <= year <= this_year:
        raise BadYear(year)
    return year


def age_at_least(born_year: int, now: datetime) -> int:
    """Full years that she has for certain; the day of birth is not known."""
    return max(0, now.astimezone(SEOUL).year - born_year - 1)


def who_must_agree(born_year: int | None, now: datetime) -> Consenter | None:
    """Who has to agree beside her (or for her). None: nobody; also for who gave no year."""
    if born_year is None:
        return None
    age = age_at_least(born_year, now)
    if age <= CHILD_UPTO:
        return "protector"
    return "representative" if age < ALONE_FROM else None


def alone_from(born_year: int) -> datetime:
    """The first moment at which she agrees alone: her 14 full years are certain."""
    return datetime(born_year + ALONE_FROM + 1, 1, 1, tzinfo=SEOUL).astimezone(UTC)
