"""Whom to call abroad: `emergency_numbers.csv`, our own compilation of well-known numbers by ISO 3166-1 alpha-2.

A country that is not listed gets 112, which every GSM phone connects to what the network has for emergencies, also
without a SIM. The country comes from the network that the phone hears (ISO code or the three digits of its MCC, or
MCC and MNC together), not from the place: a wrong number is worse than the general one.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from location_router.wire import LocalEmergency

GSM = "112"
HOME_COUNTRY = "KR"
_FILE = Path(__file__).with_name("emergency_numbers.csv")


@cache
def _numbers() -> dict[str, LocalEmergency]:
    """By country code and by each MCC."""
    found = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            one = LocalEmergency(
                country=row["country"], police=row["police"], ambulance=row["ambulance"], fire=row["fire"]
            )
            found |= dict.fromkeys([row["country"], *row["mcc"].split()], one)
    return found


def country_of(network: str) -> str:
    """ISO alpha-2 of what a phone says of its network ("JP", "jp", "440", "44010"); "" for nothing we know."""
    said = network.strip().upper().replace("-", "")
    if said.isascii() and said.isdigit():
        said = said[:3] if len(said) in (3, 5, 6) else ""
    known = _numbers().get(said)
    if known is not None:
        return known.country
    return said if len(said) == 2 and said.isascii() and said.isalpha() else ""


def is_foreign(network: str) -> bool:
    """The phone hears a network of a country that we know and that is not Korea."""
    return country_of(network) not in ("", HOME_COUNTRY)


def local_emergency(network: str) -> LocalEmergency:
    """The numbers to call there. A phone in the list of Korea's networks is told Korea's."""
    country = country_of(network)
    return _numbers().get(country) or LocalEmergency(country=country, police=GSM, ambulance=GSM, fire=GSM)
